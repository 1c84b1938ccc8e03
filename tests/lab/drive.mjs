// Uses JupyterLab in headless Chromium as a reader would: opens notebooks, runs their cells by its menus, hovers over charts, interrupts,
// restarts the kernel.
//
// usage: node drive.mjs job.json, which prints what it saw as JSON, one result a step. The job:
//   playwright, chromium  as tests/browser/chromium.mjs wants them
//   server, token         the address of the server, http://127.0.0.1:PORT, and what it asks for
//   patience              milliseconds that a step may take
//   failure               where to leave a screenshot when a step fails
//   steps                 [{do, …}], see below
//
// What is done is done by keyboard and mouse. What is seen is read from the page, and from the notebook's model behind it, because
// JupyterLab keeps cells that are out of sight out of the page.
import { readFileSync } from 'node:fs';
import { ask, launch, probe } from '../browser/chromium.mjs';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const browser = await launch(job, ['127.0.0.1']);
const page = await (await browser.newContext({ viewport: { width: 1200, height: 1000 } })).newPage();
page.setDefaultTimeout(job.patience);
const seen = { steps: [], requests: [], errors: [], console: [] };
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !message.text().startsWith('Canvas2D') && seen.console.push(message.text()));
page.on('pageerror', (error) => seen.errors.push(String(error)));
await page.route((url) => url.origin !== job.server, (route) => {
  seen.requests.push(route.request().url());
  return route.abort();
});

// Functions that run in the page.
const look = {
  // The code cells of the notebook in front: whether they run, their number, and what kinds of output they have.
  cells: () => {
    const outputs = (cell) => Array.from({ length: cell.outputs.length }, (_, i) => cell.outputs.get(i).toJSON());
    const flat = (value) => (Array.isArray(value) ? value.join('') : String(value ?? ''));
    return [...jupyterapp.shell.currentWidget.content.model.cells].filter((c) => c.type === 'code').map((c) => ({
      state: c.executionState, number: c.executionCount,
      outputs: outputs(c).map((o) => ({
        type: o.output_type, kind: o.metadata?.flatland?.kind ?? '',
        text: flat(o.text) || flat(o.data?.['text/plain']) || [o.ename, o.evalue, ...(o.traceback ?? [])].join('\n'),
      })),
    }));
  },
  ready: (path) => {
    const panel = globalThis.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    return panel?.context?.path === path && panel.content.model?.cells.length > 0 && panel.sessionContext.isReady && kernel?.connectionStatus === 'connected' &&
      ['idle', 'unknown'].includes(kernel.status); // GoNB does not say that it is idle before it has run something
  },
  // Notes, twenty times a second, when each code cell ended, and the text of the progress bar whenever it has another.
  watch: () => {
    clearInterval(globalThis.flatlandWatch?.timer);
    const cells = [...jupyterapp.shell.currentWidget.content.model.cells].filter((c) => c.type === 'code');
    const watch = (globalThis.flatlandWatch = { took: cells.map(() => 0), bars: [] });
    const begun = new Set();
    let since = performance.now();
    watch.timer = setInterval(() => {
      cells.forEach((c, i) => {
        if (c.executionCount === null || c.executionState === 'running') {
          begun.add(i);
        } else if (begun.delete(i)) {
          const now = performance.now();
          watch.took[i] = Math.max(1, Math.round(now - since)); // cells run one after the other
          since = now;
        }
      });
      const bar = document.querySelector('.jp-OutputArea progress');
      const text = bar?.parentElement.innerText.trim();
      if (text && bar.offsetWidth > 0 && watch.bars.at(-1) !== text) watch.bars.push(text);
    }, 50);
  },
  watched: () => ({ took: globalThis.flatlandWatch.took, bars: globalThis.flatlandWatch.bars }),
  // Whether the first n code cells have ended, or one has failed, which keeps the later ones from running.
  done: (n) => globalThis.flatlandWatch.took.slice(0, n).every((t) => t > 0) ||
    [...jupyterapp.shell.currentWidget.content.model.cells].some((c) => c.type === 'code' && c.executionState !== 'running' &&
      Array.from({ length: c.outputs.length }, (_, i) => c.outputs.get(i).type).includes('error')),
};

