// Opens pages of one chart each in headless Chromium, with the network cut, and uses every chart in all the ways that charts have in common.
//
// usage: node kinds.mjs job.json, which prints what it saw as JSON. The job:
//   playwright, chromium  as chromium.mjs wants them
//   patience              milliseconds to wait for a chart
//   pages                 [{url, says, portrait}]: the page, what the chart says of some place, and where its pictures go
import { readFileSync } from 'node:fs';
import { ask, launch } from './chromium.mjs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const browser = await launch(job);
const page = await (await browser.newContext({ viewport: { width: 1000, height: 1400 } })).newPage();
const seen = { kinds: [], requests: [], errors: [] };
page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
page.on('pageerror', (error) => seen.errors.push(String(error)));
await page.route(/^(https?|wss?):/, (route) => {
  seen.requests.push(route.request().url());
  return route.abort();
});

// Places of the chart's frames where something is drawn, colours before grey, in an order that jumps about.
const inked = (n) => {
  const host = document.querySelector('[data-flatland]');
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
  return Array.from({ length: n }, (_, i) => places[Math.floor(((i * 0.618034 + 0.31) % 1) * places.length)]);
};
// A number that is another when the chart looks otherwise.
const look = () => {
  let sum = 0;
  for (const canvas of document.querySelectorAll('.flatland-live canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i++) sum = (Math.imul(sum, 31) + data[i]) | 0;
  }
  return sum;
};
const chart = async () => (await page.evaluate(ask.charts))[0];
const frames = () => page.waitForTimeout(150);
const portrait = (path) => page.locator('[data-flatland]').screenshot({ path });

// The pointer goes from place to place until it is told what it looks for: any words, if it looks for none.
async function probe(says) {
  let last = '';
  for (const p of await page.evaluate(inked, 60)) {
    await page.mouse.move(p.x - 3, p.y - 2);
    await page.mouse.move(p.x, p.y);
    await page.waitForTimeout(40);
    const { text } = await page.evaluate(ask.tooltip, 0);
    if (text && text.includes(says)) return text;
    last = text || last;
  }
  return last;
}

// Two clicks on the first entry of the legend, if there is one.
async function legend() {
  const click = async () => {
    const p = await page.evaluate(ask.entry, [0]);
    if (!p) return {};
    await page.mouse.click(p.x, p.y);
    await page.mouse.move(1, 1);
    await frames();
    return { name: p.name, ink: (await chart()).ink };
  };
  const [less, again] = [await click(), await click()];
  return { name: less.name, less: less.ink, again: again.ink };
}

// The first slider, if there is one, goes to its end, and then to its beginning.
async function slide() {
  const slider = page.locator('[data-flatland] input[type="range"]').first();
  if (!(await slider.count())) return { there: false };
  const looks = [];
  for (const key of ['End', 'Home']) {
    await slider.press(key);
    await frames();
    looks.push(await page.evaluate(look));
  }
  return { there: true, differs: looks[0] !== looks[1] };
}

try {
  for (const { url, says, portrait: path } of job.pages) {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(url, { waitUntil: 'load' });
    await page.waitForFunction(ask.settled, null, { timeout: job.patience }).catch(() => {});
    await frames();
    const light = await chart();
    await portrait(`${path}-light.png`);
    const kind = { light, says: await probe(says), legend: await legend(), slider: await slide() };
    await page.mouse.move(1, 1);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.querySelector('[data-flatland]').dataset.flatlandTheme === 'dark', null, { timeout: 3000 }).catch(() => {});
    await frames();
    kind.dark = await chart();
    await portrait(`${path}-dark.png`);
    seen.kinds.push(kind);
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
