// Opens pages of one chart each in headless Chromium, with the network cut, and uses every chart in all the ways that charts have in common.
//
// usage: node kinds.mjs job.json, which prints what it saw as JSON. The job:
//   playwright, chromium  as chromium.mjs wants them
//   patience              milliseconds to wait for a chart
//   pages                 [{url, says, portrait}]: the page, what the chart says of some place, and where its pictures go
import { readFileSync } from 'node:fs';
import { ask, launch, probe } from './chromium.mjs';

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
// Waits until the page has drawn what it was told of: it gathers changes for a frame, and ECharts draws in the next.
const frames = () => page.evaluate(() => new Promise((done) => {
  const next = (n) => requestAnimationFrame(() => (n ? next(n - 1) : done()));
  next(4);
}));
const portrait = (path) => page.locator('[data-flatland]').screenshot({ path });

// Two clicks on the first of the legend's entries, if there are several: it alone, and all again.
async function legend() {
  const click = async () => {
    const p = await page.evaluate(ask.entry, [0]);
    await page.mouse.click(p.x, p.y);
    await page.mouse.move(1, 1);
    await frames();
    return { name: p.name, look: await page.evaluate(look), ink: (await chart()).ink };
  };
  if ((await page.locator('[data-entry]').count()) < 2) return {};
  await page.mouse.move(1, 1);
  await frames();
  const whole = { look: await page.evaluate(look), ink: (await chart()).ink };
  const [less, again] = [await click(), await click()];
  return { name: less.name, differs: less.look !== whole.look, whole: whole.ink, less: less.ink, again: again.ink };
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
    const kind = { light, says: await probe(page, 0, says), legend: await legend(), slider: await slide() };
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
