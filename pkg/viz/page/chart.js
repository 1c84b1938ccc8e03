// A chart is drawn anew when its theme, legend or coloring changes; a layer of it, when its plot asks by stage.repaint().
flatland.stages ??= new WeakMap();
// The chart as it is in one of its colorings.
const viewed = (d, k) => (d.views ? { ...d, ...d.views[k], panels: d.panels.map((p, i) => ({ ...p, bar: d.views[k].bars[i], choice: i ? null : d.choice })) } : d);
const draw = async (host) => {
  host.dataset.flatlandState = 'drawing';
  host.querySelectorAll(':scope > .flatland-live').forEach((old) => old.remove());
  const d = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
  const prepared = await Promise.all(d.panels.map((p) => kinds[p.kind].prepare?.(p) ?? {}));
  const picture = host.querySelector('img');
  const size = { width: d.width, height: d.height };
  const box = element('div', `position:absolute;left:0;top:0;width:${size.width}px;height:${size.height}px`);
  box.className = 'flatland-live';
  box.setAttribute('role', 'figure');
  box.setAttribute('aria-label', picture.alt);
  host.append(box);
  try {
    const { echarts } = flatland.modules;
    const chart = echarts.init(box, null, size);
    const shapes = { line: echarts.graphic.Line, circle: echarts.graphic.Circle, rect: echarts.graphic.Rect, image: echarts.graphic.Image, polygon: echarts.graphic.Polygon };
    const tip = element('div', 'position:absolute;visibility:hidden;pointer-events:none;z-index:9;padding:8px;border-radius:4px;white-space:nowrap;max-width:360px;overflow:hidden');
    tip.className = 'flatland-tip';
    tip.style.font = `12px/1.5 ${font}`;
    box.append(tip, element('style', '', buttonStyle));
    let hovers = [], marks = [], look;
    const shown = (name) => legend.shown(name);
    const unmark = () => {
      marks.forEach((m) => chart.getZr().remove(m));
      marks = [];
      tip.style.visibility = 'hidden';
    };
    // Panels that show the same rows share a selection.
    const here = new Map();
    const selectionFor = ({ rows }, i) => {
      if (d.link && rows) return selectionOf(`${d.link}, ${rows} rows`);
      const key = rows ? `rows ${rows}` : `panel ${i}`;
      if (!here.has(key)) here.set(key, selectionOf());
      return here.get(key);
    };
    // What a plot has of the chart around it.
    const stages = d.panels.map((panel, i) => {
      let pinned = [];
      const stage = {
        host, box, shown, panel: i, selection: selectionFor(panel, i), coloring: 0, layered: null, unmark, refresh: () => tools.refresh(),
        // The element over the frame, which its layer's painting is called for.
        pad: () => (stage.layered ??= layerIn(chart, box, panel.frame)).pad,
        repaint: () => stage.layered?.repaint(() => stage.layered.draw(look, shown)),
        // Shows marks until it is given others.
        mark: (list) => {
          pinned.forEach((m) => chart.getZr().remove(m));
          pinned = list.map(shape);
          pinned.forEach((m) => chart.getZr().add(m));
        },
        recolor: (k) => {
          stages.forEach((s) => (s.coloring = k)); // a choice is for all panels
          legend.remove();
          legend = legendOf(box, chart, viewed(d, k), relegend);
          paint();
        },
      };
      return stage;
    });
    const shape = ({ type, ...m }) => new shapes[type]({ z: 8, ...m });
    const paint = () => {
      const theme = themeOf(host, d.looks);
      look = d.looks[theme];
      unmark();
      const composed = compose(viewed(d, stages[0].coloring), look, prepared, stages);
      if (composed.option.legend) composed.option.legend.selected = legend.selected();
      hovers = composed.hovers;
      host.dataset.flatlandTheme = theme;
      Object.assign(box.style, { colorScheme: theme, color: look.ink });
      Object.assign(tip.style, { background: look.paper, color: look.ink, border: `1px solid ${look.rule}`, boxShadow: '1px 2px 8px #0003' });
      chart.setOption(composed.option, true);
      composed.layers.forEach(({ at, layer, title }) => {
        stages[at].pad();
        stages[at].layered.become(layer, look, title);
        stages[at].layered.draw(look, shown);
      });
      legend.paint(look);
      readable(box, composed.tables);
      const changes = legend.n || composed.layers.length || composed.option.dataZoom.length;
      tools.show([...composed.tools, ...commonTools(chart, d, look, changes && reset).map((t) => (t.name === 'save' ? { ...t, press: () => finely(t.press) } : t))]);
    };
    // A saved picture is twice as fine as the page, and so are its layers.
    const finely = (save) => {
      stages.forEach((s) => s.layered?.draw(look, shown, Math.max(2, globalThis.devicePixelRatio || 1)));
      save();
      stages.forEach((s) => s.layered?.draw(look, shown));
    };
    const whole = () => chart.dispatchAction({
      type: 'dataZoom', batch: (chart.getOption().dataZoom ?? []).map((_, dataZoomIndex) => ({ dataZoomIndex, start: 0, end: 100 })),
    });
    const reset = () => {
      legend.all();
      whole();
      stages.forEach((s) => s.layered?.layer().reset?.());
    };
    keepKeys(box);
    const relegend = () => {
      unmark();
      if (legend.n) chart.setOption({ legend: { selected: legend.selected() } });
      stages.forEach((s) => s.repaint());
    };
    let legend = legendOf(box, chart, d, relegend);
    const tools = toolsOf(box);
    flatland.charts.set(host, chart);
    flatland.stages.set(host, stages);
    flatland.paints.set(host, () => themeOf(host, d.looks) !== host.dataset.flatlandTheme && paint());
    const finished = () => {
      chart.off('finished', finished);
      picture.style.visibility = 'hidden';
      host.dataset.flatlandState = 'drawn';
    };
    chart.on('finished', finished);
    paint();
    box.addEventListener('pointermove', (event) => {
      const r = box.getBoundingClientRect();
      const x = ((event.clientX - r.x) * size.width) / r.width, y = ((event.clientY - r.y) * size.height) / r.height;
      const over = hovers.find(({ frame: f }) => x >= f.X && x < f.X + f.W && y >= f.Y && y < f.Y + f.H);
      const free = over && !stages[over.at].layered?.held();
      const said = free && over.say(x, y, shown, (place) => chart.convertToPixel({ gridIndex: over.at }, place));
      unmark();
      if (!said) return;
      marks = said.marks.map(shape);
      marks.forEach((m) => chart.getZr().add(m));
      tip.replaceChildren(...said.words);
      const left = x + 14 + tip.offsetWidth > size.width ? x - 14 - tip.offsetWidth : x + 14;
      const top = Math.min(y + 14, size.height - tip.offsetHeight - 2);
      Object.assign(tip.style, { left: `${Math.max(0, left)}px`, top: `${Math.max(0, top)}px`, visibility: 'visible' });
    });
    box.addEventListener('pointerleave', unmark);
    box.addEventListener('dblclick', () => {
      legend.all();
      whole();
    });
  } catch (error) {
    flatland.charts.get(host)?.dispose();
    flatland.charts.set(host, null);
    flatland.paints.delete(host);
    flatland.stages.delete(host);
    box.remove();
    throw error;
  }
};
