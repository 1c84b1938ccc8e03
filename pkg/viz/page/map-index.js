// The points of a map by the cell of a grid that they lie in, about four to a cell.
const mapIndex = ({ n, x, y }) => {
  const bits = Math.min(10, Math.max(2, Math.round(Math.log2(n / 4) / 2))), side = 1 << bits, shift = 16 - bits;
  const start = new Uint32Array(side * side + 1), order = new Uint32Array(n);
  const cell = (k) => ((y[k] >> shift) << bits) | (x[k] >> shift);
  for (let k = 0; k < n; k++) start[cell(k) + 1]++;
  for (let i = 0; i < side * side; i++) start[i + 1] += start[i];
  const next = start.slice(0, side * side);
  for (let k = 0; k < n; k++) order[next[cell(k)]++] = k;
  return {
    // The point nearest to a place, in 65535ths, within reach, of those that may be; or −1. Cells are searched in rings around the place.
    nearest: (u, v, reach, may) => {
      const width = 1 << shift, i = Math.floor(u / width), j = Math.floor(v / width);
      let best = -1, least = reach * reach;
      const look = (a, b) => {
        if (a < 0 || b < 0 || a >= side || b >= side) return;
        const c = (b << bits) | a;
        for (let at = start[c]; at < start[c + 1]; at++) {
          const k = order[at], far = (x[k] - u) ** 2 + (y[k] - v) ** 2;
          if (far <= least && may(k)) [best, least] = [k, far];
        }
      };
      const last = Math.ceil(reach / width);
      for (let r = 0; r <= last; r++) {
        const gap = (r - 1) * width; // no point of the ring is nearer
        if (gap > 0 && gap * gap > least) break;
        for (let a = i - r; a <= i + r; a++) {
          look(a, j - r);
          if (r) look(a, j + r);
        }
        for (let b = j - r + 1; b < j + r; b++) {
          look(i - r, b);
          look(i + r, b);
        }
      }
      return best;
    },
  };
};
