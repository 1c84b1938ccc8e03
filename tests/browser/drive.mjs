// Opens a page in headless Chromium, with the network cut, and does what a reader would: look, hover, click.
//
// usage: node drive.mjs job.json, which prints what it saw as JSON. The job:
//   playwright  the folder of playwright-core
//   chromium    the browser's executable
//   page        the URL to open
//   files       {url: path}: requests that are answered with a file; every other request over the network fails and is reported
//   steps       [{do, …}], see below
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { chromium } = createRequire(import.meta.url)(job.playwright);
const browser = await chromium.launch({
  executablePath: job.chromium,
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND',
  ],
});
const page = await (await browser.newContext({ viewport: { width: 1000, height: 1400 } })).newPage();
const seen = { charts: [], steps: [], requests: [], errors: [] };
page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
page.on('pageerror', (error) => seen.errors.push(String(error)));
await page.route(/^(https?|wss?):/, (route) => {
  const url = route.request().url();
  const path = job.files?.[url];
  if (path) return route.fulfill({ path, headers: { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' } });
  seen.requests.push(url);
  return route.abort();
});

// What the page is asked, as functions that run in it.
const ask = {
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
      kind: host.dataset.flatland, state: host.dataset.flatlandState ?? 'waiting', ink,
      picture: image.complete && image.naturalWidth > 0 && getComputedStyle(image).visibility === 'visible',
    };
  }),
  settled: () => [...document.querySelectorAll('[data-flatland]')].every((h) => ['drawn', 'failed'].includes(h.dataset.flatlandState)),
  // Where the chart's j-th point of the i-th series is in the window.
  point: ([at, series, j]) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    const chart = globalThis.flatland.charts.get(host);
    const data = chart.getModel().getSeriesByIndex(series).getData();
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const [x, y] = chart.convertToPixel({ seriesIndex: series }, [data.get('x', j), data.get('y', j)]);
    const box = host.getBoundingClientRect();
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
  first: (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    return globalThis.flatland.charts.get(host).getOption().legend[0].formatter('0');
  },
  // What the tooltip says, and how many of its thumbnail's pixels are not transparent.
  tooltip: (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at];
    for (const e of host.querySelectorAll('.flatland-live > div')) {
      if (e.querySelector('canvas[data-zr-dom-id]') || getComputedStyle(e).visibility === 'hidden' || !e.innerText.trim()) continue;
      const thumbnail = e.querySelector('canvas');
      const values = new Set();
      if (thumbnail) {
        const { data } = thumbnail.getContext('2d').getImageData(0, 0, thumbnail.width, thumbnail.height);
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) values.add(data[i]);
      }
      return { text: e.innerText, shades: values.size };
    }
    return { text: '', shades: 0 };
  },
  shown: (at) => {
    const chart = globalThis.flatland.charts.get(document.querySelectorAll('[data-flatland]')[at]);
    return chart.getModel().getCurrentSeriesIndices().length;
  },
};
const charts = () => page.evaluate(ask.charts);
const frames = () => page.waitForTimeout(250);

const steps = {
  hover: async ({ chart, series, point }) => {
    const p = await page.evaluate(ask.point, [chart, series, point]);
    await page.mouse.move(p.x - 30, p.y - 30);
    await page.mouse.move(p.x, p.y, { steps: 4 });
    await frames();
    return { ...(await page.evaluate(ask.tooltip, chart)), row: p.row };
  },
  // Without a name, the first class.
  legend: async ({ chart, name }) => {
    name ??= await page.evaluate(ask.first, chart);
    const p = await page.evaluate(ask.text, [chart, name]);
    if (!p) return { text: '', shades: 0 };
    await page.mouse.click(p.x, p.y);
    await page.mouse.move(1, 1);
    await frames();
    return { text: name, shades: 0, visible: await page.evaluate(ask.shown, chart), ink: (await charts())[chart].ink };
  },
  wheel: async ({ chart }) => {
    const p = await page.evaluate(ask.point, [chart, 0, 0]);
    await page.mouse.move(p.x, p.y);
    await page.mouse.wheel(0, -600);
    await frames();
    return { ink: (await charts())[chart].ink };
  },
  // A notebook takes a cell's output away and puts it back, or inserts another copy of it as a new output.
  repeat: async ({ chart }) => {
    await page.evaluate((at) => {
      const host = document.querySelectorAll('[data-flatland]')[at];
      const copy = host.cloneNode(true);
      copy.querySelectorAll('.flatland-live').forEach((e) => e.remove());
      delete copy.dataset.flatlandState;
      copy.querySelector('img').style.visibility = '';
      document.body.append(copy);
    }, chart);
    await page.waitForFunction(ask.settled, null, { timeout: 10_000 }).catch(() => {});
    return {};
  },
  modules: async () => ({ text: await page.evaluate(() => Object.keys(globalThis.flatland.modules).join(' ')) }),
  shot: async ({ path }) => (await page.screenshot({ path, fullPage: true }), {}),
};

try {
  await page.goto(job.page, { waitUntil: 'load' });
  await page.waitForFunction(ask.settled, null, { timeout: job.patience }).catch(() => {});
  await frames();
  seen.charts = await charts();
  for (const step of job.steps) seen.steps.push(await steps[step.do](step));
  seen.after = await charts();
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
