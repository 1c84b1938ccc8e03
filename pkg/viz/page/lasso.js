// A line drawn around points with the pointer, and what comes of it: a list of rows that the next cell of the notebook can use.
const lassoOn = (pad, w, h) => {
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg'), path = document.createElementNS(name, 'path');
  svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
  svg.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;overflow:hidden';
  svg.append(path);
  pad.append(svg);
  let line = null;
  return {
    drawing: () => line !== null,
    down: ({ x, y }, look) => {
      line = [[x, y]];
      for (const [k, v] of Object.entries({ fill: look.ink, 'fill-opacity': 0.07, stroke: look.ink, 'stroke-width': 1.2, 'stroke-dasharray': '4 3' })) path.setAttribute(k, v);
    },
    move: ({ x, y }) => {
      line.push([x, y]);
      path.setAttribute('d', `M${line.map((p) => p.map((v) => v.toFixed(1)).join()).join('L')}Z`);
    },
    // Whether a place of the frame lies inside the line, which is then gone; null when it was no more than a click.
    up: () => {
      const around = line;
      line = null;
      path.removeAttribute('d');
      if (around.length < 3) return null;
      const fine = 2, canvas = element('canvas', ''), wide = Math.ceil(w * fine);
      Object.assign(canvas, { width: wide, height: Math.ceil(h * fine) });
      const pen = canvas.getContext('2d', { willReadFrequently: true });
      pen.scale(fine, fine);
      pen.beginPath();
      around.forEach(([x, y]) => pen.lineTo(x, y));
      pen.fill('evenodd');
      const { data } = pen.getImageData(0, 0, wide, canvas.height);
      return (x, y) => x >= 0 && y >= 0 && x < w && y < h && data[4 * (Math.floor(y * fine) * wide + Math.floor(x * fine)) + 3] > 127;
    },
  };
};
const goSlice = (rows) => `[]int{${rows.join(', ')}}`;
