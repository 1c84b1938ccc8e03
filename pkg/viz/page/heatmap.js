kinds.heatmap = {
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
          text: d.text ? d.text[k] : (Number(fixed) === 0 ? (0).toFixed(d.decimals) : fixed).replace('-', '\u2212'),
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
          ...(d.text && d.side === 1 ? [element('div', '', d.text[i * d.columns + j])] : []),
        ],
        marks: w >= 4 && h >= 4 ? [{ type: 'rect', silent: true, shape: { x: f.X + j * w, y: f.Y + i * h, width: w, height: h }, style: { fill: 'none', stroke: look.ink, lineWidth: 2 } }] : [],
      };
    };
    const name = (names, i) => names?.[i] ?? String(i);
    const table = d.side > 1 || cells.length > readableCells ? null : {
      names: [`${d.down || 'row'} \u00d7 ${d.across || 'column'}`, ...Array.from({ length: d.columns }, (_, j) => name(d.columnNames, j))],
      rows: Array.from({ length: d.rows }, (_, i) => [name(d.rowNames, i), ...Array.from({ length: d.columns }, (_, j) => short(value(i * d.columns + j), 3))]),
    };
    return { series: [picture(f, children)], ...pixels(f), hover, table };
  },
};
