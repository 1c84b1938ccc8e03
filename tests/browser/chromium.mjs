// What the browser tests of charts and those of JupyterLab share: the browser, with the network cut, and what a page is asked.
import { createRequire } from 'node:module';

// Starts headless Chromium. job has the folder of playwright-core as playwright and the executable as chromium. No name is resolved, and no
// address reached, but those of hosts.
export function launch(job, hosts = []) {
  const { chromium } = createRequire(import.meta.url)(job.playwright);
  return chromium.launch({
    executablePath: job.chromium,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=' + ['MAP * ~NOTFOUND', ...hosts.map((h) => 'EXCLUDE ' + h)].join(','),
    ],
  });
}

// What the page is asked, as functions that run in it.
export const ask = {
  // The state of every chart, and how many pixels of its canvas have a colour: neither white nor the greys of text and frame.
  charts: () => [...document.querySelectorAll('[data-flatland]')].map((host) => {
    const image = host.querySelector('img');
    let ink = 0;
    for (const canvas of host.querySelectorAll('.flatland-live canvas')) {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.subarray(i, i + 4);
        if (a > 0 && Math.max(r, g, b) - Math.min(r, g, b) > 24) ink++;
      }
    }
    return {
      kind: host.dataset.flatland, state: host.dataset.flatlandState ?? 'waiting', theme: host.dataset.flatlandTheme ?? '', ink,
      left: host.getBoundingClientRect().x,
      picture: image.complete && image.naturalWidth > 0 && getComputedStyle(image).visibility === 'visible',
    };
  }),
  // Places of a chart's frames where something is drawn, colours before grey, in the window, in an order that jumps about.
  inked: ([at, n]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { panels } = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
    const box = host.getBoundingClientRect();
    const colored = [], gray = [];
    for (const canvas of host.querySelectorAll('.flatland-live canvas[data-zr-dom-id]')) {
      const ratio = canvas.width / canvas.clientWidth;
      const pen = canvas.getContext('2d');
      for (const { frame: f } of panels) {
        const [w, h] = [f.W, f.H].map((side) => Math.floor(side * ratio));
        const { data } = pen.getImageData(f.X * ratio, f.Y * ratio, w, h);
        for (let y = 2; y < h - 2; y += 2) {
          for (let x = 2; x < w - 2; x += 2) {
            const [r, g, b, a] = data.subarray(4 * (y * w + x), 4 * (y * w + x) + 4);
            const place = { x: box.x + f.X + x / ratio, y: box.y + f.Y + y / ratio };
            if (a > 0 && Math.max(r, g, b) - Math.min(r, g, b) > 24) colored.push(place);
            else if (a > 0 && r < 128) gray.push(place);
          }
        }
      }
    }
    const places = colored.length ? colored : gray;
    return places.length ? Array.from({ length: n }, (_, i) => places[Math.floor(((i * 0.618034 + 0.31) % 1) * places.length)]) : [];
  },
  // Of each panel of a chart: how many rows are selected, which is under the pointer, its coloured pixels, and a number that changes with its look.
  panels: (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    const { panels } = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
    return panels.map(({ frame: f }, i) => {
      let ink = 0, look = 0;
      for (const canvas of host.querySelectorAll('.flatland-live canvas[data-zr-dom-id]')) {
        const ratio = canvas.width / canvas.clientWidth;
        const { data } = canvas.getContext('2d').getImageData(f.X * ratio, f.Y * ratio, f.W * ratio, f.H * ratio);
        for (let k = 0; k < data.length; k += 4) {
          const [r, g, b] = data.subarray(k, k + 3);
          if (Math.max(r, g, b) - Math.min(r, g, b) > 24) ink++;
          look = (Math.imul(look, 31) + r + g + b) | 0;
        }
      }
      const { rows, hovered } = globalThis.flatland.stages.get(host)[i].selection;
      return { selected: rows.size, hovered, ink, look };
    });
  },
  settled: () => [...document.querySelectorAll('[data-flatland]')].every((h) => ['drawn', 'failed'].includes(h.dataset.flatlandState)),
  // Where the chart's j-th point of the i-th series is in the window; where the chart has a layer, of the i-th group of its first.
  point: ([at, series, j]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = host.getBoundingClientRect();
    const layered = globalThis.flatland.stages.get(host).find((s) => s.layered?.layer().point);
    if (layered) {
      const p = layered.layered.layer().point(series, j);
      return { ...p, x: box.x + p.x, y: box.y + p.y };
    }
    const chart = globalThis.flatland.charts.get(host);
    const data = chart.getModel().getSeriesByIndex(series).getData();
    const [x, y] = chart.convertToPixel({ seriesIndex: series }, [data.get('x', j), data.get('y', j)]);
    return { x: box.x + x, y: box.y + y, row: data.get('k', j) };
  },
  // Where the text is in the window.
  text: ([at, text]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    for (const e of globalThis.flatland.charts.get(host).getZr().storage.getDisplayList()) {
      if (e.style?.text !== text) continue;
      const r = e.getBoundingRect().clone();
      r.applyTransform(e.getComputedTransform?.() ?? e.transform);
      const box = host.getBoundingClientRect();
      return { x: box.x + r.x + r.width / 2, y: box.y + r.y + r.height / 2 };
    }
    return null;
  },
  // The button of an entry of the legend, or of the first, in the window, and its name.
  entry: ([at, name]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const entries = [...host.querySelectorAll('[data-entry]')];
    const e = name === undefined ? entries[0] : entries.find((b) => b.ariaLabel === name);
    if (!e) return null;
    const { x, y, width, height } = e.getBoundingClientRect();
    return { name: e.ariaLabel, x: x + width / 2, y: y + height / 2 };
  },
  // What the tooltip says, and how many of its thumbnail's pixels are not transparent.
  tooltip: (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    const tip = host.querySelector('.flatland-tip');
    if (!tip || getComputedStyle(tip).visibility === 'hidden') return { text: '', shades: 0 };
    const thumbnail = tip.querySelector('canvas');
    const values = new Set();
    if (thumbnail) {
      const { data } = thumbnail.getContext('2d').getImageData(0, 0, thumbnail.width, thumbnail.height);
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) values.add(data[i]);
    }
    return { text: tip.innerText, shades: values.size };
  },
  // Where a place of the chart is in the window.
  place: ([at, x, y]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = host.getBoundingClientRect();
    return { x: box.x + x, y: box.y + y };
  },
  // How many series, or groups of layers, are shown.
  // The middle of a panel that draws by itself, in the window.
  middle: ([at, panel]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = globalThis.flatland.stages.get(host)[panel].layered.pad.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  },
  // Where the first points of all panels that draw by themselves are, and how much colour the chart has.
  seen: async (page, at) => ({
    text: await page.evaluate((at) => globalThis.flatland.stages.get(document.querySelectorAll('[data-flatland]')[at])
      .map((s) => s.layered.layer().point(0, 0)).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '), at),
    ink: (await page.evaluate(ask.charts))[at].ink,
  }),
  shown: (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    const groups = globalThis.flatland.stages.get(host).flatMap((s) => (s.layered?.layer().groups ?? []).filter((name) => s.shown(name)));
    return groups.length + globalThis.flatland.charts.get(host).getModel().getCurrentSeriesIndices().length;
  },
};

// Moves the pointer over a chart from place to place until that says what is looked for: any words, if that is empty. Gives what it said last.
export async function probe(page, at, says) {
  let last = '';
  for (const p of await page.evaluate(ask.inked, [at, 60])) {
    await page.mouse.move(p.x - 3, p.y - 2);
    await page.mouse.move(p.x, p.y);
    await page.waitForTimeout(40);
    const { text } = await page.evaluate(ask.tooltip, at);
    if (text && text.includes(says)) return text;
    last = text || last;
  }
  return last;
}
