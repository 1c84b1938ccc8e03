// Points, lines and areas in groups of one look: barcodes, diagrams, networks. Their places are pixels of the chart before anyone zooms.
const marks = {
  prepare: async ({ data }) => JSON.parse(new TextDecoder().decode(await unpacked(data.marks))),
  plot: (panel, look, groups, unique) => {
    const { data: d, frame: f } = panel;
    const points = (at) => Array.from({ length: at.length / 2 }, (_, k) => [at[2 * k], at[2 * k + 1]]);
    const drawn = groups.map((g, i) => {
      for (const list of [g.levels, g.titles, g.texts, ...(g.columns ?? []).map((c) => c.values)]) {
        if (list && list.length !== g.at.length) throw new Error(`${list.length} for ${g.at.length} marks`);
      }
      const shades = g.diverge ? look.inks : look.ramp;
      const color = (k) => (g.levels ? `rgb(${along(shades, g.levels[k] / 255)})` : g.role ? look[g.role] : look.tints[g.tint]);
      return { ...g, name: unique(g.entry, i), color, at: g.at.map(points) };
    });
    const series = drawn.map((g, i) => {
      const style = { name: g.name, silent: true, clip: true, z: 2 + i / 100, itemStyle: { color: g.levels ? look.ink : g.color(0), borderColor: look.paper, borderWidth: g.rim ?? 0, opacity: 1 } };
      if (g.fill) {
        return {
          ...style, type: 'custom', z: 1, data: g.at.map(([at]) => at),
          renderItem: (params, api) => ({ type: 'polygon', shape: { points: g.at[params.dataIndex].map((p) => api.coord(p)) }, style: { fill: g.color(params.dataIndex), opacity: 0.2 } }),
        };
      }
      if (!g.width) {
        return {
          ...style, type: 'scatter', symbol: g.symbol, symbolSize: g.size,
          data: g.at.map(([at], k) => (g.levels ? { value: at, itemStyle: { color: g.color(k) } } : at)),
        };
      }
      const way = (stroke, lineWidth, z2) => (params, api) => ({
        type: 'polyline', z2, shape: { points: g.at[params.dataIndex].map((p) => api.coord(p)) }, style: { fill: 'none', stroke: stroke(params.dataIndex), lineWidth },
      });
      const color = way(g.color, g.width, 1), case_ = g.casing && way(() => look.tints[look.tints.length - 1], g.width + g.casing, 0);
      return {
        ...style, type: 'custom', data: g.at.map(([at]) => at),
        renderItem: (params, api) => (case_ ? { type: 'group', children: [case_(params, api), color(params, api)] } : color(params, api)),
      };
    });
    const span = ([x1, y1], [x2, y2], x, y) => {
      const dx = x2 - x1, dy = y2 - y1;
      const t = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
      return Math.hypot(x1 + t * dx - x, y1 + t * dy - y);
    };
    // The nearest point within reach, or else the nearest line; seen turns a place into pixels of what is zoomed.
    const hover = (x, y, shown, seen) => {
      let best = { far: 12 };
      for (const g of drawn) {
        if (g.mute || !shown(g.name)) continue;
        g.at.forEach((at, k) => {
          const to = at.map(seen);
          let far = Math.hypot(to[0][0] - x, to[0][1] - y) - g.size / 2 - 3;
          if (g.width) far = Math.min(...to.slice(1).map((p, j) => span(to[j], p, x, y))) - g.width / 2;
          if (far <= best.far) best = { far: g.width ? far : Math.min(far, 0), g, k, to };
        });
      }
      if (!best.g) return null;
      const { g, k, to } = best;
      const words = [element('div', 'font-weight:bold', g.titles?.[k])];
      for (const { name, values } of g.columns ?? []) words.push(named(name, short(values[k])));
      if (g.texts?.[k]) words.push(element('div', 'max-width:240px;white-space:pre-wrap', g.texts[k]));
      if (!g.width) return { words, marks: [{ type: 'circle', silent: true, shape: { cx: to[0][0], cy: to[0][1], r: g.size / 2 + 2 }, style: { fill: g.color(k), stroke: look.ink, lineWidth: 1 } }] };
      return { words, marks: [look.ink, g.color(k)].flatMap((stroke, j) => to.slice(1).map((p, i) => line(to[i], p, stroke, g.width + 2 - 2 * j))) };
    };
    return { series, ...pixels(f), hover, zoom: d.zoom };
  },
};
Object.assign(kinds, { barcode: marks, persistence: marks, network: marks, dendrogram: marks, phase: marks });
