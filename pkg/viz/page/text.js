// Text and lines, as elements of the page and of ECharts.
const font = '"Liberation Sans", Arial, Helvetica, sans-serif';

// The layout measures words in Liberation Sans. Where the page has only a wider font, its letters are made smaller, so that words find room.
const letters = (() => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `100px ${font}`;
  return Math.min(1, 1534.4 / pen.measureText('correlation dimension 0123456789').width);
})();

const element = (tag, style, text) => {
  const e = document.createElement(tag);
  e.style.cssText = style;
  e.textContent = text ?? '';
  return e;
};
const short = (v, digits = 5) => String(Number(v.toPrecision(digits))).replace('-', '\u2212');
const named = (name, value) => {
  const e = element('div', '', name ? `${name}: ` : '');
  e.append(element('b', '', value));
  return e;
};

// What the layout says of text and lines, as elements of ECharts. Text stands on its baseline; the middle of its letters is that much above.
const text = (l, color, paper) => ({
  type: 'text', silent: true, x: l.x + (l.turned ? -0.347 * letters * l.size : 0), y: l.y - (l.turned ? 0 : 0.347 * letters * l.size), rotation: l.turned ? Math.PI / 2 : 0,
  style: {
    text: l.text, fill: color, font: `${l.bold ? 'bold ' : ''}${letters * l.size}px ${font}`,
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
