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

// Sums over a row or column of pixels of the given width, in place, of all channels.
const boxed = (sum, count, stride, lines, across, width) => {
  const reach = (width - 1) / 2, whole = Math.floor(reach), part = reach - whole, line = new Float32Array(4 * (count + 2 * whole + 2));
  for (let l = 0; l < lines; l++) {
    const base = l * across, pad = 4 * (whole + 1);
    for (let i = 0; i < count; i++) {
      const at = base + i * stride;
      for (let c = 0; c < 4; c++) line[pad + 4 * i + c] = sum[at + c];
    }
    for (let c = 0; c < 4; c++) {
      let inner = 0;
      for (let i = 0; i < whole; i++) inner += line[pad + 4 * i + c];
      for (let i = 0; i < count; i++) {
        const here = pad + 4 * i + c;
        if (i + whole < count) inner += line[here + 4 * whole];
        if (i > whole) inner -= line[here - 4 * (whole + 1)];
        sum[base + i * stride + c] = inner + part * (line[here - 4 * (whole + 1)] + (line[here + 4 * (whole + 1)] || 0));
      }
    }
  }
};

const crowd = () => {
  let sum = new Float32Array(0);
  // Adds up the points for which may holds: of each pixel, red, green, blue and the number of points.
  const add = (w, h, { n, x, y, scale, left, top, ink, palette, size }, may) => {
    if (sum.length !== 4 * w * h) sum = new Float32Array(4 * w * h);
    else sum.fill(0);
    const red = palette.map((c) => c[0]), green = palette.map((c) => c[1]), blue = palette.map((c) => c[2]);
    let seen = 0;
    for (let k = 0; k < n; k++) {
      const i = Math.floor(x[k] * scale + left), j = Math.floor(y[k] * scale + top);
      if (i < 0 || j < 0 || i >= w || j >= h || !may(k)) continue;
      const at = 4 * (j * w + i), c = ink[k];
      sum[at] += red[c];
      sum[at + 1] += green[c];
      sum[at + 2] += blue[c];
      sum[at + 3]++;
      seen++;
    }
    if (seen === 0 || size <= 1) return;
    if (seen * size * size > 1.5 * w * h) { // a square for a disc, of its area
      const width = size * Math.sqrt(Math.PI) / 2;
      boxed(sum, w, 4, h, 4 * w, width);
      boxed(sum, h, 4 * w, w, 4, width);
      return;
    }
    const { share, reach, w: wide } = disc(size), from = sum;
    sum = new Float32Array(4 * w * h);
    for (let j = 0; j < h; j++) {
      for (let i = 0; i < w; i++) {
        const at = 4 * (j * w + i), count = from[at + 3];
        if (!count) continue;
        for (let b = Math.max(0, j - reach); b <= Math.min(h - 1, j + reach); b++) {
          for (let a = Math.max(0, i - reach); a <= Math.min(w - 1, i + reach); a++) {
            const s = share[(b - j + reach) * wide + a - i + reach], to = 4 * (b * w + a);
            if (!s) continue;
            sum[to] += s * from[at];
            sum[to + 1] += s * from[at + 1];
            sum[to + 2] += s * from[at + 2];
            sum[to + 3] += s * count;
          }
        }
      }
    }
  };
  // The number of points that only a hundredth of the pixels with points exceeds.
  const crowded = (pixels) => {
    const counts = new Uint32Array(256);
    let all = 0;
    for (let i = 3; i < 4 * pixels; i += 4) {
      if (sum[i] < 0.5) continue;
      counts[Math.min(255, Math.floor(8 * Math.log2(1 + sum[i])))]++;
      all++;
    }
    let b = 255;
    for (let over = 0; b > 0; b--) {
      over += counts[b];
      if (over > all / 100) break;
    }
    return Math.max(1, 2 ** ((b + 1) / 8) - 1);
  };
  // Blends what was added over the pixels of an image.
  const blend = (data, pixels, strength) => {
    const most = crowded(pixels), least = 1 / (1 + 0.3 * Math.log2(most)), per = 1 / Math.log(1 + most);
    for (let i = 0; i < 4 * pixels; i += 4) {
      const count = sum[i + 3];
      if (count < 0.02) continue;
      const more = Math.min(1, Math.log(1 + count) * per);
      const alpha = strength * Math.min(1, count) * (least + (1 - least) * more), under = (data[i + 3] / 255) * (1 - alpha), all = alpha + under;
      for (let c = 0; c < 3; c++) data[i + c] = (alpha * (sum[i + c] / count) + under * data[i + c]) / all;
      data[i + 3] = 255 * all;
    }
  };
  return { add, blend };
};
