// Each kind of plot is an object that its own file adds to kinds: plot is a function of a panel and a theme.
// It gives series, on axes that count 65535ths of the frame or pixels of the
// chart, and may give hover(x, y, shown, seen), what to say of the place, with marks to draw there.
const kinds = {};

const pixels = (f) => ({
  xAxis: { type: 'value', show: false, min: f.X, max: f.X + f.W },
  yAxis: { type: 'value', show: false, min: f.Y, max: f.Y + f.H, inverse: true },
});
const picture = (frame, children) => ({
  type: 'custom', name: 'picture', silent: true, z: 2, data: [[frame.X, frame.Y]], clip: false, renderItem: () => ({ type: 'group', children }),
});
const cut = (image, { w, h, columns }, slot, width, height) => {
  const canvas = element('canvas', 'display:block');
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext('2d');
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, (slot % columns) * w, Math.floor(slot / columns) * h, w, h, 0, 0, width, height);
  return canvas;
};
