// The whole chart in one theme, what its panels say of a place, and the tools, layers and tables they hand over.
const compose = (d, look, prepared, stages) => {
  const option = {
    animation: false, backgroundColor: look.paper, textStyle: { fontFamily: font },
    graphic: { elements: decor(d, look) },
    grid: [], xAxis: [], yAxis: [], dataZoom: [], series: [],
  };
  const hovers = [], tools = [], layers = [], tables = [];
  const taken = new Set();
  d.panels.forEach((panel, at) => {
    const unique = (entry, i) => (entry >= 0 ? String(entry) : `panel ${at}, ${i}`);
    const p = kinds[panel.kind].plot(panel, look, prepared[at], unique, stages[at]);
    const { X, Y, W, H } = panel.frame;
    option.grid.push({ left: X, top: Y, width: W, height: H, show: false, outerBoundsMode: 'none' });
    option.xAxis.push({ ...p.xAxis, gridIndex: at });
    option.yAxis.push({ ...p.yAxis, gridIndex: at });
    const first = option.series.length;
    option.series.push(...p.series.map((s) => ({ ...s, xAxisIndex: at, yAxisIndex: at })));
    if (p.zoom) {
      const zoom = { type: 'inside', filterMode: 'none', minSpan: 0.2, throttle: 30 };
      option.dataZoom.push({ ...zoom, xAxisIndex: at }, { ...zoom, yAxisIndex: at });
    }
    for (const tool of p.tools ?? []) { // one button for the tool of all panels, or, of what is done once, of the first
      const same = tools.find((t) => t.name === tool.name);
      if (!same) tools.push({ ...tool });
      else if (!tool.once) same.press = ((a, b) => () => (a(), b()))(same.press, tool.press);
    }
    if (p.layer) layers.push({ at, layer: p.layer, title: p.title ?? panel.kind });
    if (p.table) tables.push(p.table);
    if (p.hover) hovers.push({ frame: panel.frame, say: p.hover, at });
    if (panel.bar) {
      const { bar } = panel, key = `${bar.X} ${bar.Y}`;
      const colors = bar.diverging ? (bar.inked ? look.inks : look.diverge) : look.ramp;
      if (!taken.has(key)) {
        taken.add(key);
        option.graphic.elements.push({
          type: 'rect', silent: true, z: 4, shape: { x: bar.X, y: bar.Y, width: bar.W, height: bar.H },
          style: { fill: { type: 'linear', x: 0, y: 1, x2: 0, y2: 0, colorStops: colors.map((color, i) => ({ offset: i / (colors.length - 1), color })) } },
        });
      }
    }
  });
  const notes = d.panels.map((p) => p.data.note).filter(Boolean);
  if (notes.length) option.graphic.elements.push({ ...text({ x: 8, y: d.height - 5, size: 11.5, text: notes[0] }, look.faint), z: 6 });
  // Drawn by legend.js; of ECharts' own there is what hides series.
  if (d.legend) option.legend = { show: false, data: d.legend.entries.map((_, i) => String(i)) };
  return { option, hovers, tools, layers, tables };
};
