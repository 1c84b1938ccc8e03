// Colours.
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
const mix = (a, b, share) => {
  const [p, q] = [rgb(a), rgb(b)];
  return `rgb(${p.map((v, i) => Math.round(v + share * (q[i] - v)))})`;
};
