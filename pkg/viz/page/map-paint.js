// How a map's points are painted. Few are markers, each a copy of its class's; of many, each pixel counts what lies on it, and takes the mean
// of the colours, the more opaque the more points there are: crowd.go says the same of the static picture.
const mostMarkers = 20000;

// A point is {x, y, ink, under?, faded?}; see: k, a, b of the view; palette: [[r, g, b]].
const markers = () => {
  let cache = new Map(), about = '';
  const marker = (color, symbol, size, rim, paper, ratio) => {
    const half = Math.ceil(size * 0.7 + 1), canvas = element('canvas', '');
    canvas.width = canvas.height = Math.ceil(2 * half * ratio);
    const pen = canvas.getContext('2d');
    pen.scale(ratio, ratio);
    pen.translate(half, half);
    const path = new Path2D();
    if (symbol.startsWith('path://')) path.addPath(new Path2D(symbol.slice(7)), new DOMMatrix().scale(size / 200));
    else path.arc(0, 0, size / 2, 0, 7);
    pen.fillStyle = color;
    pen.fill(path);
    if (rim > 0) Object.assign(pen, { strokeStyle: paper, lineWidth: rim }).stroke(path);
    return { canvas, half: half * ratio };
  };
  return {
    // Paints the points of a list, in its order.
    paint: (pen, list, { x, y, scale, left, top, ink, palette, symbols, size, rim, paper, ratio, color }) => {
      const now = [size, rim, paper, ratio].join();
      if (now !== about || cache.size > 2000) [cache, about] = [new Map(), now];
      pen.save();
      pen.setTransform(1, 0, 0, 1, 0, 0);
      for (const k of list) {
        const i = ink[k], key = color ? `${color} ${symbols[i] ?? symbols[0]}` : i + palette.key;
        let m = cache.get(key);
        if (!m) cache.set(key, (m = marker(color ?? `rgb(${palette[i]})`, symbols[i] ?? symbols[0], size, rim, paper, ratio)));
        pen.drawImage(m.canvas, Math.round(x[k] * scale + left - m.half), Math.round(y[k] * scale + top - m.half));
      }
      pen.restore();
    },
  };
};

// The share of each pixel that a disc about the middle of one covers.
const disc = (size) => {
  const r = size / 2, reach = Math.max(0, Math.ceil(r - 0.5)), w = 2 * reach + 1, fine = 8;
  const share = new Float32Array(w * w);
  for (let i = 0; i < w * fine; i++) {
    for (let j = 0; j < w * fine; j++) {
      const dx = (j + 0.5) / fine - w / 2, dy = (i + 0.5) / fine - w / 2;
      if (dx * dx + dy * dy <= r * r) share[Math.floor(i / fine) * w + Math.floor(j / fine)] += 1 / (fine * fine);
    }
  }
  return { share, reach, w };
};

// Sums over the given width along lines of pixels, of all four channels, in place.
const boxed = (sum, count, stride, lines, across, width) => {
  const reach = (width - 1) / 2, whole = Math.floor(reach), part = reach - whole, pad = whole + 1;
  const line = new Float32Array(4 * (count + 2 * pad));
  for (let l = 0; l < lines; l++) {
    const base = l * across;
    let any = 0;
    for (let i = 0, at = base, to = 4 * pad; i < count; i++, at += stride, to += 4) {
      line[to] = sum[at];
      line[to + 1] = sum[at + 1];
      line[to + 2] = sum[at + 2];
      any += line[to + 3] = sum[at + 3];
    }
    if (!any) continue;
    let r = 0, g = 0, b = 0, n = 0; // of the pixels that are wholly in reach
    for (let i = 1; i <= 2 * whole; i++) {
      r += line[4 * i];
      g += line[4 * i + 1];
      b += line[4 * i + 2];
      n += line[4 * i + 3];
    }
    for (let i = 0, at = base; i < count; i++, at += stride) {
      const first = 4 * i, last = 4 * (i + 2 * pad), next = last - 4;
      r += line[next];
      g += line[next + 1];
      b += line[next + 2];
      n += line[next + 3];
      sum[at] = r + part * (line[first] + line[last]);
      sum[at + 1] = g + part * (line[first + 1] + line[last + 1]);
      sum[at + 2] = b + part * (line[first + 2] + line[last + 2]);
      sum[at + 3] = Math.max(0, n + part * (line[first + 3] + line[last + 3]));
      r -= line[first + 4];
      g -= line[first + 5];
      b -= line[first + 6];
      n -= line[first + 7];
    }
  }
};

