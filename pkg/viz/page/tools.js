// The buttons at the lower right of a chart: those of all charts, and those that its plots hand over, each {name, title, icon, press(), pressed?}.
const icons = {
  reset: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5v2.6h2.6',
  save: 'M8 2v8M4.8 7 8 10.2 11.2 7M2.5 11v2.5h11V11',
};
// Panels that hand over the same tool, by its title, share a button.
const merged = (all) => [...new Set(all.map((t) => t.title))].map((title) => {
  const same = all.filter((t) => t.title === title), [first] = same;
  if (same.length === 1) return first;
  const pressed = ({ pressed: p }) => Boolean(typeof p === 'function' ? p() : p);
  return {
    ...first,
    press: () => {
      const before = pressed(first);
      same.filter((t) => t.pressed === undefined || pressed(t) === before).forEach((t) => t.press());
    },
  };
});
const toolsOf = (box) => {
  const bar = element('div', 'right:4px;bottom:2px');
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Tools of the chart');
  box.append(bar);
  let names = '', tools = [];
  const list = () => [...bar.children];
  const press = () => list().forEach((b, i) => {
    const { pressed } = tools[i];
    if (pressed !== undefined) b.setAttribute('aria-pressed', Boolean(typeof pressed === 'function' ? pressed() : pressed));
  });
  arrows(bar, (step) => {
    const all = list(), to = all[Math.min(all.length - 1, Math.max(0, all.indexOf(document.activeElement) + step))];
    all.forEach((b) => (b.tabIndex = b === to ? 0 : -1));
    to.focus();
  });
  // Buttons stay, with the focus that one of them may have, while their names do.
  const show = (all) => {
    const now = merged(all);
    tools = now;
    if (names !== now.map((t) => t.name).join(' ')) {
      names = now.map((t) => t.name).join(' ');
      bar.replaceChildren(...now.map((t, i) => {
        const b = button(t.title, () => {
          tools[i].press();
          press();
        });
        b.title = t.title;
        b.dataset.tool = t.name;
        b.tabIndex = i === 0 ? 0 : -1;
        b.innerHTML = `<svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true"><path d="${t.icon}"/></svg>`;
        return b;
      }));
    }
    press();
  };
  return { show, refresh: press };
};
// What all charts have: reset, where something can be changed, and save. The picture is twice as fine as the page.
const commonTools = (chart, d, look, reset) => [
  ...(reset ? [{ name: 'reset', title: 'Reset', icon: icons.reset, press: reset }] : []),
  {
    name: 'save', title: 'Save as PNG', icon: icons.save,
    press: () => {
      const link = element('a', '');
      Object.assign(link, { href: chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: look.paper }), download: `${d.name || 'chart'}.png` });
      link.click();
    },
  },
];
