// Pixels on which opaque marks are laid one over the other, as pixels.go does it: faster than a canvas where they are many, and the same
// everywhere. Colours are 0xRRGGBB.
const masksPer = 4, maskSamples = 4;
const inPolygon = (corners, x, y) => {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [bx, by] = corners[i], [ax, ay] = corners[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
};
// The corners of a marker of radius 1, from its path; a circle has none.
const cornersOf = (symbol) => (symbol.startsWith('path://') ? symbol.slice(8, -1).split('L').map((p) => p.split(',').map((v) => v / 100)) : null);
// How much of the pixels around it a marker covers, of 255, all of it and what its rim leaves: a list of the pixels that it touches.
const maskOf = (corners, radius, rim, sx, sy, w) => {
  const covers = corners ? (x, y) => inPolygon(corners, x, y) : (x, y) => x * x + y * y <= 1;
  const side = Math.ceil(1.3 * (radius + rim)) + 1, all = maskSamples * maskSamples;
  const at = [], outer = [], inner = [];
  for (let v = -side; v <= side; v++) {
    for (let u = -side; u <= side; u++) {
      let o = 0, n = 0;
      for (let k = 0; k < all; k++) {
        const x = u + ((k % maskSamples) + 0.5) / maskSamples - 0.5 - sx, y = v + (Math.floor(k / maskSamples) + 0.5) / maskSamples - 0.5 - sy;
        if (covers(x / (radius + rim), y / (radius + rim))) o++;
        if (radius > rim && covers(x / (radius - rim), y / (radius - rim))) n++;
      }
      if (!o) continue;
      at.push(u, v);
      outer.push((o * 255) / all);
      inner.push((n * 255) / all);
    }
  }
  const off = Int32Array.from(outer, (_, i) => at[2 * i + 1] * w + at[2 * i]);
  return { side, at: Int16Array.from(at), off, outer: Uint8Array.from(outer), inner: Uint8Array.from(inner) };
};
// A colour over the given share of another, of 255, both as words; red and blue at once.
const mixed = (was, is, share) => {
  const a = share + (share >> 7), rest = 256 - a;
  const rb = ((Math.imul(was & 0xff00ff, rest) + Math.imul(is & 0xff00ff, a)) >>> 8) & 0xff00ff;
  const g = ((Math.imul(was & 0xff00, rest) + Math.imul(is & 0xff00, a)) >>> 8) & 0xff00;
  return (0xff000000 | rb | g) >>> 0;
};
const wordOf = (c) => (0xff000000 | ((c & 255) << 16) | (c & 0xff00) | (c >> 16)) >>> 0; // as bytes R, G, B, A
const plateOf = (w, h) => {
  const image = new ImageData(w, h), words = new Uint32Array(image.data.buffer);
  const masks = new Map();
  const nearest = new Float32Array(w * h); // how near what is seen is, or −1
  const blend = (at, color, share, near) => {
    if (share > 100) nearest[at] = near;
    words[at] = mixed(words[at], color, share);
  };
  return {
    image, w, h,
    clear: (paper) => {
      words.fill(wordOf(paper));
      nearest.fill(-1);
    },
    stamp: (shape, corners, x, y, diameter, rim, color, paper, near) => {
      const px = Math.floor(x), py = Math.floor(y), steps = (v) => Math.floor(v * masksPer + 0.5);
      const radius = Math.max(1, steps(diameter / 2)), edge = steps(rim), sx = steps(x - px - 0.5), sy = steps(y - py - 0.5);
      const key = (((shape * 256 + Math.min(255, radius)) * 32 + edge) * 8 + sx + 2) * 8 + sy + 2;
      let m = masks.get(key);
      if (!m) masks.set(key, (m = maskOf(corners, radius / masksPer, edge / masksPer / 2, sx / masksPer, sy / masksPer, w)));
      const { side, at, off, outer, inner } = m, fill = wordOf(color), ground = wordOf(paper), from = py * w + px;
      const whole = px >= side && py >= side && px + side < w && py + side < h;
      for (let i = 0; i < off.length; i++) {
        if (!whole) {
          const u = px + at[2 * i], v = py + at[2 * i + 1];
          if (u < 0 || v < 0 || u >= w || v >= h) continue;
        }
        const pixel = from + off[i], all = edge ? inner[i] : outer[i];
        if (outer[i] > 100) nearest[pixel] = near;
        if (all === 255) words[pixel] = fill;
        else words[pixel] = mixed(edge ? mixed(words[pixel], ground, outer[i]) : words[pixel], fill, all);
      }
    },
    // A gap is a line of paper, without ends, over what is well behind it.
    stroke: (ax, ay, bx, by, width, gap, color, near) => {
      let full = 255;
      if (width < 1) [full, width] = [255 * width, 1];
      const ink = wordOf(color), dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy, reach = width / 2 + 1, edge = width / 2 + 0.5, steep = Math.abs(dy) > Math.abs(dx);
      const a0 = steep ? ay : ax, a1 = steep ? by : bx, c0 = steep ? ax : ay, c1 = steep ? bx : by;
      const low = Math.min(a0, a1), high = Math.max(a0, a1), slope = a1 === a0 ? 0 : (c1 - c0) / (a1 - a0), half = reach * Math.sqrt(1 + slope * slope);
      for (let u = Math.max(0, Math.floor(low - reach)), end = Math.min((steep ? h : w) - 1, Math.ceil(high + reach)); u <= end; u++) {
        const middle = c0 + slope * (Math.min(high, Math.max(low, u + 0.5)) - a0);
        for (let v = Math.max(0, Math.floor(middle - half)), to = Math.min((steep ? w : h) - 1, Math.ceil(middle + half)); v <= to; v++) {
          const x = (steep ? v : u) + 0.5, y = (steep ? u : v) + 0.5;
          let t = square > 0 ? ((x - ax) * dx + (y - ay) * dy) / square : 0;
          if (gap && (t < 0 || t > 1)) continue;
          const at = steep ? u * w + v : v * w + u;
          if (gap && !(nearest[at] >= 0 && nearest[at] <= near - 0.03)) continue;
          t = Math.min(1, Math.max(0, t));
          const ex = ax + t * dx - x, ey = ay + t * dy - y;
          const off = ex * ex + ey * ey;
          if (off >= edge * edge) continue;
          const share = Math.floor(full * Math.min(1, edge - Math.sqrt(off)));
          if (share > 0) blend(at, ink, share, near);
        }
      }
    },
    fill: (corners, color, near) => {
      const xs = corners.map((p) => p[0]), ys = corners.map((p) => p[1]);
      for (let y = Math.max(0, Math.floor(Math.min(...ys))), to = Math.min(h - 1, Math.floor(Math.max(...ys))); y <= to; y++) {
        for (let x = Math.max(0, Math.floor(Math.min(...xs))), end = Math.min(w - 1, Math.floor(Math.max(...xs))); x <= end; x++) {
          let share = 0;
          for (let k = 0; k < maskSamples * maskSamples; k++) if (inPolygon(corners, x + ((k % maskSamples) + 0.5) / maskSamples, y + (Math.floor(k / maskSamples) + 0.5) / maskSamples)) share++;
          if (share) blend(y * w + x, wordOf(color), ((share * 255) / maskSamples / maskSamples) | 0, near);
        }
      }
    },
    // Squares of pixels, of which the nearest is seen: colors of each hue and step of depth, hue 255 for points that are not shown.
    dots: (x, y, near, hue, colors, steps, sideOf, ratio) => {
      const z = nearest, n = x.length, table = colors.map(wordOf), sides = Array.from({ length: 256 }, (_, i) => sideOf(i / 255));
      for (let i = 0; i < n; i++) {
        const g = hue[i];
        if (g === 255) continue;
        const d = near[i] < 0 ? 0 : near[i] > 1 ? 1 : near[i], side = sides[(d * 255) | 0];
        const left = Math.floor(x[i] * ratio - (side - 1) / 2), top = Math.floor(y[i] * ratio - (side - 1) / 2);
        if (left < 0 || top < 0 || left + side > w || top + side > h) continue;
        const step = (d * steps) | 0, c = table[g * steps + (step < steps ? step : steps - 1)];
        for (let v = 0, row = top * w + left; v < side; v++, row += w) {
          for (let k = row; k < row + side; k++) {
            if (d > z[k]) {
              z[k] = d;
              words[k] = c;
            }
          }
        }
      }
    },
  };
};
