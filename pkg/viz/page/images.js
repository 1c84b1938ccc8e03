kinds.images = {
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
