// Points over a picture of the edges between them, one for each colour so that the legend hides it.
kinds.connectivity = {
  prepare: async (panel) => ({ groups: await marks.prepare(panel), weave: await unpacked(panel.data.weave) }),
  plot: (panel, look, { groups, weave }, ...rest) => {
    const { data: d, frame: f } = panel;
    if (weave.length !== d.side * d.side) throw new Error(`${weave.length} pixels for ${d.side} × ${d.side}`);
    const [unique] = rest, paper = rgb(look.paper);
    const sheets = d.hues.map((hue) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: d.side, height: d.side });
      const pen = canvas.getContext('2d');
      const tone = hue.ramp ? along(look.ramp, hue.ramp) : rgb(look.tints[hue.tint]);
      return { canvas, pen, image: pen.createImageData(d.side, d.side), tone };
    });
    weave.forEach((v, at) => {
      if (!v) return;
      const { image, tone } = sheets[Math.floor((v - 1) / d.steps)];
      const strength = d.faint + (1 - d.faint) * (((v - 1) % d.steps) + 1) / d.steps;
      image.data.set([...paper.map((p, k) => Math.round(p + strength * (tone[k] - p))), 255], 4 * at);
    });
    const series = sheets.map(({ canvas, pen, image, tone }, i) => {
      pen.putImageData(image, 0, 0);
      return {
        type: 'custom', name: unique(d.hues[i].entry, i), silent: true, z: 1, clip: true, data: [[f.X, f.Y]], itemStyle: { color: `rgb(${tone})` },
        renderItem: (_, api) => {
          const [x, y] = api.coord([f.X, f.Y]), [right, bottom] = api.coord([f.X + f.W, f.Y + f.H]);
          return { type: 'image', style: { image: canvas, x, y, width: right - x, height: bottom - y } };
        },
      };
    });
    const plot = marks.plot(panel, look, groups, ...rest);
    return { ...plot, series: [...series, ...plot.series] };
  },
};
