// Points that move from one map of their rows to the next, by a slider or while they are played: the snapshots of an optimisation, of which
// some are small below, or two maps, with lines from a row's place on the first to its place on the second.
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const zigzag = (v) => (v >>> 1) ^ -(v & 1);

// The places of each state, in 65535ths of the side.
const statesOf = async ({ n, states, bits2: bits }) => {
  const last = new Uint16Array(2 * n), scale = 65535 / (2 ** bits - 1), all = [];
  for (const s of states) {
    planes(await unpacked(s.at), 2 * n).forEach((v, k) => (last[k] += zigzag(v)));
    const at = Float32Array.from(last, (v) => v * scale);
    all.push({ label: s.label, x: at.subarray(0, n), y: at.subarray(n) });
  }
  return all;
};

// A play button, a slider and what they say, in a row below the frame; at(t) is called when the reader goes to state t, which may lie between two.
const playerIcons = { play: 'M5 3.2v9.6L13 8z', pause: 'M5 3.5v9M11 3.5v9' };
const playerStyle = [
  '.flatland-player input{all:unset;box-sizing:border-box;flex:1;min-width:0;height:22px;cursor:pointer;touch-action:none}',
  '.flatland-player input::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:linear-gradient(to right,currentColor var(--at),color-mix(in srgb,currentColor 18%,transparent) var(--at))}',
  '.flatland-player input::-moz-range-track{height:4px;border-radius:2px;background:linear-gradient(to right,currentColor var(--at),color-mix(in srgb,currentColor 18%,transparent) var(--at))}',
  '.flatland-player input::-webkit-slider-thumb{-webkit-appearance:none;width:14px;height:14px;margin-top:-5px;border-radius:50%;background:currentColor}',
  '.flatland-player input::-moz-range-thumb{width:14px;height:14px;border:0;border-radius:50%;background:currentColor}',
  '.flatland-player input:focus-visible{outline:2px solid currentColor;outline-offset:1px;border-radius:4px}',
  '.flatland-player svg{display:block;fill:currentColor;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;pointer-events:none}',
  '.flatland-live button[data-current]{box-shadow:0 0 0 1.5px currentColor}',
].join('');
const playerOf = (box, { X, Y, W, H }, labels, at) => {
  const end = labels.length - 1;
  const bar = element('div', `position:absolute;left:${X}px;top:${Y + H + 4}px;width:${W}px;height:22px;display:flex;align-items:center;gap:8px`);
  bar.className = 'flatland-player';
  const slider = Object.assign(element('input', ''), { type: 'range', min: 0, max: end, step: 'any', value: end });
  slider.setAttribute('aria-label', labels.length > 2 ? 'Snapshot' : 'From the first map to the second');
  const wide = W >= 310, beside = wide ? `position:absolute;left:${W + 10}px;top:3px;width:${box.clientWidth - X - W - 14}px` : 'flex:none;max-width:45%'; // beside the frame, or in a grid in it
  const said = element('div', `${beside};font:12px/16px ${font};white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-variant-numeric:tabular-nums`);
  let t = end, asked = 0, playing = false;
  const play = button('Play', () => (playing ? stop() : start()));
  play.style.cssText = 'position:static;flex:none;width:22px;height:22px;padding:3px';
  bar.append(element('style', '', playerStyle), play, slider, said);
  box.append(bar);
  const show = () => {
    const label = labels[Math.round(t)];
    if (said.textContent !== label) said.textContent = said.title = label;
    slider.setAttribute('aria-valuetext', label);
    slider.style.setProperty('--at', `${(100 * t) / end}%`);
    at(t);
  };
  const icon = () => {
    play.innerHTML = `<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="${playerIcons[playing ? 'pause' : 'play']}"/></svg>`;
    play.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    play.title = playing ? 'Pause' : 'Play';
  };
  const to = (next) => {
    t = Math.min(end, Math.max(0, next));
    slider.value = t;
    show();
  };
  const stop = () => {
    cancelAnimationFrame(asked);
    playing = false;
    icon();
  };
  // Goes to a state in some time, as evenly as it can, or slow at both ends.
  const glide = (goal, time, smooth, done) => {
    cancelAnimationFrame(asked);
    const from = t, began = performance.now();
    const step = (now) => {
      if (!box.isConnected) return;
      const u = Math.min(1, Math.max(0, now - began) / time), v = smooth ? u * u * (3 - 2 * u) : u;
      const next = from + v * (goal - from);
      to(u === 1 ? goal : calm() ? Math.floor(next) : next);
      if (u < 1) asked = requestAnimationFrame(step);
      else done?.();
    };
    asked = requestAnimationFrame(step);
  };
  const start = () => {
    if (t >= end) to(0);
    playing = true;
    icon();
    const whole = calm() ? 400 * end : Math.min(9000, Math.max(1600, 150 * end));
    glide(end, (whole * (end - t)) / end, end === 1, stop);
  };
  const go = (goal) => {
    stop();
    const near = Math.min(end, Math.max(0, goal));
    if (calm()) to(near);
    else glide(near, Math.min(800, 220 + 25 * Math.abs(near - t)), true);
  };
  slider.addEventListener('input', () => {
    stop();
    to(calm() ? Math.round(Number(slider.value)) : Number(slider.value));
  });
  const step = Math.max(1, Math.round(end / 10)), quarter = end === 1 && !calm() ? 0.1 : 1;
  slider.addEventListener('keydown', (event) => {
    const now = t, next = {
      ArrowLeft: Math.ceil(now / quarter - 1e-9) * quarter - quarter, ArrowDown: Math.ceil(now / quarter - 1e-9) * quarter - quarter,
      ArrowRight: Math.floor(now / quarter + 1e-9) * quarter + quarter, ArrowUp: Math.floor(now / quarter + 1e-9) * quarter + quarter,
      PageUp: now + step, PageDown: now - step, Home: 0, End: end,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  });
  icon();
  return { go, end, state: () => t, dress: (look) => Object.assign(said.style, { color: look.ink }), begin: () => to(end) };
};

const movingMap = (panel, { points, states, lines }, stage) => {
  const { data: d, frame: f } = panel, { n } = points, end = states.length - 1;
  Object.assign(states[end], { x: points.x, y: points.y }); // as fine as they are
  const map = scatterMap(panel, points, stage);
  let ways = null, waysKey = '', lit = null, chosen = 0;

  // The small snapshots are painted when what they show has changed.
  const ratio = Math.max(2, Math.ceil(globalThis.devicePixelRatio || 1)), marker = markers();
  const tiles = (d.tiles ?? []).map((tile) => {
    const canvas = element('canvas', '');
    canvas.width = canvas.height = tile.W * ratio;
    const press = button(states[tile.state].label, () => player.go(tile.state));
    press.style.cssText = `position:absolute;left:${tile.X}px;top:${tile.Y}px;width:${tile.W}px;height:${tile.H}px;z-index:3`;
    stage.box.append(press);
    return { ...tile, canvas, press };
  });
  let tilesKey = '';
  const paintTiles = (see, key) => {
    if (key === tilesKey) return;
    tilesKey = key;
    for (const { W, state, canvas } of tiles) {
      const pen = canvas.getContext('2d'), { x, y } = states[state];
      pen.clearRect(0, 0, canvas.width, canvas.height);
      const list = [];
      for (let i = 0; i < n; i++) if (see.may(i)) list.push(i);
      list.sort((p, q) => (Math.imul(p, 0x9e3779b1) >>> 0) - (Math.imul(q, 0x9e3779b1) >>> 0));
      const about = { ...see, x, y, ratio, scale: (W * ratio) / 65535, left: 0, top: 0, size: Math.max(1.5, d.size * Math.sqrt(W / 380)) };
      about.rim = Math.min(0.7, Math.max(0, about.size - 2) / 5);
      if (see.lit) marker.paint(pen, list.filter((k) => !see.lit[k]), { ...about, color: see.pale });
      marker.paint(pen, see.lit ? list.filter((k) => see.lit[k]) : list, about);
    }
  };
  const series = tiles.length
    ? [picture(f, tiles.map((t) => ({ type: 'image', style: { image: t.canvas, x: t.X, y: t.Y, width: t.W, height: t.H } })))] : [];

  map.under = (pen, see) => {
    const { width, height } = pen.canvas;
    if (see.lit !== lit) [lit, chosen] = [see.lit, chosen + 1];
    const about = [width, see.paper, see.palette.key, see.on, chosen].join();
    paintTiles(see, about);
    if (!lines) return;
    const key = [about, see.scale, see.left, see.top].join();
    if (key !== waysKey) {
      waysKey = key;
      ways ??= element('canvas', '');
      Object.assign(ways, { width, height });
      paintWays(ways.getContext('2d'), d.ways, lines, states[0], states[end], see);
    }
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(ways, 0, 0);
    pen.restore();
  };

  const x = new Float32Array(n), y = new Float32Array(n);
  const player = playerOf(stage.box, f, states.map((s) => s.label), (t) => {
    const i = Math.min(end - 1, Math.floor(t)), u = t - i, a = states[i], b = states[i + 1];
    for (let k = 0; k < n; k++) {
      x[k] = a.x[k] + u * (b.x[k] - a.x[k]);
      y[k] = a.y[k] + u * (b.y[k] - a.y[k]);
    }
    map.move(u === 1 && i + 1 === end ? b.x : x, u === 1 && i + 1 === end ? b.y : y);
    tiles.forEach((tile) => tile.press.toggleAttribute('data-current', tile === nearest(t)));
  });
  const nearest = (t) => tiles.reduce((best, tile) => (Math.abs(tile.state - t) < Math.abs(best.state - t) ? tile : best), tiles[0]);
  return {
    dress: (look, unique) => {
      const drawn = map.dress(look, unique);
      if (!series.dressed) player.begin();
      series.dressed = true;
      player.dress(look);
      return { ...drawn, series: [...drawn.series, ...series] };
    },
  };
};

// The points that have a line from their first place to their last, the faintest first.
const linesOf = async ({ points, counts }) => {
  let last = 0;
  const gaps = varints(await unpacked(points), counts.reduce((sum, v) => sum + v, 0));
  return Array.from(gaps, (v) => (last += zigzag(v)));
};
const paintWays = (pen, { counts, shares, width }, lines, from, to, see) => {
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.lineWidth = width * see.ratio;
  const colors = see.palette.map((c) => `#${c.map((v) => v.toString(16).padStart(2, '0')).join('')}`);
  let at = 0;
  counts.forEach((count, degree) => {
    const inks = new Map();
    for (const k of lines.slice(at, (at += count))) {
      if (!see.may(k) || (see.lit && !see.lit[k])) continue;
      if (!inks.has(see.ink[k])) inks.set(see.ink[k], []);
      inks.get(see.ink[k]).push(k);
    }
    inks.forEach((rows, ink) => {
      pen.strokeStyle = mix(see.paper, colors[ink], shares[degree]);
      pen.beginPath();
      for (const k of rows) {
        pen.moveTo(from.x[k] * see.scale + see.left, from.y[k] * see.scale + see.top);
        pen.lineTo(to.x[k] * see.scale + see.left, to.y[k] * see.scale + see.top);
      }
      pen.stroke();
    });
  });
};
const moving = {
  prepare: async ({ data }) => {
    const points = await mapData(data);
    return { points, states: await statesOf(data), lines: data.ways && (await linesOf(data.ways)) };
  },
  plot: (panel, look, prepared, unique, stage) => {
    prepared.moving ??= movingMap(panel, prepared, stage);
    return prepared.moving.dress(look, unique);
  },
};
Object.assign(kinds, { animation: moving, displacement: moving });
