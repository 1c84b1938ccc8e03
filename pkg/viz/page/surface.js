// Numbers of places of a plane, as small cells, with lines over them: Shepard's diagram, the co-ranking matrix, densities.
const surface = {
  prepare: async ({ data }) => ({ cells: await unpacked(data.cells) }),
  plot: (panel, look, { cells }, unique) => {
    const { data: d, frame: f } = panel, none = 255, most = 254;
    if (cells.length !== d.rows * d.columns) throw new Error(`${cells.length} cells for ${d.rows} × ${d.columns}`);
    const between = (low, high, log, t) => (log ? low * (high / low) ** t : low + t * (high - low));
    const stepped = (t) => (d.steps ? Math.min(d.steps - 1, Math.floor(t * d.steps)) / (d.steps - 1) : t);
    const small = Object.assign(document.createElement('canvas'), { width: d.columns, height: d.rows });
    const pen = small.getContext('2d');
    const image = pen.createImageData(d.columns, d.rows);
    const colors = Array.from({ length: most + 1 }, (_, level) => [...along(look.ramp, stepped(level / most)), 255]);
    cells.forEach((level, k) => level !== none && image.data.set(colors[level], 4 * k));
    pen.putImageData(image, 0, 0);
    const times = Math.max(1, Math.round(globalThis.devicePixelRatio ?? 1));
    const sharp = cut(small, { w: d.columns, h: d.rows, columns: 1 }, 0, f.W * times, f.H * times);
    const series = [picture(f, [{ type: 'image', style: { image: sharp, x: f.X, y: f.Y, width: f.W, height: f.H } }])];
    (d.curves ?? []).forEach((c, i) => {
      const at = Array.from({ length: c.at.length / 2 }, (_, k) => [c.at[2 * k], c.at[2 * k + 1]]);
      const name = unique(c.entry, i), color = look.tints[c.tint];
      const way = (stroke, width, type) => ({
        type: 'line', name, silent: true, clip: true, symbol: 'none', data: at, itemStyle: { color }, lineStyle: { width, color: stroke, type }, emphasis: { disabled: true },
      });
      series.push({ ...way(look.paper, c.width + 2.4, 'solid'), z: 3 }, { ...way(color, c.width, c.dashed ? [6, 4] : 'solid'), z: 4 });
    });
    const hover = (x, y) => {
      const i = Math.min(d.rows - 1, Math.floor(((y - f.Y) / f.H) * d.rows)), j = Math.min(d.columns - 1, Math.floor(((x - f.X) / f.W) * d.columns));
      const level = cells[i * d.columns + j];
      if (level === none) return null;
      const words = [];
      if (!d.bare) {
        for (const [axis, t] of [[d.x, (j + 0.5) / d.columns], [d.y, 1 - (i + 0.5) / d.rows]]) {
          const row = named(axis.name ?? '', short(between(axis.low, axis.high, axis.log, t), 3));
          row.style.color = look.faint;
          words.push(row);
        }
      }
      words.push(named(d.valueName ?? '', `≈ ${short(between(d.from, d.to, d.log, level / most), 2)}`));
      const w = f.W / d.columns, h = f.H / d.rows;
      const rect = { type: 'rect', silent: true, shape: { x: f.X + j * w, y: f.Y + i * h, width: w, height: h }, style: { fill: 'none', stroke: look.ink, lineWidth: 1 } };
      return { words, marks: w >= 4 && h >= 4 ? [rect] : [] };
    };
    return { series, ...pixels(f), hover };
  },
};
Object.assign(kinds, { shepard: surface, coranking: surface, density: surface });
