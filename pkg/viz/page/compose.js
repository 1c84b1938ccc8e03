// The legend's lines without markers, in a box as large as its other icons.
const box = 'path://M0,0L0,0M20,9L20,9';
const dash = `${box}M0,3.6L20,3.6L20,5.4L0,5.4Z`;
const dashes = `${box}M0,3.6L5,3.6L5,5.4L0,5.4ZM7.5,3.6L12.5,3.6L12.5,5.4L7.5,5.4ZM15,3.6L20,3.6L20,5.4L15,5.4Z`;

// The whole chart in one theme, and what its panels say of a place.
const compose = (d, look, prepared) => {
  const option = {
    animation: false, backgroundColor: look.paper, textStyle: { fontFamily: font },
    graphic: { elements: decor(d, look) },
    toolbox: {
      right: 6, bottom: 4, padding: 0, itemSize: 12, itemGap: 8, iconStyle: { borderColor: look.faint },
      feature: { restore: { title: 'Reset' }, saveAsImage: { title: 'Save as PNG', pixelRatio: 2, name: d.name || 'chart' } },
    },
    tooltip: {
      trigger: 'item', confine: true, transitionDuration: 0, padding: 8, backgroundColor: look.paper, textStyle: { fontSize: 12, color: look.ink },
    },
    grid: [], xAxis: [], yAxis: [], dataZoom: [], series: [], visualMap: [],
  };
  const hovers = [];
  const maps = new Map();
  const taken = new Set();
  d.panels.forEach((panel, at) => {
    const unique = (entry, i) => (entry >= 0 ? String(entry) : `panel ${at}, ${i}`);
    const p = kinds[panel.kind].plot(panel, look, prepared[at], unique);
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
    if (p.hover) hovers.push({ frame: panel.frame, say: p.hover, at });
    if (panel.bar) {
      const { bar } = panel, key = `${bar.X} ${bar.Y}`;
      const colors = bar.diverging ? look.diverge : look.ramp;
      if (p.colored) {
        if (!maps.has(key)) {
          maps.set(key, []);
          option.visualMap.push({
            type: 'continuous', dimension: 3, min: 0, max: 65535, orient: 'vertical', left: bar.X, top: bar.Y, padding: 0, align: 'left',
            itemWidth: bar.W, itemHeight: bar.H, inRange: { color: colors }, seriesIndex: maps.get(key),
          });
        }
        maps.get(key).push(...p.series.map((_, i) => first + i));
      } else if (!taken.has(key)) {
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
  if (!d.legend && !option.dataZoom.length) delete option.toolbox.feature.restore; // nothing can be changed
  if (d.legend) {
    const { x, y, h, indent, most, entries } = d.legend;
    const wide = indent > 20;
    option.legend = {
      type: entries.length * 19 > h ? 'scroll' : 'plain',
      orient: 'vertical', align: 'left', left: x, top: y + 5, height: h - 5, padding: 0,
      itemWidth: wide ? 20 : 9, itemHeight: 9, itemGap: 10, itemStyle: { borderWidth: 0 }, inactiveColor: look.rule,
      data: entries.map((e, i) => ({ name: String(i), ...(e.line && e.symbol ? {} : { icon: e.symbol ?? (e.dashed ? dashes : dash) }) })),
      formatter: (i) => entries[i].name,
      pageTextStyle: { color: look.faint }, pageIconColor: look.ink, pageIconInactiveColor: look.rule,
      textStyle: { fontSize: 13, color: look.ink, fontFamily: font, width: most, overflow: 'truncate', padding: [0, 0, 0, wide ? 2 : 3] },
    };
  }
  return { option, hovers };
};
