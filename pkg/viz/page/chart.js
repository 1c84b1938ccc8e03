const draw = async (host) => {
  host.dataset.flatlandState = 'drawing';
  host.querySelectorAll(':scope > .flatland-live').forEach((old) => old.remove());
  const d = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
  const prepared = await Promise.all(d.panels.map((p) => kinds[p.kind].prepare?.(p) ?? {}));
  const picture = host.querySelector('img');
  const size = { width: d.width, height: d.height };
  const box = element('div', `position:absolute;left:0;top:0;width:${size.width}px;height:${size.height}px`);
  box.className = 'flatland-live';
  host.append(box);
  try {
    const { echarts } = flatland.modules;
    const chart = echarts.init(box, null, size);
    const tip = element('div', 'position:absolute;visibility:hidden;pointer-events:none;z-index:9;padding:8px;border-radius:4px;white-space:nowrap;max-width:360px;overflow:hidden');
    tip.style.font = `12px/1.5 ${font}`;
    box.append(tip);
    let hovers = [], marks = [], selected = {};
    const unmark = () => {
      marks.forEach((m) => chart.getZr().remove(m));
      marks = [];
      tip.style.visibility = 'hidden';
    };
    const paint = () => {
      const theme = themeOf(host, d.looks), look = d.looks[theme];
      unmark();
      const composed = compose(d, look, prepared);
      if (composed.option.legend) composed.option.legend.selected = selected;
      hovers = composed.hovers;
      host.dataset.flatlandTheme = theme;
      box.style.colorScheme = theme;
      Object.assign(tip.style, { background: look.paper, color: look.ink, border: `1px solid ${look.rule}`, boxShadow: '1px 2px 8px #0003' });
      chart.setOption(composed.option, true);
    };
    flatland.charts.set(host, chart);
    flatland.paints.set(host, () => themeOf(host, d.looks) !== host.dataset.flatlandTheme && paint());
    const finished = () => {
      chart.off('finished', finished);
      picture.style.visibility = 'hidden';
      host.dataset.flatlandState = 'drawn';
    };
    chart.on('finished', finished);
    chart.on('legendselectchanged', (event) => ({ selected } = event));
    chart.on('restore', () => (selected = {}));
    paint();
    const shapes = { line: echarts.graphic.Line, circle: echarts.graphic.Circle, rect: echarts.graphic.Rect };
    chart.getZr().on('mousemove', ({ offsetX: x, offsetY: y }) => {
      const over = hovers.find(({ frame: f }) => x >= f.X && x < f.X + f.W && y >= f.Y && y < f.Y + f.H);
      const said = over?.say(x, y, (name) => selected[name] !== false, (place) => chart.convertToPixel({ gridIndex: over.at }, place));
      unmark();
      if (!said) return;
      marks = said.marks.map(({ type, ...m }) => new shapes[type]({ z: 8, ...m }));
      marks.forEach((m) => chart.getZr().add(m));
      tip.replaceChildren(...said.words);
      const left = x + 14 + tip.offsetWidth > size.width ? x - 14 - tip.offsetWidth : x + 14;
      const top = Math.min(y + 14, size.height - tip.offsetHeight - 2);
      Object.assign(tip.style, { left: `${Math.max(0, left)}px`, top: `${Math.max(0, top)}px`, visibility: 'visible' });
    });
    chart.getZr().on('globalout', unmark);
    chart.getZr().on('dblclick', () => chart.dispatchAction({
      type: 'dataZoom', batch: (chart.getOption().dataZoom ?? []).map((_, dataZoomIndex) => ({ dataZoomIndex, start: 0, end: 100 })),
    }));
  } catch (error) {
    flatland.charts.get(host)?.dispose();
    flatland.charts.set(host, null);
    flatland.paints.delete(host);
    box.remove();
    throw error;
  }
};
