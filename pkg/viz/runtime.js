// Draws Flatland's charts. Go calls this function with the scripts to draw them with: [{name, gz} or {name, url, integrity}, …].
//
// A chart is an element with a data-flatland attribute that holds a picture and, as JSON, what the picture was made of. Nothing ties it to
// a place or an order: every element on the page that has not been drawn is drawn, when the scripts are there and whenever one is added.
((sources) => {
  const flatland = (globalThis.flatland ??= { modules: {}, loading: {}, charts: new WeakMap() });
  flatland.paints ??= new WeakMap();
  const font = '"Liberation Sans", Arial, Helvetica, sans-serif';

  // Scripts run as CommonJS modules of our own: no global name is set, and a RequireJS on the page does not see them.
  const code = async (source) => {
    if (source.gz) return new TextDecoder().decode(await unpacked(source.gz));
    const answer = await fetch(source.url, { integrity: source.integrity });
    if (!answer.ok) throw new Error(`${source.url}: ${answer.status}`);
    return answer.text();
  };
  const load = async (source) => {
    const module = { exports: {} };
    const run = new Function('exports', 'module', 'require', await code(source));
    run(module.exports, module, (name) => flatland.modules[name]);
    flatland.modules[source.name] = module.exports;
  };
  const loadAll = async () => {
    for (const source of sources) {
      await (flatland.loading[source.name] ??= load(source));
    }
  };

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const uint16 = (base64) => new Uint16Array(bytes(base64).buffer);
  const uint32 = (base64) => new Uint32Array(bytes(base64).buffer);
  const element = (tag, style, text) => {
    const e = document.createElement(tag);
    e.style.cssText = style;
    e.textContent = text ?? '';
    return e;
  };

  const unpacked = async (base64) => {
    const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const loaded = async (src) => {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    return image;
  };
  const short = (v, digits = 5) => String(Number(v.toPrecision(digits))).replace('-', '\u2212');
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const along = (colors, t) => {
    const p = t * (colors.length - 1), i = Math.min(Math.floor(p), colors.length - 2);
    const a = rgb(colors[i]), b = rgb(colors[i + 1]);
    return a.map((v, k) => Math.round(v + (p - i) * (b[k] - v)));
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const cut = (image, { w, h, columns }, slot, width, height) => {
    const canvas = element('canvas', 'display:block');
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext('2d');
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, (slot % columns) * w, Math.floor(slot / columns) * h, w, h, 0, 0, width, height);
    return canvas;
  };

  // What the layout says of text and lines, as elements of ECharts. Text stands on its baseline; the middle of its letters is that much above.
  const text = (l, color, paper) => ({
    type: 'text', silent: true, x: l.x + (l.turned ? -0.347 * l.size : 0), y: l.y - (l.turned ? 0 : 0.347 * l.size), rotation: l.turned ? Math.PI / 2 : 0,
    style: {
      text: l.text, fill: color, font: `${l.bold ? 'bold ' : ''}${l.size}px ${font}`,
      align: ['left', 'center', 'right'][2 * (l.align ?? 0)], verticalAlign: 'middle',
      ...(l.backed ? { backgroundColor: `${paper}bf`, padding: [1, 2] } : {}),
    },
  });
  const line = ([x1, y1], [x2, y2], color, width = 1, lineDash = null) => ({
    type: 'line', silent: true, shape: { x1, y1, x2, y2 }, style: { stroke: color, lineWidth: width, lineDash },
  });
  const decor = (d, look) => [
    ...(d.strokes ?? []).map((s) => ({ ...line(s.from, s.to, look[s.role], 1, s.dashed ? [5, 4] : null), z: s.over ? 5 : 0 })),
    ...(d.labels ?? []).map((l) => ({ ...text(l, look[l.role], look.paper), z: 6 })),
  ];

  // Each kind of plot is a function of a panel and a theme. It gives series, on axes that count 65535ths of the frame or pixels of the
  // chart, and may give hover(x, y, shown, seen), what to say of the place, with marks to draw there.
  const pixels = (f) => ({
    xAxis: { type: 'value', show: false, min: f.X, max: f.X + f.W },
    yAxis: { type: 'value', show: false, min: f.Y, max: f.Y + f.H, inverse: true },
  });
  const picture = (frame, children) => ({
    type: 'custom', name: 'picture', silent: true, z: 2, data: [[frame.X, frame.Y]], clip: false, renderItem: () => ({ type: 'group', children }),
  });
  const named = (name, value) => {
    const e = element('div', '', name ? `${name}: ` : '');
    e.append(element('b', '', value));
    return e;
  };

  const scatter = {
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

  const lines = {
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
        if (s.low) {
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
      return { series, ...pixels(f), hover };
    },
  };

  const bars = {
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
      return { series, ...pixels(f), hover };
    },
  };

  const heatmap = {
    prepare: async ({ data }) => {
      const cells = await unpacked(data.cells);
      return { cells: data.levels > 255 ? new Uint16Array(cells.buffer) : cells };
    },
    plot: (panel, look, { cells }) => {
      const { data: d, frame: f } = panel;
      if (cells.length !== d.rows * d.columns) throw new Error(`${cells.length} cells for ${d.rows} × ${d.columns}`);
      const colors = d.diverging ? look.diverge : look.ramp;
      const value = (k) => d.low + (cells[k] / d.levels) * (d.high - d.low);
      const color = (v) => along(colors, d.from === d.to ? 0.5 : Math.min(1, Math.max(0, (v - d.from) / (d.to - d.from))));
      const small = Object.assign(document.createElement('canvas'), { width: d.columns, height: d.rows });
      const pen = small.getContext('2d');
      const image = pen.createImageData(d.columns, d.rows);
      for (let k = 0; k < cells.length; k++) image.data.set([...color(value(k)), 255], 4 * k);
      pen.putImageData(image, 0, 0);
      const times = Math.max(1, Math.round(globalThis.devicePixelRatio ?? 1));
      const sharp = cut(small, { w: d.columns, h: d.rows, columns: 1 }, 0, f.W * times, f.H * times);
      const children = [{ type: 'image', style: { image: sharp, x: f.X, y: f.Y, width: f.W, height: f.H } }];
      if (d.decimals >= 0) {
        const w = f.W / d.columns, h = f.H / d.rows;
        for (let k = 0; k < cells.length; k++) {
          const fixed = value(k).toFixed(d.decimals);
          const l = luminance(color(value(k)));
          const shade = (l + 0.05) / 0.05 >= 1.05 / (l + 0.05) ? '#000' : '#fff';
          children.push(text({
            x: f.X + w * ((k % d.columns) + 0.5), y: f.Y + h * (Math.floor(k / d.columns) + 0.5) + 0.36 * d.textSize, size: d.textSize, align: 0.5,
            text: (Number(fixed) === 0 ? (0).toFixed(d.decimals) : fixed).replace('-', '\u2212'),
          }, shade));
        }
      }
      const several = (name, i, all, names) => {
        const from = i * d.side, to = Math.min(all, from + d.side) - 1;
        if (names?.length) return from === to ? names[from] : `${names[from]} to ${names[to]}`;
        return `${name} ${from === to ? from : `${from} to ${to}`}`;
      };
      const hover = (x, y) => {
        const i = Math.min(d.rows - 1, Math.floor(((y - f.Y) / f.H) * d.rows)), j = Math.min(d.columns - 1, Math.floor(((x - f.X) / f.W) * d.columns));
        const w = f.W / d.columns, h = f.H / d.rows;
        const number = short(value(i * d.columns + j), d.levels > 255 ? 5 : d.levels > 99 ? 3 : 2);
        return {
          words: [
            element('div', `color:${look.faint}`, `${several(d.down || 'row', i, d.allRows, d.rowNames)} × ${several(d.across || 'column', j, d.allColumns, d.columnNames)}`),
            named(d.valueName ?? '', `${d.levels > 255 ? '' : '≈ '}${number}`),
          ],
          marks: w >= 4 && h >= 4 ? [{ type: 'rect', silent: true, shape: { x: f.X + j * w, y: f.Y + i * h, width: w, height: h }, style: { fill: 'none', stroke: look.ink, lineWidth: 2 } }] : [],
        };
      };
      return { series: [picture(f, children)], ...pixels(f), hover };
    },
  };

  const images = {
    prepare: async ({ data }) => ({ sheet: await loaded(data.thumbs.src) }),
    plot: (panel, look, { sheet }) => {
      const { data: d, frame: f } = panel;
      if (d.slots.length !== d.rows.length) throw new Error(`${d.slots.length} places for ${d.rows.length} pictures`);
      const times = Math.max(1, Math.round(globalThis.devicePixelRatio ?? 1));
      const children = [];
      d.slots.forEach((slot, k) => {
        if (slot < 0) return;
        const x = f.X + (k % d.columns) * d.across, y = f.Y + Math.floor(k / d.columns) * d.down;
        children.push({ type: 'image', style: { image: cut(sheet, d.thumbs, slot, d.w * times, d.h * times), x, y, width: d.w, height: d.h } });
      });
      const hover = (x, y) => {
        const column = Math.floor((x - f.X) / d.across), row = Math.floor((y - f.Y) / d.down), k = row * d.columns + column;
        if (k >= d.rows.length || x - f.X - column * d.across > d.w || y - f.Y - row * d.down > d.h) return null;
        const words = [element('div', `color:${look.faint}`, `row ${d.rows[k]}`)];
        if (d.captions?.[k]) words.unshift(element('div', 'font-weight:bold', d.captions[k]));
        return { words, marks: [] };
      };
      return { series: [picture(f, children)], ...pixels(f), hover };
    },
  };
  // Points and lines in groups of one look: barcodes, diagrams, networks. Their places are pixels of the chart before anyone zooms.
  const marks = {
    prepare: async ({ data }) => JSON.parse(new TextDecoder().decode(await unpacked(data.marks))),
    plot: (panel, look, groups, unique) => {
      const { data: d, frame: f } = panel;
      const points = (at) => Array.from({ length: at.length / 2 }, (_, k) => [at[2 * k], at[2 * k + 1]]);
      const drawn = groups.map((g, i) => {
        for (const list of [g.levels, g.titles, g.texts, ...(g.columns ?? []).map((c) => c.values)]) {
          if (list && list.length !== g.at.length) throw new Error(`${list.length} for ${g.at.length} marks`);
        }
        const shades = g.diverge ? look.diverge : look.ramp;
        const color = (k) => (g.levels ? `rgb(${along(shades, g.levels[k] / 255)})` : g.role ? look[g.role] : look.tints[g.tint]);
        return { ...g, name: unique(g.entry, i), color, at: g.at.map(points) };
      });
      const series = drawn.map((g, i) => {
        const style = { name: g.name, silent: true, clip: true, z: 2 + i / 100, itemStyle: { color: g.levels ? look.ink : g.color(0), borderColor: look.paper, borderWidth: g.rim ?? 0, opacity: 1 } };
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
  const kinds = { scatter, lines, bars, heatmap, images, barcode: marks, persistence: marks, network: marks };

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

  // Whether the chart's surroundings are dark: as JupyterLab or VS Code say, or else as the paper behind it is.
  const isDark = (host) => {
    const body = document.body, jupyter = body?.dataset.jpThemeLight;
    if (jupyter) return jupyter === 'false';
    if (body?.classList.contains('vscode-dark') || body?.matches('.vscode-high-contrast:not(.vscode-high-contrast-light)')) return true;
    const paper = (e) => {
      const color = getComputedStyle(e).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
      return color.length >= 3 && (color[3] ?? 1) > 0.5 ? color.slice(0, 3) : null;
    };
    for (let e = host; e; e = e.parentElement) {
      if (paper(e)) return luminance(paper(e)) < 0.2;
    }
    const canvas = element('div', 'background-color: Canvas'); // what the browser paints behind a page
    document.documentElement.append(canvas);
    const behind = paper(canvas);
    canvas.remove();
    return behind ? luminance(behind) < 0.2 : false;
  };
  const themeOf = (host, looks) => {
    const wanted = isDark(host) ? 'dark' : 'light';
    return looks[wanted] ? wanted : Object.keys(looks)[0];
  };

  const draw = async (host) => {
    host.dataset.flatlandState = 'drawing';
    host.querySelectorAll(':scope > .flatland-live').forEach((old) => old.remove());
    const d = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
    const prepared = await Promise.all(d.panels.map((p) => kinds[p.kind].prepare?.(p) ?? {}));
    const picture = host.querySelector('img');
    const size = { width: d.width, height: d.height };
    const box = element('div', `position:absolute;left:0;top:0;width:${size.width}px;height:${size.height}px`);
    box.className = 'flatland-live';
    host.append(box);
    try {
      const { echarts } = flatland.modules;
      const chart = echarts.init(box, null, size);
      const tip = element('div', 'position:absolute;visibility:hidden;pointer-events:none;z-index:9;padding:8px;border-radius:4px;white-space:nowrap;max-width:360px;overflow:hidden');
      tip.style.font = `12px/1.5 ${font}`;
      box.append(tip);
      let hovers = [], marks = [], selected = {};
      const unmark = () => {
        marks.forEach((m) => chart.getZr().remove(m));
        marks = [];
        tip.style.visibility = 'hidden';
      };
      const paint = () => {
        const theme = themeOf(host, d.looks), look = d.looks[theme];
        unmark();
        const composed = compose(d, look, prepared);
        if (composed.option.legend) composed.option.legend.selected = selected;
        hovers = composed.hovers;
        host.dataset.flatlandTheme = theme;
        box.style.colorScheme = theme;
        Object.assign(tip.style, { background: look.paper, color: look.ink, border: `1px solid ${look.rule}`, boxShadow: '1px 2px 8px #0003' });
        chart.setOption(composed.option, true);
      };
      flatland.charts.set(host, chart);
      flatland.paints.set(host, () => themeOf(host, d.looks) !== host.dataset.flatlandTheme && paint());
      const finished = () => {
        chart.off('finished', finished);
        picture.style.visibility = 'hidden';
        host.dataset.flatlandState = 'drawn';
      };
      chart.on('finished', finished);
      chart.on('legendselectchanged', (event) => ({ selected } = event));
      chart.on('restore', () => (selected = {}));
      paint();
      const shapes = { line: echarts.graphic.Line, circle: echarts.graphic.Circle, rect: echarts.graphic.Rect };
      chart.getZr().on('mousemove', ({ offsetX: x, offsetY: y }) => {
        const over = hovers.find(({ frame: f }) => x >= f.X && x < f.X + f.W && y >= f.Y && y < f.Y + f.H);
        const said = over?.say(x, y, (name) => selected[name] !== false, (place) => chart.convertToPixel({ gridIndex: over.at }, place));
        unmark();
        if (!said) return;
        marks = said.marks.map(({ type, ...m }) => new shapes[type]({ z: 8, ...m }));
        marks.forEach((m) => chart.getZr().add(m));
        tip.replaceChildren(...said.words);
        const left = x + 14 + tip.offsetWidth > size.width ? x - 14 - tip.offsetWidth : x + 14;
        const top = Math.min(y + 14, size.height - tip.offsetHeight - 2);
        Object.assign(tip.style, { left: `${Math.max(0, left)}px`, top: `${Math.max(0, top)}px`, visibility: 'visible' });
      });
      chart.getZr().on('globalout', unmark);
      chart.getZr().on('dblclick', () => chart.dispatchAction({
        type: 'dataZoom', batch: (chart.getOption().dataZoom ?? []).map((_, dataZoomIndex) => ({ dataZoomIndex, start: 0, end: 100 })),
      }));
    } catch (error) {
      flatland.charts.get(host)?.dispose();
      flatland.charts.set(host, null);
      flatland.paints.delete(host);
      box.remove();
      throw error;
    }
  };
  flatland.scan = () => {
    if (!flatland.modules.echarts) return;
    for (const host of document.querySelectorAll('[data-flatland]')) {
      if (flatland.charts.has(host)) continue;
      // While a page is read, what nothing follows may be there in part; the script behind it scans again.
      if (document.readyState === 'loading' && !host.nextElementSibling) continue;
      flatland.charts.set(host, null);
      draw(host).catch((error) => {
        host.dataset.flatlandState = 'failed';
        console.error('flatland: the picture stays, because the chart cannot be drawn:', error);
      });
    }
  };

  // What an earlier version of this script could not draw may be drawn now.
  document.querySelectorAll('[data-flatland-state="failed"]').forEach((host) => flatland.charts.delete(host));

  // Notebooks insert outputs, and take them away and back, without telling.
  let waiting = false;
  flatland.observer?.disconnect();
  flatland.observer = new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      flatland.scan();
    });
  });
  flatland.observer.observe(document.documentElement, { childList: true, subtree: true });

  // Readers change the theme of a notebook, or of their system; the page takes a moment to follow.
  flatland.themes?.disconnect();
  const repaint = () => document.querySelectorAll('[data-flatland]').forEach((host) => flatland.paints.get(host)?.());
  const changed = () => [0, 300, 1500].forEach((delay) => setTimeout(repaint, delay));
  flatland.themes = new MutationObserver(changed);
  for (const e of [document.documentElement, document.body]) {
    if (e) flatland.themes.observe(e, { attributes: true, attributeFilter: ['class', 'style', 'data-jp-theme-light', 'data-theme', 'data-vscode-theme-kind'] });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);

  loadAll().then(flatland.scan, (error) => {
    flatland.loading = {};
    console.warn('flatland: charts stay pictures, because their library cannot be loaded:', error);
  });
})
