kinds.bars = {
  plot: (panel, look, _, unique) => {
    const { data: d, frame: f } = panel;
    const names = [];
    const series = d.series.map((s, i) => {
      if (s.bars.length !== d.names.length) throw new Error(`${s.bars.length} bars in ${d.names.length} groups`);
      names.push(unique(s.entry, i));
      const color = look.tints[s.tint];
      const children = (k) => {
        const [x, y, width, height] = s.bars[k];
        const list = [{ type: 'rect', shape: { x, y, width, height }, style: { fill: color } }];
        for (const [stroke, w] of [[look.paper, 3], [look.ink, 1.2]]) {
          for (const [x1, y1, x2, y2] of s.whiskers?.[k] ?? []) list.push(line([x1, y1], [x2, y2], stroke, w));
        }
        if (s.texts) list.push(text(s.texts[k], look.ink));
        return list;
      };
      return {
        type: 'custom', name: names[i], silent: true, z: 2, clip: false, itemStyle: { color }, dimensions: ['x', 'y', 'k'],
        data: s.bars.map(([x, y, w, h], k) => [x + w / 2, y + h / 2, k]),
        renderItem: (_, api) => ({ type: 'group', children: children(api.value(2)) }),
      };
    });
    const n = d.names.length;
    const hover = (x, y, shown) => {
      const k = Math.min(n - 1, Math.floor((d.horizontal ? (y - f.Y) / f.H : (x - f.X) / f.W) * n));
      const words = [element('div', 'font-weight:bold', d.names[k])];
      d.series.forEach((s, i) => {
        if (!shown(names[i])) return;
        const row = named(s.name || d.valueName || '', short(s.y[k]));
        if (s.name) row.prepend(element('span', `display:inline-block;width:9px;height:9px;margin-right:5px;background:${look.tints[s.tint]}`));
        if (s.low) row.append(element('span', `color:${look.faint}`, ` (${short(s.low[k], 4)} to ${short(s.high[k], 4)})`));
        words.push(row);
      });
      return { words, marks: [] };
    };
    const table = {
      names: ['', ...d.series.map((s) => s.name || d.valueName || 'value')],
      rows: d.names.map((name, k) => [name, ...d.series.map((s) => (s.low ? `${short(s.y[k])} (${short(s.low[k], 4)} to ${short(s.high[k], 4)})` : s.y[k]))]),
    };
    return { series, ...pixels(f), hover, table };
  },
};
