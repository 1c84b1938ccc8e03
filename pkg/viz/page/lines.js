kinds.lines = {
  plot: (panel, look, _, unique) => {
    const { data: d, frame: f } = panel;
    const share = (axis, v) => {
      const of = axis.log ? Math.log10 : (u) => u;
      return Math.min(50, Math.max(-50, (of(v > 0 || !axis.log ? v : Number.MIN_VALUE) - of(axis.low)) / (of(axis.high) - of(axis.low))));
    };
    const toX = (v) => f.X + f.W * share(d.x, v), toY = (v) => f.Y + f.H * (1 - share(d.y, v));
    const series = [], hovered = [];
    d.series.forEach((s, i) => {
      const name = unique(s.entry, i), color = look.tints[s.tint], xs = s.x ?? s.y.map((_, k) => k);
      for (const [what, list] of Object.entries({ x: xs, low: s.low, high: s.high })) {
        if (list && list.length !== s.y.length) throw new Error(`${what} has ${list.length} elements for ${s.y.length} points`);
      }
      const at = xs.map((x, k) => [toX(x), toY(s.y[k])]);
      hovered.push({ name, at, s, xs, color });
      const style = { name, data: at, dimensions: ['x', 'y'], silent: true, clip: true, itemStyle: { color, borderColor: look.paper, borderWidth: s.rim, opacity: 1 } };
      series.push(s.dots
        ? { ...style, type: 'scatter', z: 4, symbol: s.symbol, symbolSize: s.size }
        : {
          ...style, type: 'line', z: 3, symbol: s.marked ? s.symbol : 'none', symbolSize: s.size, showSymbol: true, showAllSymbol: true,
          lineStyle: { width: s.width, color, type: s.dashed ? [6, 4] : 'solid' }, emphasis: { disabled: true },
        });
      if (s.ends) {
        const strokes = s.low.flatMap((v, k) => {
          const x = at[k][0], low = toY(v), high = toY(s.high[k]), within = (y) => y >= f.Y && y <= f.Y + f.H;
          if (x < f.X || x > f.X + f.W || low < f.Y || high > f.Y + f.H) return [];
          const half = (p) => Math.floor(p) + 0.5;
          return [
            line([half(x), half(Math.max(high, f.Y))], [half(x), half(Math.min(low, f.Y + f.H))], look.faint),
            ...[high, low].filter(within).map((y) => line([half(x) - 3, half(y)], [half(x) + 3, half(y)], look.faint)),
          ];
        });
        series.push({ type: 'custom', name, silent: true, z: 2, data: [[f.X, f.Y]], clip: false, itemStyle: { color }, renderItem: () => ({ type: 'group', children: strokes }) });
      } else if (s.low) {
        const points = [...s.high.map((v, k) => [at[k][0], toY(v)]), ...s.low.map((v, k) => [at[k][0], toY(v)]).reverse()];
        series.push({
          type: 'custom', name, silent: true, z: 2, data: [[f.X, f.Y]], clip: true, itemStyle: { color },
          renderItem: () => ({ type: 'polygon', shape: { points }, style: { fill: color, opacity: 0.2 } }),
        });
      }
    });
    // Of each series that is shown, the point nearest to the pointer from left to right.
    const hover = (x, y, shown) => {
      const near = hovered.filter(({ name }) => shown(name)).map((h) => {
        let best = 0;
        h.at.forEach(([px], k) => (Math.abs(px - x) < Math.abs(h.at[best][0] - x) ? (best = k) : 0));
        return { ...h, best, far: Math.abs(h.at[best][0] - x) };
      });
      const least = Math.min(...near.map((h) => h.far));
      const said = near.filter((h) => h.at[h.best][0] >= f.X - 1 && h.at[h.best][0] <= f.X + f.W + 1 && h.far <= least + 2);
      if (!said.length) return null;
      const { xs, best, at } = said[0];
      const marks = [{ ...line([at[best][0], f.Y], [at[best][0], f.Y + f.H], look.faint), z: 1 }];
      const words = [element('div', `color:${look.faint}`, `${d.x.name || 'x'}: ${short(xs[best])}`)];
      for (const h of said) {
        const row = named(h.s.name || d.y.name || '', short(h.s.y[h.best]));
        if (h.s.name) row.prepend(element('span', `display:inline-block;width:9px;height:9px;margin-right:5px;background:${h.color}`));
        if (h.s.low) row.append(element('span', `color:${look.faint}`, ` (${short(h.s.low[h.best], 4)} to ${short(h.s.high[h.best], 4)})`));
        words.push(row);
        const [cx, cy] = h.at[h.best];
        if (cy >= f.Y && cy <= f.Y + f.H) marks.push({ type: 'circle', shape: { cx, cy, r: 5 }, style: { fill: h.color, stroke: look.ink, lineWidth: 1 }, silent: true });
      }
      return { words, marks };
    };
    const bands = d.series.some((s) => s.low);
    const table = {
      names: ['series', d.x.name || 'x', d.y.name || 'y', ...(bands ? ['low', 'high'] : [])],
      rows: hovered.flatMap(({ s, xs }) => s.y.map((y, k) => [s.name ?? '', xs[k], y, ...(bands ? [s.low?.[k] ?? '', s.high?.[k] ?? ''] : [])])),
    };
    return { series, ...pixels(f), hover, table };
  },
};
