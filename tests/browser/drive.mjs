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

// When each chart was drawn, in milliseconds from the page's load.
await page.addInitScript(() => {
  globalThis.drawnAt = new Map();
  new MutationObserver((changes) => changes.forEach(({ target }) => {
    if (target.dataset.flatlandState === 'drawn') requestAnimationFrame(() => globalThis.drawnAt.set(target, performance.now()));
  })).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-flatland-state'] });
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
  // A cell that waits for rows gets some: they are marked, and handed over by its button. What the page said to the kernel is in its global said.
  answer: async ({ chart, rows }) => {
    await page.waitForFunction(ask.settled);
    await page.evaluate(([at, rows]) => flatland.stages.get(document.querySelectorAll('[data-flatland]')[at])[0].selection.change(rows), [chart, rows]);
    const use = page.locator('[data-flatland-use]');
    await page.waitForFunction((e) => !e.disabled, await use.elementHandle());
    const label = await use.innerText();
    await use.click();
    return { text: [label, ...(await page.evaluate(() => globalThis.said))].join('\n') };
  },
  wheel: async ({ chart }) => {
    const p = await page.evaluate(ask.point, [chart, 0, 0]);
    await page.mouse.move(p.x, p.y);
    await page.mouse.wheel(0, -600);
    await frames();
    return { ink: (await charts())[chart].ink };
  },
  // The pointer drags what is at the middle of the chart's panel; where it was dragged from and to does not count as hovered.
  drag: async ({ chart, panel = 0, dx, dy }) => {
    const p = await page.evaluate(ask.middle, [chart, panel]);
    await page.mouse.move(p.x, p.y);
    await page.mouse.down();
    await page.mouse.move(p.x + dx, p.y + dy, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(1, 1);
    await frames();
    return ask.seen(page, chart);
  },
  double: async ({ chart, panel = 0 }) => {
    const p = await page.evaluate(ask.middle, [chart, panel]);
    await page.mouse.dblclick(p.x, p.y);
    await page.mouse.move(1, 1);
    await frames();
    return ask.seen(page, chart);
  },
  // A press of a tool, which is pressed again a moment later.
  tool: async ({ chart, name }) => {
    const tool = page.locator('[data-flatland]').nth(chart).locator(`[data-tool="${name}"]`);
    await tool.click();
    await page.waitForTimeout(400);
    await tool.click();
    return ask.seen(page, chart);
  },
  keys: async ({ chart, panel = 0, keys }) => {
    const p = await page.evaluate(ask.middle, [chart, panel]);
    await page.mouse.click(p.x, p.y);
    for (const key of keys) await page.keyboard.press(key);
    await page.mouse.move(1, 1);
    await frames();
    return ask.seen(page, chart);
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
  // The pointer goes to a point of a panel.
  over: async ({ chart, panel, group, point }) => {
    const p = await page.evaluate(([at, i, g, k]) => {
      const host = document.querySelectorAll('[data-flatland]')[at], box = host.getBoundingClientRect();
      const { x, y } = globalThis.flatland.stages.get(host)[i].layered.layer().point(g, k);
      return { x: box.x + x, y: box.y + y };
    }, [chart, panel, group, point]);
    await page.mouse.move(p.x - 20, p.y - 20);
    await page.mouse.move(p.x, p.y, { steps: 4 });
    await frames();
    return { ...(await page.evaluate(ask.tooltip, chart)), panels: await page.evaluate(ask.panels, chart) };
  },
  // A line is drawn around a rectangle of a panel, in shares of its frame.
  lasso: async ({ chart, panel, within: [left, top, right, bottom] }) => {
    const { X, Y, W, H } = await page.evaluate(([at, i]) => {
      const host = document.querySelectorAll('[data-flatland]')[at], box = host.getBoundingClientRect();
      const { frame: f } = JSON.parse(host.querySelector('script[type="application/json"]').textContent).panels[i];
      return { X: box.x + f.X, Y: box.y + f.Y, W: f.W, H: f.H };
    }, [chart, panel]);
    await page.keyboard.down('Shift');
    await page.mouse.move(X + left * W, Y + top * H);
    await page.mouse.down();
    for (const [u, v] of [[right, top], [right, bottom], [left, bottom], [left, top]]) await page.mouse.move(X + u * W, Y + v * H, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.mouse.move(1, 1);
    await frames();
    return { panels: (await Promise.all((await charts()).map((_, at) => page.evaluate(ask.panels, at)))).flat() };
  },
  // The charts of the page's frames, when they have settled.
  frames: async () => {
    const all = [];
    for (const frame of page.frames().slice(1)) {
      await frame.waitForFunction(ask.settled, null, { timeout: 3000 }).catch(() => {});
      all.push(...(await frame.evaluate(ask.charts)));
    }
    return { charts: all };
  },
  // The ids that several elements of the page have.
  ids: async () => ({
    text: await page.evaluate(() => {
      const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
      return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))].join(' ');
    }),
  }),
  // What stands in the line over a map, behind the field's text, or, where that is none, the clipboard's.
  note: async ({ chart }) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    return {
      text: await page.evaluate(async (at) => {
        const note = document.querySelectorAll('[data-flatland]')[at].querySelector('.flatland-note'), field = note.querySelector('input');
        const copied = field.style.display === 'none' ? await navigator.clipboard.readText() : field.value;
        return `${copied}\n${note.querySelector('[role=status]').textContent}`;
      }, chart),
      ink: (await charts())[chart].ink,
    };
  },
  // The page may not use the clipboard.
  deny: async () => (await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error('denied')))), {}),
  search: async ({ chart, text }) => {
    const host = page.locator('[data-flatland]').nth(chart), tool = host.locator('[data-tool="search"]');
    if ((await tool.getAttribute('aria-pressed')) !== 'true') await tool.click();
    await host.locator('.flatland-field').fill(text);
    await frames();
    return steps.note({ chart });
  },
  recolor: async ({ chart, by }) => {
    await page.locator('[data-flatland]').nth(chart).locator('select').selectOption(by);
    await page.mouse.move(1, 1);
    await frames();
    return { ink: (await charts())[chart].ink, panels: await page.evaluate(ask.panels, chart) };
  },
  reset: async ({ chart }) => {
    await page.locator('[data-flatland]').nth(chart).locator('[data-tool="reset"]').click();
    await page.mouse.move(1, 1);
    await frames();
    return { ink: (await charts())[chart].ink };
  },
  // How fast a map is, in milliseconds: from the page's load to the chart, and the middle one of many hovers, and of many steps of zoom and of
  // drag up to the next frame.
  pace: async ({ chart }) => page.evaluate(async (at) => {
    const host = document.querySelectorAll('[data-flatland]')[at], pad = globalThis.flatland.stages.get(host)[0].pad();
    host.scrollIntoView({ block: 'center', behavior: 'instant' });
    const loaded = performance.getEntriesByType('navigation')[0].loadEventEnd, r = pad.getBoundingClientRect();
    const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    const point = (k) => ({ bubbles: true, cancelable: true, pointerId: 1, button: 0, clientX: r.x + r.width * (0.2 + 0.6 * ((k * 0.618) % 1)), clientY: r.y + r.height * (0.2 + 0.6 * ((k * 0.7548) % 1)) });
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    const timed = async (act, wait) => {
      const from = performance.now();
      act();
      if (wait) await frame();
      return performance.now() - from;
    };
    const hover = [], zoom = [], drag = [];
    let said = 0;
    pad.setPointerCapture = () => {}; // which a pointer that is not there has not
    pad.dispatchEvent(new PointerEvent('pointermove', point(0)));
    for (let k = 1; k < 40; k++) {
      hover.push(await timed(() => pad.dispatchEvent(new PointerEvent('pointermove', point(k)))));
      if (host.querySelector('.flatland-tip').style.visibility === 'visible') said++;
    }
    for (let k = 0; k < 24; k++) zoom.push(await timed(() => pad.dispatchEvent(new WheelEvent('wheel', { ...point(k), deltaY: k % 8 < 6 ? -120 : 360 })), true));
    pad.dispatchEvent(new PointerEvent('pointerdown', point(0)));
    for (let k = 1; k < 16; k++) drag.push(await timed(() => pad.dispatchEvent(new PointerEvent('pointermove', point(k))), true));
    pad.dispatchEvent(new PointerEvent('pointerup', point(16)));
    return { first: globalThis.drawnAt.get(host) - loaded, hover: middle(hover), zoom: middle(zoom), drag: middle(drag), said };
  }, chart),
  // A key is pressed on the slider, or, without one, the button beside it; then the points have time to move.
  slide: async ({ chart, key, wait }) => {
    const player = page.locator('[data-flatland]').nth(chart).locator('.flatland-player');
    if (key) await player.locator('input').press(key);
    else await player.locator('button').click();
    await page.mouse.move(1, 1);
    await page.waitForTimeout(wait ?? 1200);
    const [text, panels] = [await player.locator('input').getAttribute('aria-valuetext'), await page.evaluate(ask.panels, chart)];
    return { text: `${text}, ${await player.locator('button').getAttribute('aria-label')}`, panels };
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
