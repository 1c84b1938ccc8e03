// Draws Flatland's charts. Go calls this function with the scripts to draw them with: [{name, gz} or {name, url, integrity}, …].
//
// A chart is an element with a data-flatland attribute that holds a picture and, as JSON, what the picture was made of. Nothing ties it to
// a place or an order: every element on the page that has not been drawn is drawn, when the scripts are there and whenever one is added.
((sources) => {
  const flatland = (globalThis.flatland ??= { modules: {}, loading: {}, charts: new WeakMap() });
  const font = '"Liberation Sans", Arial, Helvetica, sans-serif';

  // Scripts run as CommonJS modules of our own: no global name is set, and a RequireJS on the page does not see them.
  const code = async (source) => {
    if (source.gz) {
      const stream = new Blob([bytes(source.gz)]).stream().pipeThrough(new DecompressionStream('gzip'));
      return new Response(stream).text();
    }
    const answer = await fetch(source.url, { integrity: source.integrity });
    if (!answer.ok) throw new Error(`${source.url}: ${answer.status}`);
    return answer.text();
  };
  const load = async (source) => {
    const module = { exports: {} };
    const run = new Function('exports', 'module', 'require', await code(source));
    run(module.exports, module, (name) => flatland.modules[name]);
    flatland.modules[source.name] = module.exports;
  };
  const loadAll = async () => {
    for (const source of sources) {
      await (flatland.loading[source.name] ??= load(source));
    }
  };

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const uint16 = (base64) => new Uint16Array(bytes(base64).buffer);
  const uint32 = (base64) => new Uint32Array(bytes(base64).buffer);
  const element = (tag, style, text) => {
    const e = document.createElement(tag);
    e.style.cssText = style;
    e.textContent = text ?? '';
    return e;
  };

  // What every chart has in common: title, caption, tools, the place of the plot.
  const common = (d) => ({
    animation: false,
    backgroundColor: '#fff',
    textStyle: { fontFamily: font },
    title: [
      { text: d.title ?? '', left: d.frame.X, top: 14, padding: 0, textStyle: { fontSize: 15, color: '#222', fontFamily: font } },
      {
        text: (d.caption ?? []).join('\n'), left: d.frame.X, top: d.frame.Y + d.frame.Side + 6, padding: 0,
        textStyle: { fontSize: 11.5, lineHeight: 15.5, fontWeight: 'normal', color: '#666', fontFamily: font },
      },
      { text: d.note ?? '', left: d.frame.X, bottom: 3, padding: 0, textStyle: { fontSize: 11.5, fontWeight: 'normal', color: '#666', fontFamily: font } },
    ],
    toolbox: {
      right: 6, bottom: 4, padding: 0, itemSize: 12, itemGap: 8, iconStyle: { borderColor: '#999' },
      feature: { restore: { title: 'Reset' }, saveAsImage: { title: 'Save as PNG', pixelRatio: 2, name: d.title || 'chart' } },
    },
    grid: {
      left: d.frame.X, top: d.frame.Y, width: d.frame.Side, height: d.frame.Side,
      show: true, borderColor: '#d0d0d0', backgroundColor: '#fff', outerBoundsMode: 'none',
    },
  });

  const scatter = (d) => {
    const x = uint16(d.x), y = uint16(d.y), n = x.length;
    const rows = d.rows && uint32(d.rows), classes = d.class && bytes(d.class), values = d.values && uint16(d.values);
    for (const [name, list] of Object.entries({ y, rows, classes, values, text: d.text })) {
      if (list && list.length !== n) throw new Error(`${name} has ${list.length} elements for ${n} points`);
    }
    if (n === 0) throw new Error('no points');

    // One series for each class, so that the legend hides it; else one for all.
    const split = classes && !values;
    const looks = split ? d.classes : [{ color: d.color, symbol: 'circle' }];
    const members = looks.map(() => []);
    for (let k = 0; k < n; k++) members[split ? classes[k] : 0].push(k);
    const series = looks.map((look, i) => {
      const data = new Float32Array(4 * members[i].length);
      members[i].forEach((k, j) => data.set([x[k], y[k], k, values ? values[k] : 0], 4 * j));
      return {
        type: 'scatter', name: String(i), z: look.under ? 1 : 2, symbol: look.symbol, symbolSize: d.size, data, dimensions: ['x', 'y', 'k', 'value'],
        progressive: n > 5000 ? 4000 : 0, progressiveThreshold: 5000, cursor: 'default',
        itemStyle: { color: look.color, borderColor: '#fff', borderWidth: d.rim, opacity: 1 },
        emphasis: { scale: 1.7, itemStyle: { borderColor: '#222', borderWidth: 1 } },
      };
    });

    const sheet = d.thumbs && Object.assign(new Image(), { src: d.thumbs.src });
    const slots = d.thumbs?.points && new Map(d.thumbs.points.map((k, slot) => [k, slot]));
    const thumbnail = (k) => {
      const slot = slots ? slots.get(k) : k;
      if (!sheet?.complete || slot === undefined) return [];
      const { w, h, columns } = d.thumbs;
      const scale = Math.max(1, Math.floor(72 / Math.max(w, h)));
      const canvas = element('canvas', 'display:block;margin:0 0 6px;border:1px solid #ddd');
      Object.assign(canvas, { width: w * scale, height: h * scale });
      const pen = canvas.getContext('2d');
      pen.imageSmoothingEnabled = false;
      pen.drawImage(sheet, (slot % columns) * w, Math.floor(slot / columns) * h, w, h, 0, 0, w * scale, h * scale);
      return [canvas];
    };
    const hover = ({ data, value }) => {
      const [, , k, v] = value ?? data;
      const lines = [element('div', 'color:#666', `row ${rows ? rows[k] : k}`)];
      if (classes) lines.unshift(element('div', 'font-weight:bold', d.classes[classes[k]].name));
      if (values) {
        const number = Number((d.low + (v / 65535) * (d.high - d.low)).toPrecision(4));
        lines.push(element('div', '', d.valueName ? `${d.valueName}: ${number}` : `${number}`));
      }
      if (d.text?.[k]) lines.push(element('div', 'max-width:240px;white-space:pre-wrap', d.text[k]));
      return [...thumbnail(k), ...lines];
    };

    const right = d.frame.X + d.frame.Side + 18;
    const axis = { type: 'value', min: 0, max: 65535, show: false };
    const zoom = { type: 'inside', filterMode: 'none', minSpan: 0.2, throttle: 30 };
    const option = {
      ...common(d),
      xAxis: axis,
      yAxis: { ...axis, inverse: true },
      dataZoom: [{ ...zoom, xAxisIndex: 0 }, { ...zoom, yAxisIndex: 0 }],
      tooltip: { trigger: 'item', confine: true, transitionDuration: 0, padding: 8, formatter: hover, textStyle: { fontSize: 12, color: '#222' } },
      series,
    };
    if (split) {
      option.legend = {
        type: looks.length * 19 > d.frame.Side ? 'scroll' : 'plain',
        orient: 'vertical', align: 'left', left: right, top: d.frame.Y + 5, height: d.frame.Side - 5, padding: 0,
        itemWidth: 9, itemHeight: 9, itemGap: 10, itemStyle: { borderWidth: 0 },
        data: looks.map((look, i) => ({ name: String(i), icon: look.symbol })),
        formatter: (i) => looks[i].name,
        textStyle: { fontSize: 13, color: '#222', fontFamily: font, width: 172, overflow: 'truncate', padding: [0, 0, 0, 3] },
      };
    }
    if (values) {
      option.title.push({
        text: d.valueName ?? '', left: right, top: d.frame.Y, padding: 0,
        textStyle: { fontSize: 13, fontWeight: 'normal', color: '#222', fontFamily: font, width: 190, overflow: 'truncate' },
      });
      option.visualMap = {
        type: 'continuous', dimension: 3, min: 0, max: 65535, calculable: true, orient: 'vertical',
        left: right, top: d.frame.Y + (d.valueName ? 19 : 0), padding: 0, align: 'left', itemWidth: d.bar.width, itemHeight: d.bar.height,
        inRange: { color: d.bar.colors }, textStyle: { fontSize: 13, color: '#222', fontFamily: font },
        formatter: (v) => String(Number((d.low + (v / 65535) * (d.high - d.low)).toPrecision(3))),
      };
    }
    return option;
  };
  const kinds = { scatter };

  const draw = (host) => {
    host.dataset.flatlandState = 'drawing';
    host.querySelectorAll(':scope > .flatland-live').forEach((old) => old.remove());
    const option = kinds[host.dataset.flatland](JSON.parse(host.querySelector('script[type="application/json"]').textContent));
    const picture = host.querySelector('img');
    const size = { width: +picture.getAttribute('width'), height: +picture.getAttribute('height') };
    const box = element('div', `position:absolute;left:0;top:0;width:${size.width}px;height:${size.height}px`);
    box.className = 'flatland-live';
    host.append(box);
    try {
      const chart = flatland.modules.echarts.init(box, null, size);
      flatland.charts.set(host, chart);
      const finished = () => {
        chart.off('finished', finished);
        picture.style.visibility = 'hidden';
        host.dataset.flatlandState = 'drawn';
      };
      chart.on('finished', finished);
      chart.setOption(option);
      chart.getZr().on('dblclick', () => chart.dispatchAction({
        type: 'dataZoom', batch: [0, 1].map((dataZoomIndex) => ({ dataZoomIndex, start: 0, end: 100 })),
      }));
    } catch (error) {
      box.remove();
      throw error;
    }
  };
  flatland.scan = () => {
    if (!flatland.modules.echarts) return;
    for (const host of document.querySelectorAll('[data-flatland]')) {
      if (flatland.charts.has(host)) continue;
      flatland.charts.set(host, null);
      try {
        draw(host);
      } catch (error) {
        host.dataset.flatlandState = 'failed';
        console.error('flatland: the picture stays, because the chart cannot be drawn:', error);
      }
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

  loadAll().then(flatland.scan, (error) => {
    flatland.loading = {};
    console.warn('flatland: charts stay pictures, because their library cannot be loaded:', error);
  });
})
