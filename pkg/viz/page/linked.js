// Where a thumbnail stands beside a point of a frame: to its right, or where there is no room, to its left.
const besides = ({ X, Y, W, H }, { x, y }, far, { width, height }) => ({
  x: Math.round(x + far + width + 1 < X + W ? x + far : x - far - width),
  y: Math.round(Math.min(Math.max(y - height / 2, Y + 1), Y + H - height - 1)),
});
// The marks that show it there; none without one.
const pictured = (frame, place, far, canvas, look) => {
  if (!canvas) return [];
  const { x, y } = besides(frame, place, far, canvas), { width, height } = canvas;
  return [
    { type: 'rect', silent: true, shape: { x: x - 1, y: y - 1, width: width + 2, height: height + 2 }, style: { fill: look.paper, stroke: look.rule, lineWidth: 1 } },
    { type: 'image', silent: true, style: { image: canvas, x, y, width, height } },
  ];
};