// The code cell's element, scrolled to: of the whole notebook the n-th, counted from 0.
async function codeCell(n) {
  const index = await page.evaluate((n) => {
    const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
    return cells.indexOf(cells.filter((c) => c.type === 'code')[n]);
  }, n);
  await page.evaluate((index) => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start'), index);
  const cell = page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="${index}"]`);
  await cell.waitFor();
  return cell;
}

// Draws a lasso about the points of the rows, in the chart of a map.
async function surround(host, first, last) {
  const box = await host.evaluate((e, [first, last]) => {
    e.scrollIntoView({ block: 'center', behavior: 'instant' });
    const layer = flatland.stages.get(e)[0].layered.layer(), { x, y } = e.getBoundingClientRect();
    const points = Array.from({ length: last + 1 }, (_, k) => layer.point(0, k)).filter((p) => p.row >= first && p.row <= last);
    const xs = points.map((p) => x + p.x), ys = points.map((p) => y + p.y);
    return [Math.min(...xs) - 6, Math.min(...ys) - 6, Math.max(...xs) + 6, Math.max(...ys) + 6];
  }, [first, last]);
  const [left, top, right, bottom] = box;
  await page.mouse.move(left, top);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  for (const [x, y] of [[right, top], [right, bottom], [left, bottom], [left, top]]) await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
}

async function menu(name, item) {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${name}$`) }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${item}$`) }).click();
}

const steps = {
  // In JupyterLab, or in Notebook 7 where app is "notebooks".
  open: async ({ path, app = 'lab/tree' }) => {
    await page.goto(`${job.server}/${app}/${path}?token=${job.token}`);
    await page.waitForFunction(look.ready, path);
    if (app === 'notebooks') seen.errors = []; // it misses a plugin of JupyterLab that the settings are for, and has shown no output yet
    return {};
  },
  // Runs all cells, or the first `count` of the code cells, and waits until they have ended. None may fail.
  run: async ({ count }) => {
    const n = (await page.evaluate(look.cells)).length;
    await page.evaluate(look.watch);
    if (count) {
      await (await codeCell(count - 1)).locator('.jp-Cell-inputWrapper').click();
      await menu('Run', 'Run All Above Selected Cell');
      await (await codeCell(count - 1)).locator('.jp-Cell-inputWrapper').click();
      await page.keyboard.press('Shift+Enter');
    } else {
      await menu('Run', 'Run All Cells');
    }
    await page.waitForFunction(look.done, count ?? n);
    const cells = await page.evaluate(look.cells);
    const failed = cells.findIndex((c) => c.outputs.some((o) => o.type === 'error'));
    if (failed >= 0) throw new Error(`code cell ${failed} fails: ${JSON.stringify(cells[failed].outputs)}`);
    return { ...(await page.evaluate(look.watched)), cells };
  },
  // Runs all cells, and interrupts the kernel when the bar has shown the given number of texts, beside a picture of the map so far.
  interrupt: async ({ bars, shot }) => {
    await page.evaluate(look.watch);
    await menu('Run', 'Run All Cells');
    await page.waitForFunction((bars) => globalThis.flatlandWatch.bars.length >= bars, bars);
    const live = page.locator('img[data-flatland-live]');
    await live.evaluate((image) => image.decode());
    await page.screenshot({ path: shot });
    await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Toolbar-item[data-jp-item-name="interrupt"]').click();
    const from = Date.now();
    await page.waitForFunction(look.done, (await page.evaluate(look.cells)).length);
    const ended = Date.now() - from;
    return { ...(await page.evaluate(look.watched)), ended, left: await live.count(), cells: await page.evaluate(look.cells) };
  },
  // Runs all cells, one of which shows a chart and waits for rows. Those from row `first` to row `last` are marked by the lasso, if these are given,
  // and handed over by the button or by the Enter key; else nobody answers for five seconds, and the kernel is interrupted.
  select: async ({ first, last, by, shot }) => {
    const n = (await page.evaluate(look.cells)).length;
    await page.evaluate(look.watch);
    await menu('Run', 'Run All Cells');
    const panel = '.jp-NotebookPanel:not(.lm-mod-hidden)';
    const use = page.locator(`${panel} [data-flatland-use]`);
    await use.waitFor();
    const asked = Date.now();
    const host = await use.evaluateHandle((e) => e.closest('.jp-OutputArea').querySelector('[data-flatland]'));
    await page.waitForFunction((e) => e.dataset.flatlandState === 'drawn', host);
    if (by) await surround(host, first, last);
    if (by) await page.waitForFunction((e) => !e.disabled, await use.elementHandle());
    await page.screenshot({ path: shot });
    if (by === 'button') await use.click();
    else if (by === 'enter') await page.keyboard.press('Enter'); // where the lasso was drawn
    else {
      await page.waitForTimeout(5000);
      await use.waitFor();
      await page.locator(`${panel} .jp-Toolbar-item[data-jp-item-name="interrupt"]`).click();
    }
    const from = Date.now();
    await page.waitForFunction(look.done, n);
    return { waited: from - asked, ended: Date.now() - from, left: await page.locator('[data-flatland-ask]').count(), cells: await page.evaluate(look.cells) };
  },
  restart: async () => {
    await menu('Kernel', 'Restart Kernel…');
    await page.locator('.jp-Dialog button.jp-mod-accept').click();
    await page.waitForFunction(() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status !== 'idle');
    await page.waitForFunction(look.ready, await page.evaluate(() => jupyterapp.shell.currentWidget.context.path));
    return {};
  },
  // Scrolls to the chart of a code cell, waits until it is drawn, hovers over a point of it, and takes a picture.
  chart: async ({ cell, shot }) => {
    const element = await codeCell(cell);
    const host = element.locator('[data-flatland]').first();
    await host.scrollIntoViewIfNeeded();
    await page.waitForFunction((e) => ['drawn', 'failed'].includes(e.dataset.flatlandState), await host.elementHandle());
    const at = await host.evaluate((e) => [...document.querySelectorAll('[data-flatland]')].indexOf(e));
    const p = await page.evaluate(ask.point, [at, 0, 0]);
    await page.mouse.move(p.x - 30, p.y - 30);
    await page.mouse.move(p.x, p.y, { steps: 4 });
    await page.waitForTimeout(250);
    const state = (await page.evaluate(ask.charts))[at];
    const tooltip = await page.evaluate(ask.tooltip, at);
    await page.screenshot({ path: shot });
    return { chart: state, tooltip };
  },
};

// What a reader does with the charts of a code cell, one after the other: sees them drawn, and hovers over them. Each is to say something.
steps.gallery = async ({ cell, says, shot }) => {
  const element = await codeCell(cell);
  const charts = [];
  for (let i = 0; i < says.length; i++) {
    const host = element.locator('[data-flatland]').nth(i);
    await host.evaluate((e) => e.scrollIntoView({ block: 'center', behavior: 'instant' }));
    await page.waitForFunction((e) => ['drawn', 'failed'].includes(e.dataset.flatlandState), await host.elementHandle());
    const at = await host.evaluate((e) => [...document.querySelectorAll('[data-flatland]')].indexOf(e));
    const text = await probe(page, at, says[i]);
    charts.push({ ...(await page.evaluate(ask.charts))[at], says: text });
  }
  await page.screenshot({ path: shot });
  return { charts };
};
// The pictures of a code cell, and what else is in their outputs.
steps.pictures = async ({ cell, shot }) => {
  const outputs = (await codeCell(cell)).locator('.jp-OutputArea-output:has(img)');
  await outputs.locator('img').first().waitFor();
  await page.screenshot({ path: shot });
  return outputs.evaluateAll((all) => ({
    pictures: all.flatMap((e) => [...e.querySelectorAll('img')]).map((e) => ({ width: e.width, natural: e.naturalWidth, alt: e.alt })),
    scripts: all.reduce((n, e) => n + e.querySelectorAll('script, [data-flatland-state], .flatland-live').length, 0),
    words: all.map((e) => e.innerText).join(''),
  }));
};
// A click in the legend of a code cell's first chart, on its first entry, and what is left then.
steps.legend = async ({ cell, shot }) => {
  const host = (await codeCell(cell)).locator('[data-flatland]').first();
  const at = await host.evaluate((e) => [...document.querySelectorAll('[data-flatland]')].indexOf(e));
  const p = await page.evaluate(ask.entry, [at]);
  await page.mouse.click(p.x, p.y);
  await page.waitForTimeout(250);
  await page.screenshot({ path: shot });
  return { chart: (await page.evaluate(ask.charts))[at], tooltip: { text: p.name, shades: 0 }, shown: await page.evaluate(ask.shown, at) };
};

try {
  for (const step of job.steps) {
    const from = Date.now();
    seen.steps.push({ ...(await steps[step.do](step)), ms: Date.now() - from });
  }
} catch (error) {
  seen.failed = `step ${seen.steps.length + 1}: ${error}`;
  await page.screenshot({ path: job.failure }).catch(() => {});
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
