// The legend: names and marks where the layout has them, drawn in the chart so that a saved picture holds them, under buttons. A click on a
// name shows it alone, and the next all; with shift or control it hides or shows one.
const legendRow = 19;
const legendOf = (box, chart, d, changed) => {
  const { echarts } = flatland.modules;
  const l = d.legend, entries = l?.entries ?? [], n = entries.length;
  const room = l ? Math.max(3, Math.floor(l.h / legendRow)) : 0;
  const hidden = new Set();
  let look, drawn = [], from = 0, current = 0; // the first entry that is drawn, and the one that the tab key reaches
  const list = element('div', 'position:absolute;left:0;top:0');
  if (n) {
    list.setAttribute('role', 'group');
    list.setAttribute('aria-label', 'Legend');
    box.append(list);
  }

  const shown = (name) => !hidden.has(String(name));
  const all = () => {
    if (!hidden.size) return;
    hidden.clear();
    paint(look);
    changed();
  };
  const press = (i, one) => {
    const name = String(i), alone = n > 1 && shown(name) && hidden.size === n - 1;
    if (one && !alone) {
      if (!hidden.delete(name)) hidden.add(name);
    } else {
      hidden.clear();
      if (!alone) entries.forEach((_, k) => k !== i && hidden.add(String(k)));
    }
    current = i;
    paint(look);
    changed();
  };

  // What the rows hold: entries, and where these do not find room, at either end the number of others.
  const rows = () => {
    if (n <= room) return entries.map((_, i) => ({ i }));
    const first = from > 0 ? [{ more: -1, count: from }] : [];
    const to = Math.min(n, from + room - first.length);
    const end = to < n ? to - 1 : n;
    const middle = entries.slice(from, end).map((_, k) => ({ i: from + k }));
    return [...first, ...middle, ...(end < n ? [{ more: 1, count: n - end }] : [])];
  };
  const scroll = (by) => {
    const to = Math.min(n - room + 1, Math.max(0, from + by));
    if (n <= room || to === from) return false;
    from = to;
    paint(look);
    return true;
  };

  const mark = (e, y, off) => {
    const wide = l.indent > 20, middle = l.x + (wide ? 10 : 4.5), color = off ? look.rule : look.tints[e.tint];
    const parts = [];
    if (e.line) parts.push(new echarts.graphic.Line({ ...line([l.x, Math.floor(y) + 0.5], [l.x + 20, Math.floor(y) + 0.5], color, 1.8, e.dashed ? [6, 4] : null), z: 6 }));
    if (e.symbol) {
      const size = e.line ? 7 : 9, at = e.line ? Math.floor(y) + 0.5 : y;
      const s = echarts.helper.createSymbol(e.symbol, middle - size / 2, at - size / 2, size, size, color);
      s.attr({ silent: true, z: 6, z2: 1 });
      if (e.line) s.setStyle({ stroke: look.paper, lineWidth: 0.7 });
      parts.push(s);
    }
    return parts;
  };
  const name = (row, y) => {
    const { i, more, count } = row;
    const words = more ? `${more < 0 ? '\u25b4' : 'and'} ${count} ${more < 0 ? 'before' : 'more'}` : entries[i].short ?? entries[i].name;
    return new echarts.graphic.Text({ ...text({ x: l.x + l.indent, y: y + 0.35 * 13, size: 13, text: words }, more || !shown(i) ? look.faint : look.ink), z: 6 });
  };
  const touch = (row, k, width) => {
    const { i, more, count } = row;
    const b = more
      ? button(`${count} ${more < 0 ? 'before' : 'more'}`, () => scroll(more * (room - 2)))
      : button(entries[i].name, (event) => press(i, event.shiftKey || event.ctrlKey || event.metaKey));
    Object.assign(b.style, { left: `${l.x - 3}px`, top: `${l.y + legendRow * k}px`, width: `${width + 6}px`, height: `${legendRow}px` });
    if (more) {
      b.tabIndex = -1;
      return b;
    }
    b.setAttribute('aria-pressed', shown(i));
    b.title = `${entries[i].short ? `${entries[i].name}\n` : ''}click: alone or all; shift-click: hide or show`;
    b.dataset.entry = i;
    b.tabIndex = i === current ? 0 : -1;
    b.addEventListener('focus', () => (current = i));
    return b;
  };
  const paint = (with_) => {
    look = with_;
    const zr = chart.getZr(), focused = list.contains(document.activeElement);
    drawn.forEach((e) => zr.remove(e));
    drawn = [];
    list.replaceChildren();
    if (!n) return;
    const all = rows();
    if (!all.some(({ i }) => i === current)) current = all.find(({ i }) => i !== undefined).i;
    all.forEach((row, k) => {
      const y = l.y + legendRow * (k + 0.5), words = name(row, y);
      drawn.push(words, ...(row.more ? [] : mark(entries[row.i], y, !shown(row.i))));
      list.append(touch(row, k, l.indent + words.getBoundingRect().width));
    });
    drawn.forEach((e) => zr.add(e));
    if (focused) list.querySelector('[tabindex="0"]').focus({ preventScroll: true });
  };
  list.addEventListener('wheel', (event) => scroll(Math.sign(event.deltaY)) && event.preventDefault(), { passive: false });
  arrows(list, (step) => {
    current = Math.min(n - 1, Math.max(0, current + step));
    if (n > room) {
      const inner = rows().filter(({ i }) => i !== undefined).map(({ i }) => i);
      if (current < inner[0]) scroll(current - inner[0]);
      if (current > inner.at(-1)) scroll(current - inner.at(-1));
    }
    paint(look);
  });
  list.addEventListener('keydown', ({ key }) => key === 'Escape' && all());

  const remove = () => {
    drawn.forEach((e) => chart.getZr().remove(e));
    list.remove();
  };
  return { n, shown, all, paint, remove, selected: () => Object.fromEntries(entries.map((_, i) => [i, shown(i)])) };
};
