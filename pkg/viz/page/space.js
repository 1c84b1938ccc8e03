// What lies in three dimensions, or of courses in two: points, lines, or both, which the reader turns. Far away is smaller and paler.
const fading = 0.55, fadeSteps = 24, haloWidth = 2.4, mostSortedPoints = 50000, hueSteps = 64, pointsOver = 0.03, underNode = 0.45;
const rimOf = (diameter) => Math.min(0.7, Math.max(0, diameter - 2) / 5);
const turning = new WeakMap(); // the spaces of a chart that turn together

// Every third bit of a place on the curve, as 65535ths.
const onCurve = (codes, j) => Uint16Array.from(codes, (c) => {
  let v = 0;
  for (let k = 0; k < 10; k++) v |= ((c >>> (3 * k + j)) & 1) << k;
  return (v / 1023) * 65535;
});
// The order of numbers in [0, 1], the least first, by two passes over their bytes.
const sorted = (depth) => {
  const n = depth.length, key = new Uint16Array(n);
  let from = new Uint32Array(n), to = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const d = depth[i];
    key[i] = d <= 0 ? 0 : d >= 1 ? 65535 : d * 65535;
    from[i] = i;
  }
  for (const shift of [0, 8]) {
    const at = new Uint32Array(257);
    for (let i = 0; i < n; i++) at[((key[i] >> shift) & 255) + 1]++;
    for (let i = 0; i < 256; i++) at[i + 1] += at[i];
    for (let i = 0; i < n; i++) to[at[(key[from[i]] >> shift) & 255]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
};
// An arrowhead at b, away from a.
const headAt = (ax, ay, bx, by, size) => {
  const long = Math.hypot(bx - ax, by - ay);
  if (long < 1e-3) return null;
  const dx = ((bx - ax) / long) * size, dy = ((by - ay) / long) * size;
  return [[bx + dx, by + dy], [bx - 0.7 * dx + 0.75 * dy, by - 0.7 * dy - 0.75 * dx], [bx - 0.35 * dx, by - 0.35 * dy], [bx - 0.7 * dx - 0.75 * dy, by - 0.7 * dy + 0.75 * dx]];
};

const space = {
  prepare: async ({ data: d, frame }) => {
    const open = async (packed) => packed && (await unpacked(packed)), n = d.count;
    const [at, curve, rows, known, classes, values, edges, times, sheet] = await Promise.all([
      Promise.all((d.at ?? []).map(open)), open(d.curve), open(d.rows), open(d.known), open(d.class), open(d.values), open(d.edges), open(d.times), d.thumbs && loaded(d.thumbs.src),
    ]);
    const codes = curve && risen(varints(curve, n)), plane = (b) => (d.deltas ? risen(planes(b, n)) : planes(b, n));
    const places = axes3.map((j) => (codes ? onCurve(codes, j) : plane(at[j])));
    const ends = edges && (n > 65535 ? new Uint32Array(edges.buffer) : new Uint16Array(edges.buffer));
    const lines = { a: [], b: [], edge: [] }, course = d.courses && new Uint32Array(n), starts = [];
    for (let e = 0; ends && e < ends.length / 2; e++) {
      lines.a.push(ends[2 * e]);
      lines.b.push(ends[2 * e + 1]);
    }
    let first = 0;
    (d.courses ?? []).forEach((count, c) => {
      course.fill(c, first, first + count);
      starts.push(first);
      for (let i = first; i + 1 < first + count; i++) {
        lines.a.push(i);
        lines.b.push(i + 1);
      }
      first += count;
    });
    const p = {
      n, places, sheet, starts, course, rows: rows && !known ? risen(varints(rows, n)) : null, classes, values: values && (d.curve ? values : plane(values)),
      lines: { a: Uint32Array.from(lines.a), b: Uint32Array.from(lines.b) }, times: times && new Float32Array(times.buffer), seen: { x: new Float32Array(n), y: new Float32Array(n), near: new Float32Array(n) },
    };
    // Of points on a curve only some have a row, whose numbers then stand in their order.
    const numbers = known && varints(rows, d.knowns);
    p.known = known && new Map(Array.from(risen(varints(known, d.knowns)), (k, i) => [k, { i, row: numbers[i] }]));
    p.row = (k) => (p.known ? p.known.get(k)?.row ?? -1 : p.rows ? p.rows[k] : k);
    p.numbered = (k) => (p.known ? p.known.get(k)?.i ?? -1 : k);
    if (d.text && d.text.length !== (known ? d.knowns : n)) throw new Error(`${d.text.length} texts`);
    for (const [name, list] of Object.entries({ x: places[0], rows: p.rows, classes, values: p.values })) {
      if (list && list.length !== n) throw new Error(`${name} has ${list.length} elements for ${n} points`);
    }
    if (n === 0) throw new Error('no points');
    const home = cameraOf(d, d.half, d.side, frame.W, frame.H, d.flat), slack = d.curve ? 1.5 : 0.1;
    for (const [k, x, y] of d.seen) {
      const at = see(home, places.map((v) => v[k] / 32767.5 - 1));
      if (!(Math.hypot(at.x - x, at.y - y) < slack)) throw new Error(`point ${k} is seen at ${at.x}, ${at.y}, not at ${x}, ${y}`);
    }
    p.home = { azimuth: d.azimuth, elevation: d.elevation, zoom: 1, x: 0, y: 0 };
    p.view = { ...p.home };
    return p;
  },
  plot: (panel, look, p, unique, stage) => {
    const { data: d, frame: f } = panel, { n, places, rows, classes, values, seen, view, lines, row } = p;
    const byValue = Boolean(values), top = d.curve ? 255 : 65535;
    const groups = (classes ? d.classes : [{ tint: d.tint, symbol: 'circle', entry: -1 }]).map((c, i) => ({ ...c, name: unique(c.entry, i), corners: cornersOf(byValue ? 'circle' : c.symbol) }));
    const group = (k) => (classes ? classes[k] : 0);
    const on = (shown) => groups.map((g) => byValue || shown(g.name));

    // Hues: those of classes or steps of values, then those of edges.
    const hex = (c) => parseInt(c.slice(1), 16), number = ([r, g, b]) => (r << 16) | (g << 8) | b;
    const scaleColors = (colors) => Array.from({ length: hueSteps }, (_, i) => number(along(colors, i / (hueSteps - 1))));
    const own = byValue ? scaleColors(look.ramp) : groups.map((g) => hex(look.tints[g.tint]));
    const rest = d.levels ? scaleColors(d.diverge ? look.inks : look.ramp) : [hex(look.tints[look.tints.length - 1])];
    const hues = [...own, ...rest], paper = hex(look.paper), ruled = hex(look.rule);
    const faded = (c, share) => number(rgb(`#${c.toString(16).padStart(6, '0')}`).map((v, i) => Math.round(v + share * (((paper >> (8 * (2 - i))) & 255) - v))));
    const colors = hues.flatMap((c) => Array.from({ length: fadeSteps }, (_, s) => (d.flat ? c : faded(c, fading * (1 - (s + 0.5) / fadeSteps)))));
    const unchosen = faded(hex(look.tints[look.tints.length - 1]), 0.6);
    const step = (near) => Math.min(fadeSteps - 1, Math.max(0, (near * fadeSteps) | 0));
    const hueOf = new Uint8Array(n);
    for (let k = 0; k < n; k++) hueOf[k] = byValue ? ((values[k] / top) * (hueSteps - 1) + 0.5) | 0 : group(k);
    const edgeHue = (e) => own.length + (d.levels ? ((d.levels[e] / 255) * (hueSteps - 1) + 0.5) | 0 : 0);
    const pale = new Uint8Array(n); // what is not selected
    const size = () => d.size * Math.min(3, view.zoom ** 0.5), width = () => (d.width ?? 0) * Math.min(2, view.zoom ** 0.3);
    const camera = () => {
      const c = cameraOf(view, d.half, d.side * view.zoom, f.W, f.H, d.flat);
      return { ...c, x: c.x + view.x, y: c.y + view.y };
    };

    const paint = (pen, { w, h, shown }) => {
      const ratio = pen.canvas.width / w, c = camera(), shows = on(shown);
      if (p.plate?.w !== pen.canvas.width || p.plate?.h !== pen.canvas.height) p.plate = plateOf(pen.canvas.width, pen.canvas.height);
      const { plate } = p, { x, y, near } = seen, s = size() * ratio, wide = width() * ratio;
      seeAll(c, places, seen);
      plate.clear(paper);
      const box = d.flat ? null : boxOf(c, d.half);
      for (const [a, b] of box?.edges ?? []) plate.stroke(a.x * ratio, a.y * ratio, b.x * ratio, b.y * ratio, ratio, false, ruled, -1);
      if (d.flat) { // the frame, which the plate covers
        const right = (w - 0.5) * ratio, bottom = (h - 0.5) * ratio, zero = 0.5 * ratio;
        [[zero, zero, right, zero], [zero, bottom, right, bottom], [zero, zero, zero, bottom], [right, zero, right, bottom]].forEach((e) => plate.stroke(...e, ratio, false, ruled, -1));
      }
      const chosen = stage.selection?.rows.size ? stage.selection.rows : null;
      pale.fill(0);
      if (chosen && !p.known) for (let k = 0; k < n; k++) pale[k] = chosen.has(row(k)) ? 0 : 1;
      if (n > mostSortedPoints && !lines.a.length) {
        const hue = hueOf.slice();
        for (let k = 0; k < n; k++) if (!shows[group(k)] || pale[k]) hue[k] = 255;
        plate.dots(x, y, near, hue, colors, fadeSteps, (v) => Math.max(1, Math.floor(s * scaleAt(c, v) + 0.5)), ratio);
      } else {
        const m = lines.a.length, heads = d.heads ?? [], dots = d.bare ? 0 : n;
        const depth = new Float32Array(dots + m + heads.length + p.starts.length);
        for (let k = 0; k < dots; k++) depth[k] = near[k] + (d.edges ? pointsOver : 0); // not under the middles of their lines
        for (let e = 0; e < m; e++) depth[dots + e] = d.flat ? 0.25 : (near[lines.a[e]] + near[lines.b[e]]) / 2;
        heads.forEach((k, i) => (depth[dots + m + i] = near[k + 1] + 1e-3));
        p.starts.forEach((k, i) => (depth[dots + m + heads.length + i] = near[k]));
        const hueOfLine = (e) => (d.edges ? edgeHue(e) : hueOf[lines.a[e]]);
        const shade = (hue, v) => colors[hue * fadeSteps + step(v)];
        for (const i of sorted(depth)) {
          if (i < dots) {
            if (!shows[group(i)]) continue;
            const across = s * scaleAt(c, near[i]), color = shade(hueOf[i], near[i]);
            plate.stamp(byValue ? 0 : group(i), groups[byValue ? 0 : group(i)].corners, x[i] * ratio, y[i] * ratio, across, rimOf(across / ratio) * ratio, pale[i] ? unchosen : color, paper, near[i]);
          } else if (i < dots + m) {
            const e = i - dots, a = lines.a[e], b = lines.b[e];
            if (!shows[group(a)] || !shows[group(b)]) continue;
            const middle = (near[a] + near[b]) / 2, thick = (wide * (scaleAt(c, near[a]) + scaleAt(c, near[b]))) / 2;
            // Edges begin and end at the rims of their nodes.
            const ax = x[a] * ratio, ay = y[a] * ratio, bx = x[b] * ratio, by = y[b] * ratio, long = Math.hypot(bx - ax, by - ay);
            const cut = (k) => (d.edges && dots ? (underNode * s * scaleAt(c, near[k])) / long : 0), from = cut(a), to = 1 - cut(b);
            if (from >= to) continue;
            const line = [ax + from * (bx - ax), ay + from * (by - ay), ax + to * (bx - ax), ay + to * (by - ay)];
            if (!d.flat) plate.stroke(...line, thick + haloWidth * ratio, true, paper, middle);
            plate.stroke(...line, thick, false, shade(hueOfLine(e), middle), middle);
          } else if (i < dots + m + heads.length) {
            const k = heads[i - dots - m];
            if (!shows[group(k)]) continue;
            const corners = headAt(x[k] * ratio, y[k] * ratio, x[k + 1] * ratio, y[k + 1] * ratio, (2.6 * ratio + 2 * wide) * scaleAt(c, near[k + 1]));
            if (corners) plate.fill(corners, shade(hueOf[k], near[k + 1]), near[k + 1]);
          } else {
            const k = p.starts[i - dots - m - heads.length];
            if (!shows[group(k)]) continue;
            const across = (3.4 * ratio + 2.6 * wide) * scaleAt(c, near[k]);
            plate.stamp(255, null, x[k] * ratio, y[k] * ratio, across, rimOf(across / ratio) * ratio, shade(hueOf[k], near[k]), paper, near[k]);
          }
        }
      }
      pen.putImageData(plate.image, 0, 0);
      if (box) {
        Object.assign(pen, { font: `12px ${font}`, fillStyle: look.faint, textAlign: 'center', textBaseline: 'middle' });
        box.letters.forEach((l, j) => pen.fillText('xyz'[j], l.x, l.y));
      }
      const { hovered } = stage.selection ?? { hovered: -1 };
      const k = hovered < 0 || p.known ? -1 : rows ? rows.indexOf(hovered) : hovered;
      if (k >= 0 && k < n && shows[group(k)] && !d.bare) {
        pen.beginPath();
        pen.arc(x[k], y[k], (size() * scaleAt(c, near[k])) / 2 + 2.5, 0, 7);
        Object.assign(pen, { strokeStyle: look.ink, lineWidth: 1.2 });
        pen.stroke();
        const own = p.pointed ? null : tile(k, 40), side = size() / 2 + 5;
        if (own) {
          const at = besides({ X: 0, Y: 0, W: w, H: h }, { x: x[k], y: y[k] }, side, own);
          pen.drawImage(own, at.x, at.y);
          Object.assign(pen, { strokeStyle: look.rule, lineWidth: 1 }).strokeRect(at.x - 0.5, at.y - 0.5, own.width + 1, own.height + 1);
        }
      }
    };

    // What is under the pointer: the nearest to the reader of the points that cover it, or else the nearest to the pointer.
    const under = (u, v, shown) => {
      const { x, y, near } = seen, shows = on(shown), c = camera(), r = size() / 2 + 1, reach = d.bare ? 14 : 12;
      let best = -1, least = Infinity;
      for (let k = 0; k < n; k++) {
        const dx = x[k] - u, dy = y[k] - v;
        if (dx > reach || dx < -reach || dy > reach || dy < -reach || !shows[group(k)]) continue;
        const off = Math.hypot(dx, dy), covers = !d.bare && off <= r * scaleAt(c, near[k]);
        const rank = covers ? -near[k] : off;
        if (off <= reach && rank < least) [best, least] = [k, rank];
      }
      return best;
    };
    const lineUnder = (u, v, shown) => {
      const { x, y } = seen, shows = on(shown);
      let best = -1, least = 5;
      for (let e = 0; e < lines.a.length; e++) {
        const a = lines.a[e], b = lines.b[e];
        if (!shows[group(a)] || !shows[group(b)]) continue;
        const dx = x[b] - x[a], dy = y[b] - y[a], t = Math.min(1, Math.max(0, ((u - x[a]) * dx + (v - y[a]) * dy) / (dx * dx + dy * dy || 1)));
        const off = Math.hypot(x[a] + t * dx - u, y[a] + t * dy - v);
        if (off < least) [best, least] = [e, off];
      }
      return best;
    };
    const slots = d.thumbs?.points && new Map(d.thumbs.points.map((k, slot) => [k, slot]));
    const tile = (k, most) => {
      const at = p.numbered(k), slot = slots ? slots.get(at) : at;
      if (!p.sheet || at < 0 || slot === undefined) return null;
      const { w, h } = d.thumbs, scale = Math.max(1, Math.floor(most / Math.max(w, h)));
      return cut(p.sheet, d.thumbs, slot, w * scale, h * scale);
    };
    const thumbnail = (k) => {
      const canvas = tile(k, 72);
      if (!canvas) return [];
      canvas.style.cssText = `display:block;margin:0 0 6px;border:1px solid ${look.rule}`;
      return [canvas];
    };
    const coordinate = (k, j) => short(d.middle[j] + (places[j][k] / 32767.5 - 1) * d.unit, 4);
    // Courses begin anew: the step of a point is counted from the first of its own.
    const stepOf = (k) => row(k) - row(p.starts[p.course[k]]);
    const words = (k) => {
      const lines = [];
      if (classes) lines.push(element('div', 'font-weight:bold', d.classes[classes[k]].name));
      if (p.course) {
        lines.push(named(d.valueName, p.times ? short(p.times[k], 6) : String(stepOf(k))));
        axes3.slice(0, d.flat ? 2 : 3).forEach((j) => lines.push(named('xyz'[j], coordinate(k, j))));
        return lines;
      }
      if (row(k) >= 0) lines.push(element('div', `color:${look.faint}`, `row ${row(k)}`));
      if (values) lines.push(named(d.valueName, short(d.low + (values[k] / top) * (d.high - d.low), 4)));
      const said = d.text?.[p.numbered(k)];
      if (said) lines.push(element('div', 'max-width:240px;white-space:pre-wrap', said));
      return [...thumbnail(k), ...lines];
    };
    const hover = (cx, cy, shown) => {
      const u = cx - f.X, v = cy - f.Y, k = under(u, v, shown);
      p.pointed = k >= 0;
      if (!p.course) stage.selection?.hover(k < 0 ? -1 : row(k));
      if (k >= 0) {
        const c = camera(), r = d.bare ? 4 : (size() * scaleAt(c, seen.near[k])) / 2 + 2, color = colors[hueOf[k] * fadeSteps + fadeSteps - 1];
        return { words: words(k), marks: [{ type: 'circle', silent: true, shape: { cx: f.X + seen.x[k], cy: f.Y + seen.y[k], r }, style: { fill: `#${color.toString(16).padStart(6, '0')}`, stroke: look.ink, lineWidth: 1 } }] };
      }
      const e = d.edges ? lineUnder(u, v, shown) : -1;
      if (e < 0) return null;
      const a = lines.a[e], b = lines.b[e], said = [element('div', 'font-weight:bold', `${row(a)} \u2013 ${row(b)}`)];
      if (d.edgeValues) said.push(named(d.edgeName, short(d.edgeValues[e])));
      return { words: said, marks: [line([f.X + seen.x[a], f.Y + seen.y[a]], [f.X + seen.x[b], f.Y + seen.y[b]], look.ink, width() + 1)] };
    };

    // Hands: what turns one space turns those that are linked to it.
    const changed = () => {
      stage.unmark();
      stage.repaint();
    };
    const mates = turning.get(stage.box) ?? turning.set(stage.box, new Map()).get(stage.box);
    mates.set(stage.panel, { linked: d.linked, view, changed });
    const to = (change) => {
      for (const m of d.linked ? mates.values() : [mates.get(stage.panel)]) {
        if (m.view !== view && !m.linked) continue;
        change(m.view);
        m.changed();
      }
      return true;
    };
    const turn = (azimuth, elevation) => to((v) => {
      v.azimuth = (v.azimuth + azimuth) % 360;
      v.elevation = Math.min(89, Math.max(-89, v.elevation + elevation));
    });
    const pan = (dx, dy) => to((v) => {
      v.x += dx;
      v.y += dy;
    });
    const zoom = (by, x = f.W / 2, y = f.H / 2) => {
      const next = Math.min(200, Math.max(0.5, view.zoom * by)), t = next / view.zoom;
      if (t === 1) return false;
      return to((v) => Object.assign(v, { zoom: next, x: x - f.W / 2 - t * (x - f.W / 2 - v.x), y: y - f.H / 2 - t * (y - f.H / 2 - v.y) }));
    };
    const reset = () => {
      p.turns = false;
      stage.refresh();
      return to((v) => Object.assign(v, p.home));
    };
    const spin = (last) => requestAnimationFrame((now) => {
      if (!p.turns || !stage.host.isConnected) return;
      turn((now - last) * 0.018, 0);
      spin(now);
    });
    const move = ({ dx, dy, event }) => (d.flat || event.shiftKey ? pan(dx, dy) : turn(-dx * 0.5, dy * 0.5));
    const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const others = { '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8), 0: reset, Home: reset };
    const key = ({ key: name, ctrlKey, metaKey, altKey, shiftKey }) => {
      if (ctrlKey || metaKey || altKey) return false;
      if (arrows[name]) return d.flat || shiftKey ? pan(...arrows[name].map((v) => 30 * v)) : turn(8 * arrows[name][0], 8 * arrows[name][1]);
      return Boolean(others[name]?.());
    };
    const members = groups.map(() => []);
    for (let k = 0; k < Math.min(n, mostSortedPoints); k++) members[byValue ? 0 : group(k)].push(k);
    const layer = {
      paint, move, key, reset,
      wheel: ({ x, y, event }) => zoom(2 ** (-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0025)), ...(d.flat ? [x, y] : [])),
      leave: () => {
        p.pointed = false;
        stage.selection?.hover(-1);
      },
      point: (i, j) => ({ x: f.X + seen.x[members[i][j]], y: f.Y + seen.y[members[i][j]], row: row(members[i][j]) }),
      groups: groups.map((g) => g.name),
    };
    if (stage.selection && !p.heard) p.heard = stage.selection.subscribe(stage.host, () => stage.repaint());
    const press = () => {
      p.turns = !p.turns;
      stage.refresh();
      if (p.turns) spin(performance.now());
    };
    const first = [...mates.keys()][0] === stage.panel; // linked panels have one button
    const tools = d.flat || (d.linked && !first) ? [] : [{ name: `turn ${stage.panel}`, title: 'Turn', icon: 'M8 5.2C11.6 5.2 14 6.4 14 8s-2.4 2.8-6 2.8S2 9.6 2 8c0-.9.8-1.7 2-2.2M9.5 8.6l-2 2.2 2 2.2', press, pressed: () => Boolean(p.turns) }];
    return { series: [], ...pixels(f), hover, layer, tools, title: d.flat ? 'Curves in the plane' : `${n} points in three dimensions; drag or use the arrow keys to turn` };
  },
};
Object.assign(kinds, { scatter3d: space, trajectories: space, network3d: space });
