// A layer is what a panel draws by itself, because it is too much for ECharts: a canvas that the chart shows as an image, so that pictures of
// the chart hold it, and an element over it that takes the pointer, the wheel and the keys. It calls the layer's
//   paint(pen, {w, h, ratio, look, shown})   in pixels of the frame, of which each is ratio × ratio of the canvas
//   down, move, up (p)                       p = {x, y, dx, dy, far, event}; move only while a button is held; far: how far it went since down
//   wheel(p), key(event)                     true when they have done something: the page then does nothing of its own
//   leave(), reset()
//   point(group, k)                          where the k-th mark of a group is, and its row: {x, y, row}
const layerIn = (chart, box, { X, Y, W, H }) => {
  const { echarts } = flatland.modules;
  const canvas = element('canvas', '');
  const image = new echarts.graphic.Image({ silent: true, z: 3, style: { image: canvas, x: X, y: Y, width: W, height: H } });
  const pad = element('div', `position:absolute;left:${X}px;top:${Y}px;width:${W}px;height:${H}px;outline:none;touch-action:none;cursor:default`);
  pad.tabIndex = 0;
  pad.dataset.lmSuppressShortcuts = 'true'; // a notebook's own keys, of JupyterLab
  pad.setAttribute('role', 'application');
  box.append(pad);
  chart.getZr().add(image);
  let layer = {}, asked = 0, last = null, begun = null;
  const place = (event) => {
    const r = pad.getBoundingClientRect();
    const x = ((event.clientX - r.x) * W) / r.width, y = ((event.clientY - r.y) * H) / r.height;
    if (begun) begun.far = Math.max(begun.far, Math.hypot(x - begun.x, y - begun.y));
    const p = { x, y, dx: x - (last?.x ?? x), dy: y - (last?.y ?? y), far: begun?.far ?? 0, event };
    last = { x, y };
    return p;
  };
  const at = {
    pad, canvas,
    held: () => begun !== null,
    layer: () => layer,
    draw: (look, shown, ratio = globalThis.devicePixelRatio || 1) => {
      const w = Math.round(W * ratio), h = Math.round(H * ratio);
      if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
      const pen = canvas.getContext('2d');
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, w, h);
      pen.setTransform(w / W, 0, 0, h / H, 0, 0);
      layer.paint(pen, { w: W, h: H, ratio, look, shown });
      image.dirty();
    },
    // Once before the next frame, however often it is asked.
    repaint: (draw) => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(draw);
    },
    become: (next, look, title) => {
      layer = next;
      pad.setAttribute('aria-label', title);
      pad.onfocus = () => (pad.style.boxShadow = pad.matches(':focus-visible') ? `0 0 0 2px ${look.faint}` : '');
    },
  };
  pad.onblur = () => (pad.style.boxShadow = '');
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    last = null;
    const p = place(event);
    begun = { ...last, far: 0 };
    pad.setPointerCapture(event.pointerId);
    layer.down?.(p);
  });
  // JupyterLab would select cells, and leave the focus to the notebook.
  pad.addEventListener('mousedown', (event) => event.shiftKey && event.stopPropagation());
  pad.addEventListener('pointermove', (event) => {
    if (begun) layer.move?.(place(event));
  });
  const end = (event) => {
    if (!begun) return;
    const p = place(event);
    begun = null;
    layer.up?.(p);
  };
  pad.addEventListener('pointerup', end);
  pad.addEventListener('pointercancel', end);
  pad.addEventListener('pointerleave', () => begun ?? layer.leave?.());
  pad.addEventListener('wheel', (event) => {
    last = null;
    if (layer.wheel?.(place(event))) event.preventDefault();
  }, { passive: false });
  pad.addEventListener('dblclick', () => layer.reset?.());
  pad.addEventListener('keydown', (event) => {
    if (layer.key?.(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
  return at;
};
