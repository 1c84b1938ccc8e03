// Opens a page in headless Chromium, with the network cut, and does what a reader would: look, hover, click.
//
// usage: node drive.mjs job.json, which prints what it saw as JSON. The job:
//   playwright  the folder of playwright-core
//   chromium    the browser's executable
//   page        the URL to open
//   files       {url: path}: requests that are answered with a file; every other request over the network fails and is reported
//   steps       [{do, …}], see below
//   scripts     false: the page's scripts do not run
//   dark        the reader's system is dark
import { readFileSync } from 'node:fs';
import { ask, launch } from './chromium.mjs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const browser = await launch(job);
const page = await (await browser.newContext({
  viewport: { width: 1000, height: 1400 }, javaScriptEnabled: job.scripts !== false, colorScheme: job.dark ? 'dark' : 'light',
})).newPage();
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

const charts = () => page.evaluate(ask.charts);
const frames = () => page.waitForTimeout(250);

const focused = async (chart) => {
  await frames();
  return { text: await page.evaluate(() => document.activeElement.ariaLabel), visible: await page.evaluate(ask.shown, chart) };
};

const steps = {
  hover: async ({ chart, series, point }) => {
    const p = await page.evaluate(ask.point, [chart, series, point]);
    await page.mouse.move(p.x - 30, p.y - 30);
    await page.mouse.move(p.x, p.y, { steps: 4 });
    await frames();
    return { ...(await page.evaluate(ask.tooltip, chart)), row: p.row };
  },
  // At a place of the chart, in its pixels.
  at: async ({ chart, x, y }) => {
    const p = await page.evaluate(ask.place, [chart, x, y]);
    await page.mouse.move(p.x - 5, p.y - 5);
    await page.mouse.move(p.x, p.y, { steps: 3 });
    await frames();
    return page.evaluate(ask.tooltip, chart);
  },
  // The reader changes the theme: of the notebook, by an attribute of its body, or of the system.
  theme: async ({ attribute, value, dark }) => {
    if (attribute) await page.evaluate(([name, to]) => document.body.setAttribute(name, to), [attribute, value]);
    if (dark !== undefined) await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.waitForTimeout(700);
    return { text: (await charts()).map((c) => c.theme).join(' ') };
  },
  // Without a name, the first class. With a key, as it is held.
  legend: async ({ chart, name, key }) => {
    const p = await page.evaluate(ask.entry, [chart, name]);
    if (!p) return { text: '', shades: 0 };
    if (key) await page.keyboard.down(key);
    await page.mouse.click(p.x, p.y);
    if (key) await page.keyboard.up(key);
    await page.mouse.move(1, 1);
    await frames();
    return { text: p.name, shades: 0, visible: await page.evaluate(ask.shown, chart), ink: (await charts())[chart].ink };
  },
  // The tab key reaches what the chart has in the selected element.
  focus: async ({ chart, in: within }) => {
    await page.evaluate(([at, selector]) => {
      const inner = document.querySelectorAll('[data-flatland]')[at].querySelector(selector);
      const stops = [...document.querySelectorAll('button,[tabindex]')].filter((e) => e.tabIndex >= 0);
      stops[stops.findIndex((e) => inner.contains(e)) - 1]?.focus();
    }, [chart, within]);
    await page.keyboard.press('Tab');
    return focused(chart);
  },
  press: async ({ chart, keys }) => {
    for (const key of keys) await page.keyboard.press(key);
    return focused(chart);
  },
  // What a reader who listens to the page hears of the chart: what it is, in words, and the table of its numbers.
  read: async ({ chart }) => page.evaluate((at) => {
    const live = document.querySelectorAll('[data-flatland]')[at].querySelector('.flatland-live');
    const rows = [...live.querySelectorAll('.flatland-table tr')].map((tr) => [...tr.cells].map((cell) => cell.textContent).join('|'));
    return { text: [live.getAttribute('role'), live.ariaLabel, ...rows].join('\n') };
  }, chart),
  save: async ({ chart, path }) => {
    const save = page.locator('[data-flatland]').nth(chart).locator('[data-tool=save]');
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
    await download.saveAs(path);
    return { text: download.suggestedFilename() };
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
  shot: async ({ path }) => (await page.screenshot({ path, fullPage: true }), {}),
  // A picture of one chart.
  portrait: async ({ chart, path }) => {
    await page.mouse.move(1, 1);
    await page.locator('[data-flatland]').nth(chart).screenshot({ path });
    return {};
  },
};

try {
  await page.goto(job.page, { waitUntil: 'load' });
  if (job.scripts !== false) await page.waitForFunction(ask.settled, null, { timeout: job.patience }).catch(() => {});
  await frames();
  seen.charts = await charts();
  for (const step of job.steps) seen.steps.push(await steps[step.do](step));
  seen.after = await charts();
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
