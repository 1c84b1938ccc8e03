// Where a map is looked at: a place x of the map, in shares of its side, is k·x + a of the frame's; k is at most most.
const mapView = (side, most, changed) => {
  const v = { k: 1, a: 0, b: 0 };
  // The map covers the frame.
  const keep = () => {
    v.k = Math.min(most, Math.max(1, v.k));
    v.a = Math.min(0, Math.max(1 - v.k, v.a));
    v.b = Math.min(0, Math.max(1 - v.k, v.b));
  };
  const to = (k, a, b) => {
    const was = [v.k, v.a, v.b];
    Object.assign(v, { k, a, b });
    keep();
    const moved = was[0] !== v.k || was[1] !== v.a || was[2] !== v.b;
    if (moved) changed();
    return moved;
  };
  v.pan = (dx, dy) => to(v.k, v.a + dx / side, v.b + dy / side);
  // About a point of the frame, in pixels.
  v.zoom = (by, x = side / 2, y = side / 2) => {
    const k = Math.min(most, Math.max(1, v.k * by)), t = k / v.k, u = x / side, w = y / side;
    return to(k, u - t * (u - v.a), w - t * (w - v.b));
  };
  v.reset = () => to(1, 0, 0);
  const keys = {
    ArrowLeft: () => v.pan(side / 8, 0), ArrowRight: () => v.pan(-side / 8, 0), ArrowUp: () => v.pan(0, side / 8), ArrowDown: () => v.pan(0, -side / 8),
    '+': () => v.zoom(1.5), '=': () => v.zoom(1.5), '-': () => v.zoom(1 / 1.5), 0: v.reset,
  };
  v.key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return false;
    keys[event.key]();
    return true;
  };
  v.wheel = ({ x, y, event }) => v.zoom(2 ** (-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0025)), x, y);
  return v;
};
