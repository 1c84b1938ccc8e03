kinds.scatter = {
  prepare: async ({ data }) => ({ sheet: data.thumbs && (await loaded(data.thumbs.src)) }),
  plot: (panel, look, { sheet }, unique) => {
    const d = panel.data;
    const x = uint16(d.x), y = uint16(d.y), n = x.length;
    const rows = d.rows && uint32(d.rows), classes = d.class && bytes(d.class), values = d.values && uint16(d.values);
    for (const [name, list] of Object.entries({ y, rows, classes, values, text: d.text })) {
      if (list && list.length !== n) throw new Error(`${name} has ${list.length} elements for ${n} points`);
    }
    if (n === 0) throw new Error('no points');

    // One series for each class, so that the legend hides it; else one for all.
    const split = classes && !values;
    const looks = split ? d.classes : [{ tint: d.tint, symbol: 'circle', entry: -1 }];
    const members = looks.map(() => []);
    for (let k = 0; k < n; k++) members[split ? classes[k] : 0].push(k);
    const series = looks.map((c, i) => {
      const data = new Float32Array(4 * members[i].length);
      members[i].forEach((k, j) => data.set([x[k], y[k], k, values ? values[k] : 0], 4 * j));
      return {
        type: 'scatter', name: unique(c.entry, i), z: c.under ? 1 : 2, symbol: c.symbol, symbolSize: d.size, data, dimensions: ['x', 'y', 'k', 'value'],
        progressive: n > 5000 ? 4000 : 0, progressiveThreshold: 5000, cursor: 'default',
        itemStyle: { color: look.tints[c.tint], borderColor: look.paper, borderWidth: d.rim, opacity: 1 },
        emphasis: { scale: 1.7, itemStyle: { borderColor: look.ink, borderWidth: 1 } },
      };
    });

    const slots = d.thumbs?.points && new Map(d.thumbs.points.map((k, slot) => [k, slot]));
    const thumbnail = (k) => {
      const slot = slots ? slots.get(k) : k;
      if (!sheet || slot === undefined) return [];
      const { w, h } = d.thumbs;
      const scale = Math.max(1, Math.floor(72 / Math.max(w, h)));
      const canvas = cut(sheet, d.thumbs, slot, w * scale, h * scale);
      canvas.style.cssText = `display:block;margin:0 0 6px;border:1px solid ${look.rule}`;
      return [canvas];
    };
    const formatter = ({ data, value }) => {
      const [, , k, v] = value ?? data;
      const lines = [element('div', `color:${look.faint}`, `row ${rows ? rows[k] : k}`)];
      if (classes) lines.unshift(element('div', 'font-weight:bold', d.classes[classes[k]].name));
      if (values) {
        const number = short(d.low + (v / 65535) * (d.high - d.low), 4);
        lines.push(element('div', '', d.valueName ? `${d.valueName}: ${number}` : number));
      }
      if (d.text?.[k]) lines.push(element('div', 'max-width:240px;white-space:pre-wrap', d.text[k]));
      return [...thumbnail(k), ...lines];
    };
    series.forEach((s) => (s.tooltip = { formatter }));
    const axis = { type: 'value', min: 0, max: 65535, show: false };
    return { series, xAxis: axis, yAxis: { ...axis, inverse: true }, zoom: true, colored: Boolean(values) };
  },
};