const crowd = () => {
  let sum = new Float32Array(0), spare = new Float32Array(0), logs = new Float64Array(0);
  // Adds up the points for which may holds: of each pixel, red, green, blue and the number of points.
  const add = (w, h, { n, x, y, scale, left, top, ink, palette, size }, may) => {
    if (sum.length !== 4 * w * h) [sum, spare] = [new Float32Array(4 * w * h), new Float32Array(4 * w * h)];
    else sum.fill(0);
    const shades = Float32Array.from(palette.flat());
    let seen = 0;
    for (let k = 0; k < n; k++) {
      const u = x[k] * scale + left, v = y[k] * scale + top;
      if (!(u >= 0 && v >= 0 && u < w && v < h) || (may && !may(k))) continue;
      const at = 4 * ((v | 0) * w + (u | 0)), c = 3 * ink[k];
      sum[at] += shades[c];
      sum[at + 1] += shades[c + 1];
      sum[at + 2] += shades[c + 2];
      sum[at + 3]++;
      seen++;
    }
    if (seen === 0 || size <= 1) return;
    const { share, reach, w: wide } = disc(size);
    if (Math.min(seen, w * h) * wide * wide > 1.2e6) { // a square for a disc, of its area
      const width = size * Math.sqrt(Math.PI) / 2;
      boxed(sum, w, 4, h, 4 * w, width);
      boxed(sum, h, 4 * w, w, 4, width);
      return;
    }
    const from = sum;
    [sum, spare] = [spare, sum];
    sum.fill(0);
    for (let j = 0, at = 0; j < h; j++) {
      for (let i = 0; i < w; i++, at += 4) {
        const count = from[at + 3];
        if (count === 0) continue;
        const left_ = Math.max(0, i - reach), right = Math.min(w - 1, i + reach);
        for (let b = Math.max(0, j - reach), below = Math.min(h - 1, j + reach); b <= below; b++) {
          let to = 4 * (b * w + left_), s = (b - j + reach) * wide + left_ - i + reach;
          for (let a = left_; a <= right; a++, to += 4, s++) {
            const part = share[s];
            sum[to] += part * from[at];
            sum[to + 1] += part * from[at + 1];
            sum[to + 2] += part * from[at + 2];
            sum[to + 3] += part * count;
          }
        }
      }
    }
  };
  // The logarithm of one and each number of points, which is looked at twice.
  const measure = (pixels) => {
    if (logs.length !== pixels) logs = new Float64Array(pixels);
    const few = Array.from({ length: 64 }, (_, i) => Math.log1p(i));
    for (let i = 0, at = 3; i < pixels; i++, at += 4) {
      const c = sum[at];
      logs[i] = c < 64 && c === (c | 0) ? few[c] : Math.log1p(c);
    }
  };
  // The logarithm of what only a hundredth of the pixels with points exceeds.
  const crowded = (pixels) => {
    const counts = new Uint32Array(256), step = Math.LN2 / 8, half = Math.log1p(0.5);
    let all = 0;
    for (let i = 0; i < pixels; i++) {
      if (logs[i] < half) continue;
      counts[Math.min(255, (logs[i] / step) | 0)]++;
      all++;
    }
    let b = 255;
    for (let over = 0; b > 0; b--) {
      over += counts[b];
      if (over > all / 100) break;
    }
    return Math.max(Math.LN2, (b + 1) * step);
  };
  // Blends what was added over the pixels of an image.
  const blend = (data, pixels, strength) => {
    measure(pixels);
    const most = crowded(pixels), least = 1 / (1 + 0.3 * Math.log2(Math.expm1(most))), per = (1 - least) / most;
    for (let p = 0, i = 0; p < pixels; p++, i += 4) {
      const count = sum[i + 3];
      if (count < 0.02) continue;
      const alpha = strength * Math.min(1, count) * Math.min(1, least + per * logs[p]);
      const under = (data[i + 3] / 255) * (1 - alpha), all = alpha + under, a = alpha / all / count, b = under / all;
      data[i] = a * sum[i] + b * data[i];
      data[i + 1] = a * sum[i + 1] + b * data[i + 1];
      data[i + 2] = a * sum[i + 2] + b * data[i + 2];
      data[i + 3] = 255 * all;
    }
  };
  return { add, blend };
};
