// A map of points: what map-data.js unpacks, seen through map-view.js, painted by map-paint.js, found by map-index.js, chosen by lasso.js.
//
// Frames, links and lines between maps hook in here. scatterMap(panel, points, stage) is one map, kept as prepared.map while the chart is drawn
// anew. map.move(x, y) gives the points other places, uint16 in 65535ths of the side, and repaints. map.spot(k) is where a point is in the
// chart, map.under(pen, see) may draw in the frame before the points are painted, and stage.selection holds the rows that are chosen and the
// one that is hovered over, for all maps of the same rows.
const mapIcons = {
  lasso: 'M5.6 10.9C3 10.3 1.8 8.6 2.2 6.6c.5-2.4 3.4-4 6.8-3.6s5.4 2.5 4.9 4.9-3.2 3.7-6.3 3.3M5.6 9.5a1.5 1.5 0 1 0 .1 3c0 .9-.5 1.5-1.5 1.8',
  search: 'M7 2.6a4.3 4.3 0 1 0 0 8.6 4.3 4.3 0 0 0 0-8.6M10.2 10.2 13.6 13.6',
};
const scatterMap = (panel, points, stage) => {
  const { data: d, frame: f } = panel, { n } = points, side = f.W;
  const cell = points.cell / 65536; // places are no finer
  let { x, y } = points;
  let look, color, groups, palette, symbols, ink, index = null, knownIndex = null;
  let lit = null, lassoing = false, seeking = false; // lit marks the chosen points, and is null when none is chosen
  const view = mapView(side, Math.max(8, 4 / (cell * side)), () => {
    stage.unmark();
    follow();
    stage.repaint();
    clearTimeout(moving);
    moving = setTimeout(() => {
      moving = 0;
      if (over && (globalThis.devicePixelRatio || 1) > 1) stage.repaint();
    }, 150);
  });
  const group = (k) => (groups.length > 1 ? color.class[k] : 0);
  const size = () => Math.min(Math.max(12, d.size), d.size * Math.min(2.5, view.k ** 0.3));
  const u = (k) => (view.k * (x[k] / 65535) + view.a) * side, v = (k) => (view.k * (y[k] / 65535) + view.b) * side;
  const spot = (k) => ({ x: f.X + u(k), y: f.Y + v(k) });

  // In an order in which no class lies on top because its rows come last.
  const stride = (() => {
    const gcd = (a, b) => (b ? gcd(b, a % b) : a);
    let s = Math.max(1, Math.floor(n * 0.618));
    while (gcd(s, n) > 1) s++;
    return s;
  })();
  const mixed = n <= mostMarkers ? Uint32Array.from({ length: n }, (_, i) => (i * stride) % n) : null;
  const marker = markers(), many = crowd(), fewer = 8000;
  let over = null, moving = 0; // the canvas that a crowd is painted on, and a timer while its view moves

  // The points in the frame, or null when they are too many to be markers.
  const inFrame = (see, w, h, may) => {
    const s = size() * see.ratio, list = [];
    const most = mixed ? n : fewer;
    for (let i = 0; i < n; i++) {
      const k = mixed ? mixed[i] : i, a = x[k] * see.scale + see.left, b = y[k] * see.scale + see.top;
      if (a < -s || b < -s || a > w + s || b > h + s || (may && !may(k))) continue;
      if (list.length === most) return null;
      list.push(k);
    }
    if (!mixed) list.sort((p, q) => (Math.imul(p, 0x9e3779b1) >>> 0) - (Math.imul(q, 0x9e3779b1) >>> 0));
    return list;
  };
  const map = {
    points, view, spot, size, under: null,
    row: (k) => points.row(k), of: (row) => points.of(row),
    move: (nx, ny) => {
      [x, y] = [nx, ny];
      index = knownIndex = null;
      stage.unmark();
      follow();
      stage.repaint();
    },
  };
  const paint = (pen, { w, h, ratio, shown }) => {
    const on = groups.map((g) => shown(g.name)), all = on.every(Boolean), one = groups.length === 1;
    const may = all ? null : one ? () => on[0] : (k) => on[color.class[k]]; // null where all may
    const see = {
      n, x, y, ink, palette, symbols, ratio, size: size(), paper: look.paper, scale: (view.k * side * ratio) / 65535,
      left: view.a * side * ratio, top: view.b * side * ratio,
    };
    const pale = mix(look.paper, look.tints.at(-1), 0.45);
    map.under?.(pen, { ...see, on, may: may ?? (() => true), lit, pale });
    const { width, height } = pen.canvas, list = inFrame(see, width, height, may);
    if (list) {
      const rim = Math.min(0.7, Math.max(0, see.size - 2) / 5), below = (k) => groups[group(k)].under;
      const faint = lit ? list.filter((k) => !lit[k]) : [], clear = lit ? list.filter((k) => lit[k]) : list;
      marker.paint(pen, faint, { ...see, rim, color: pale });
      if (one || !groups.some((g) => g.under)) marker.paint(pen, clear, { ...see, rim });
      else [true, false].forEach((part) => marker.paint(pen, clear.filter((k) => Boolean(below(k)) === part), { ...see, rim }));
      return;
    }
    const fine = moving && n > 200_000 ? Math.min(1, ratio) : ratio, cols = Math.round(w * fine), lines = Math.round(h * fine); // coarse while it moves
    if (over?.width !== cols || over.height !== lines) over = Object.assign(element('canvas', ''), { width: cols, height: lines });
    const image = pen.createImageData(cols, lines), t = fine / ratio;
    const s = { ...see, size: see.size * fine, scale: see.scale * t, left: see.left * t, top: see.top * t };
    if (lit) {
      const gray = rgb(look.tints.at(-1));
      many.add(cols, lines, { ...s, palette: palette.map(() => gray) }, (k) => !lit[k] && (!may || may(k)));
      many.blend(image.data, cols * lines, 0.5);
    }
    many.add(cols, lines, s, lit ? (k) => lit[k] && (!may || may(k)) : may);
    many.blend(image.data, cols * lines, 1);
    over.getContext('2d').putImageData(image, 0, 0);
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(over, 0, 0, width, height);
    pen.restore();
  };

  // What is under a place of the frame: a point whose row is known, when one is near, or else any.
  const find = (px, py, shown) => {
    const on = groups.map((g) => shown(g.name)), scale = 65535 / (view.k * side);
    const a = (px / side - view.a) * (65535 / view.k), b = (py / side - view.b) * (65535 / view.k), reach = (size() / 2 + 6) * scale;
    index ??= mapIndex({ n, x, y });
    if (!points.known) return index.nearest(a, b, reach, (k) => on[group(k)]);
    knownIndex ??= mapIndex({ n: points.known.length, x: points.known.map((k) => x[k]), y: points.known.map((k) => y[k]) });
    const i = knownIndex.nearest(a, b, reach, (j) => on[group(points.known[j])]);
    return i >= 0 ? points.known[i] : index.nearest(a, b, reach, (k) => on[group(k)]);
  };
  const slots = d.thumbs?.points && new Map(d.thumbs.points.map((k, slot) => [k, slot]));
  // A point's thumbnail, or null.
  const tile = (k, most = 40) => {
    const at = points.numbered(k), slot = slots ? slots.get(at) : at;
    if (!points.sheet || slot === undefined || slot < 0) return null;
    const { w, h } = d.thumbs;
    const scale = Math.max(1, Math.floor(most / Math.max(w, h)));
    return cut(points.sheet, d.thumbs, slot, w * scale, h * scale);
  };
  const thumbnail = (k) => {
    const canvas = tile(k, 72);
    if (!canvas) return [];
    canvas.style.cssText = `display:block;margin:0 0 6px;border:1px solid ${look.rule}`;
    return [canvas];
  };
  const words = (k) => {
    const row = points.row(k), lines = [], first = points.colors[0];
    if (row >= 0) lines.push(element('div', `color:${look.faint}`, `row ${row}`));
    for (const c of new Set([first, color])) {
      if (c.class) lines.unshift(element('div', 'font-weight:bold', c.classes[c.class[k]].name));
    }
    if (color.level) {
      const number = short(color.low + (color.level[k] / color.levels) * (color.high - color.low), color.levels > 255 ? 4 : 3);
      lines.push(named(color.valueName ?? '', `${color.levels > 255 ? '' : '\u2248 '}${number}`));
    }
    const said = points.text(points.numbered(k));
    if (said) lines.push(element('div', 'max-width:240px;white-space:pre-wrap', said));
    return [...thumbnail(k), ...lines];
  };
  const ring = (k, r) => {
    const { x: cx, y: cy } = spot(k);
    return { type: 'circle', silent: true, shape: { cx, cy, r }, style: { fill: `rgb(${palette[ink[k]]})`, stroke: look.ink, lineWidth: 1.2 } };
  };
  const hover = (cx, cy, shown) => {
    const k = lassoing ? -1 : find(cx - f.X, cy - f.Y, shown);
    pointed = k >= 0;
    stage.selection.hover(k < 0 ? -1 : points.row(k));
    return k < 0 ? null : { words: words(k), marks: [ring(k, size() / 2 + 2)] };
  };
  // The row that another map has under the pointer, with its thumbnail.
  let pointed = false; // it is this map's
  const follow = () => {
    const k = stage.selection.hovered < 0 ? -1 : points.of(stage.selection.hovered), p = k >= 0 && spot(k);
    const within = p && p.x > f.X && p.y > f.Y && p.x < f.X + f.W && p.y < f.Y + f.H;
    const seen = within && look && stage.shown(groups[group(k)].name);
    stage.mark(seen ? [ring(k, size() / 2 + 3), ...(pointed ? [] : pictured(f, p, size() / 2 + 5, tile(k), look))] : []);
  };

  // Choosing points, for all maps of the same rows.
  const note = mapNote(stage.box, f), lasso = lassoOn(stage.pad(), f.W, f.H);
  let choosing = false;
  const count = (list) => list.reduce((sum, v) => sum + v, 0);
  const choose = (next) => {
    const some = next && count(next) > 0, rows = [];
    for (let i = 0, all = points.known ?? next; some && i < all.length; i++) {
      const k = points.known ? all[i] : i;
      if (next[k]) rows.push(points.row(k));
    }
    choosing = true;
    stage.selection.change(rows);
    choosing = false;
    lit = next;
    stage.repaint();
    return rows;
  };
  const clear = () => {
    seeking = false;
    note.field.value = '';
    note.hide();
    choose(null);
    stage.refresh();
  };
  note.closed = clear;
  stage.selection.subscribe(stage.host, ({ rows }) => {
    follow();
    if (choosing || (!rows.size && !lit)) return;
    lit = null;
    if (rows.size) {
      lit = new Uint8Array(n);
      rows.forEach((row) => points.of(row) >= 0 && (lit[points.of(row)] = 1));
    }
    if (!rows.size) note.hide();
    stage.repaint();
  });
  const surround = async (inside) => {
    if (!inside) return clear();
    const next = new Uint8Array(n), on = groups.map((g) => stage.shown(g.name));
    for (let k = 0; k < n; k++) if (on[group(k)] && inside(u(k), v(k))) next[k] = 1;
    const all = count(next), rows = choose(next).sort((a, b) => a - b);
    if (!all) return clear();
    seeking = false;
    await note.copy(goSlice(rows), rows.length === all ? `${all} of ${n} points` : `${rows.length} known rows of ${all} points`);
  };
  const seek = () => {
    const words = note.field.value.trim().toLowerCase();
    if (!seeking) return;
    if (!words) {
      choose(null);
      return note.show('', true);
    }
    const next = new Uint8Array(n), row = /^\d+$/.test(words) ? Number(words) : -1;
    const named_ = points.colors.filter((c) => c.class).map((c) => ({ list: c.class, has: c.classes.map((e) => e.name.toLowerCase().includes(words)) }));
    for (let k = 0; k < n; k++) {
      next[k] = (row >= 0 && points.row(k) === row) || named_.some((c) => c.has[c.list[k]]) || points.text(points.numbered(k))?.toLowerCase().includes(words) ? 1 : 0;
    }
    const all = count(next);
    choose(next);
    note.show(`${all} of ${n}`, true);
  };
  note.field.addEventListener('input', seek);
  note.field.addEventListener('keydown', ({ key }) => key === 'Escape' && clear());
  const search = () => {
    if (seeking) return clear();
    seeking = true;
    Object.assign(note.field, { value: '', readOnly: false, placeholder: 'text, class or row' });
    note.field.setAttribute('aria-label', 'Search the points');
    note.show('', true);
    note.field.focus({ preventScroll: true });
  };
  const tools = [
    {
      name: 'lasso', title: 'Lasso: select points and copy their rows (or shift-drag)', icon: mapIcons.lasso, pressed: () => lassoing,
      press: () => {
        lassoing = !lassoing;
        stage.pad().style.cursor = lassoing ? 'crosshair' : 'default';
        stage.unmark();
      },
    },
    { name: 'search', title: 'Search', icon: mapIcons.search, pressed: () => seeking, press: search, once: true },
  ];

  // The list of what points may be coloured by, where the key has its name.
  const choice = panel.choice && points.colors.length > 1 ? element('select', '') : null;
  if (choice) {
    choice.append(...points.colors.map((c, i) => Object.assign(element('option', '', c.name), { value: i })));
    choice.setAttribute('aria-label', 'Colour by');
    choice.addEventListener('change', () => stage.recolor(Number(choice.value)));
    stage.box.append(choice);
  }
  const dressChoice = () => {
    const { x: left, y: top, w } = panel.choice;
    choice.style.cssText = `position:absolute;left:${left - 4}px;top:${top - 2}px;max-width:${w}px;font:13px ${font};padding:1px 2px;color:${look.ink};background:${look.paper};border:1px solid ${look.rule};border-radius:4px`;
    choice.value = stage.coloring;
  };

  const layer = {
    paint,
    down: (p) => (lassoing || p.event.shiftKey) && lasso.down(p, look),
    move: (p) => (lasso.drawing() ? lasso.move(p) : view.pan(p.dx, p.dy)),
    up: (p) => {
      if (lasso.drawing()) surround(p.far > 3 || lassoing ? lasso.up() : (lasso.up(), null));
    },
    wheel: view.wheel,
    key: (event) => {
      if (event.key !== 'Escape') return view.key(event);
      return lit || seeking ? (clear(), true) : view.reset();
    },
    leave: () => {
      pointed = false;
      stage.selection.hover(-1);
    },
    reset: () => {
      view.reset();
      if (lit || seeking) clear();
    },
    point: (i, j) => {
      for (let k = 0, left = j; k < n; k++) {
        if (group(k) === i && left-- === 0) return { ...spot(k), row: points.row(k) };
      }
      throw new Error(`no point ${j} in group ${i}`);
    },
  };
  map.dress = (now, unique) => {
    look = now;
    color = points.colors[stage.coloring];
    const split = color.class && !color.level;
    groups = (split ? color.classes : [{ tint: d.tint, symbol: 'circle', entry: -1 }]).map((c, i) => ({ ...c, name: unique(c.entry, i) }));
    const steps = Math.min(255, color.levels);
    palette = color.level ? Array.from({ length: steps + 1 }, (_, i) => along(look.ramp, i / steps)) : groups.map((g) => rgb(look.tints[g.tint]));
    palette.key = `${stage.coloring}`;
    symbols = groups.map((g) => g.symbol);
    ink = color.level ? (color.levels > 255 ? Uint8Array.from(color.level, (l) => l >> 8) : color.level) : split ? color.class : new Uint8Array(n);
    note.dress(look);
    if (choice) dressChoice();
    layer.groups = groups.map((g) => g.name);
    return { series: [], ...pixels(f), hover, layer, tools, title: `Map of ${n} points: arrows move it, plus and minus zoom, 0 resets` };
  };
  // The first hover finds the index made.
  setTimeout(() => (index ??= mapIndex({ n, x, y })), 300);
  return map;
};
kinds.scatter = {
  prepare: async ({ data }) => ({ points: await mapData(data) }),
  plot: (panel, look, prepared, unique, stage) => {
    prepared.map ??= scatterMap(panel, prepared.points, stage);
    return prepared.map.dress(look, unique);
  },
};
