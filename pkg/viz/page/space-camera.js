// Where points of a box are seen from a view {azimuth, elevation}, in degrees, as camera.go says it.
const eyeAt = 4.5; // how far the eye is from the middle of the box, in its radii
const cameraOf = ({ azimuth, elevation }, half, side, w, h, flat) => {
  const a = (azimuth * Math.PI) / 180, e = (elevation * Math.PI) / 180;
  const sa = Math.sin(a), ca = Math.cos(a), se = Math.sin(e), ce = Math.cos(e);
  const radius = Math.hypot(...half);
  return { right: [-sa, ca, 0], up: [-ca * se, -sa * se, ce], toward: [ca * ce, sa * ce, se], radius, side, x: w / 2, y: h / 2, flat };
};
const see = (c, [x, y, z]) => {
  const along = (d) => x * d[0] + y * d[1] + z * d[2];
  const depth = along(c.toward) / c.radius, scale = c.flat ? 1 : eyeAt / (eyeAt - depth);
  return { x: c.x + c.side * scale * along(c.right), y: c.y - c.side * scale * along(c.up), scale, near: Math.min(1, Math.max(0, (1 + depth) / 2)) };
};
// The same for many points, three numbers each in 65535ths from −1 to 1, into arrays of xs, ys and nearness.
const seeAll = (c, [px, py, pz], out) => {
  const { x: xs, y: ys, near } = out, n = px.length, k = 1 / 32767.5;
  const [rx, ry] = c.right, [ux, uy, uz] = c.up, [tx, ty, tz] = c.toward.map((v) => v / c.radius);
  const { side, x: mx, y: my, flat } = c;
  for (let i = 0; i < n; i++) {
    const x = px[i] * k - 1, y = py[i] * k - 1, z = pz[i] * k - 1;
    const depth = x * tx + y * ty + z * tz, s = side * (flat ? 1 : eyeAt / (eyeAt - depth));
    xs[i] = mx + s * (x * rx + y * ry);
    ys[i] = my - s * (x * ux + y * uy + z * uz);
    near[i] = (1 + depth) * 0.5;
  }
};
const scaleAt = (c, near) => (c.flat ? 1 : eyeAt / (eyeAt - (2 * near - 1)));

const cornerOf = (half, i) => half.map((v, j) => v * (2 * ((i >> j) & 1) - 1));
const axes3 = [0, 1, 2];
const eight = [0, 1, 2, 3, 4, 5, 6, 7];
// The edges of the box but for those of its nearest corner, and where the names of its axes are.
const boxOf = (c, half) => {
  const nearest = c.toward.reduce((i, v, j) => i | (v > 0 ? 1 << j : 0), 0);
  const at = eight.map((i) => see(c, cornerOf(half, i))), middle = see(c, [0, 0, 0]);
  const edges = [], letters = axes3.map(() => ({ rank: -Infinity }));
  eight.forEach((i) => axes3.forEach((j) => {
    const k = i | (1 << j);
    if (k === i || i === nearest || k === nearest) return;
    edges.push([at[i], at[k]]);
    if (i === 7 - nearest || k === 7 - nearest) return;
    const x = (at[i].x + at[k].x) / 2, y = (at[i].y + at[k].y) / 2, rank = j === 2 ? -x : y;
    if (rank <= letters[j].rank) return;
    const dx = x - middle.x, dy = y - middle.y, long = Math.max(1e-9, Math.hypot(dx, dy));
    letters[j] = { rank, x: x + (10 * dx) / long, y: y + (10 * dy) / long };
  }));
  return { edges, letters };
};
