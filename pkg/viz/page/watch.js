// Finding the page's charts, and drawing them when there is something to draw them with.
flatland.scan = () => {
  if (!flatland.modules.echarts) return;
  askAll();
  for (const host of document.querySelectorAll('[data-flatland]')) {
    if (flatland.charts.has(host)) continue;
    // While a page is read, what nothing follows may be there in part; the script behind it scans again.
    if (document.readyState === 'loading' && !host.nextElementSibling) continue;
    flatland.charts.set(host, null);
    draw(host).catch((error) => {
      host.dataset.flatlandState = 'failed';
      console.error('flatland: the picture stays, because the chart cannot be drawn:', error);
    });
  }
};

// What an earlier version of this script could not draw may be drawn now.
document.querySelectorAll('[data-flatland-state="failed"]').forEach((host) => flatland.charts.delete(host));

// Notebooks insert outputs, and take them away and back, without telling.
let waiting = false;
flatland.observer?.disconnect();
flatland.observer = new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    flatland.scan();
  });
});
flatland.observer.observe(document.documentElement, { childList: true, subtree: true });

// Readers change the theme of a notebook, or of their system; the page takes a moment to follow.
flatland.themes?.disconnect();
const repaint = () => document.querySelectorAll('[data-flatland]').forEach((host) => flatland.paints.get(host)?.());
const changed = () => [0, 300, 1500].forEach((delay) => setTimeout(repaint, delay));
flatland.themes = new MutationObserver(changed);
for (const e of [document.documentElement, document.body]) {
  if (e) flatland.themes.observe(e, { attributes: true, attributeFilter: ['class', 'style', 'data-jp-theme-light', 'data-theme', 'data-vscode-theme-kind'] });
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);

loadAll().then(flatland.scan, (error) => {
  flatland.loading = {};
  console.warn('flatland: charts stay pictures, because their library cannot be loaded:', error);
});
