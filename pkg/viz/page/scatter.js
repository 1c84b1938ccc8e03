kinds.scatter = {
  prepare: async ({ data }) => ({ sheet: data.thumbs && (await loaded(data.thumbs.src)) }),
  plot: (panel, look, prepared, unique, stage) => {
    const { data: d, frame: f } = panel;
    const { sheet } = prepared, side = f.W;
    const x = uint16(d.x), y = uint16(d.y), n = x.length;
    const rows = d.rows && uint32(d.rows), classes = d.class && bytes(d.class), values = d.values && uint16(d.values);
    for (const [name, list] of Object.entries({ y, rows, classes, values, text: d.text })) {
      if (list && list.length !== n) throw new Error(`${name} has ${list.length} elements for ${n} points`);
    }
    if (n === 0) throw new Error('no points');
    const view = (prepared.map ??= mapView(side, () => {
      stage.unmark();
      stage.repaint();
    }));

    // Groups of one look: the classes, which the legend hides, or else all.
    const split = classes && !values;
    const groups = (split ? d.classes : [{ tint: d.tint, symbol: 'circle', entry: -1 }]).map((c, i) => ({ ...c, name: unique(c.entry, i) }));
    const group = (k) => (split ? classes[k] : 0);
    const px = (k) => (view.k * (x[k] / 65535) + view.a) * side, py = (k) => (view.k * (y[k] / 65535) + view.b) * side;
    const color = (k) => (values ? `rgb(${along(look.ramp, values[k] / 65535)})` : look.tints[groups[group(k)].tint]);
    const size = () => d.size * Math.min(2.5, view.k ** 0.3);
    const paint = (pen, { w, h, shown }) => {
      const on = groups.map((g) => shown(g.name)), s = size();
      for (const under of [true, false]) {
        for (let k = 0; k < n; k++) {
          const g = groups[group(k)], u = px(k), v = py(k);
          if (!on[group(k)] || Boolean(g.under) !== under || u < -s || v < -s || u > w + s || v > h + s) continue;
          pen.save();
          pen.translate(u, v);
          const path = new Path2D(g.symbol.startsWith('path://') ? g.symbol.slice(7) : '');
          if (g.symbol === 'circle') path.arc(0, 0, s / 2, 0, 7);
          else pen.scale(s / 200, s / 200);
          pen.fillStyle = color(k);
          pen.fill(path);
          pen.restore();
        }
      }
    };

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
    const words = (k) => {
      const lines = [element('div', `color:${look.faint}`, `row ${rows ? rows[k] : k}`)];
      if (classes) lines.unshift(element('div', 'font-weight:bold', d.classes[classes[k]].name));
      if (values) {
        const number = short(d.low + (values[k] / 65535) * (d.high - d.low), 4);
        lines.push(element('div', '', d.valueName ? `${d.valueName}: ${number}` : number));
      }
      if (d.text?.[k]) lines.push(element('div', 'max-width:240px;white-space:pre-wrap', d.text[k]));
      return [...thumbnail(k), ...lines];
    };
    const hover = (cx, cy, shown) => {
      const u = cx - f.X, v = cy - f.Y, on = groups.map((g) => shown(g.name));
      let best = -1, least = (size() / 2 + 6) ** 2;
      for (let k = 0; k < n; k++) {
        const far = (px(k) - u) ** 2 + (py(k) - v) ** 2;
        if (far <= least && on[group(k)]) [best, least] = [k, far];
      }
      if (best < 0) return null;
      const mark = { type: 'circle', silent: true, shape: { cx: f.X + px(best), cy: f.Y + py(best), r: size() / 2 + 2 }, style: { fill: color(best), stroke: look.ink, lineWidth: 1 } };
      return { words: words(best), marks: [mark] };
    };
    const members = groups.map(() => []);
    for (let k = 0; k < n; k++) members[group(k)].push(k);
    const layer = {
      paint,
      move: ({ dx, dy }) => view.pan(dx, dy),
      wheel: view.wheel, key: view.key, reset: view.reset,
      point: (i, j) => ({ x: f.X + px(members[i][j]), y: f.Y + py(members[i][j]), row: rows ? rows[members[i][j]] : members[i][j] }),
      groups: groups.map((g) => g.name),
    };
    return { series: [], ...pixels(f), hover, layer, title: `Map of ${n} points` };
  },
};
