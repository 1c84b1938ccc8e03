// Buttons of the page over the chart: what the keyboard reaches, and readers who listen to a page hear of.
const buttonStyle = [
  '.flatland-live button{all:unset;box-sizing:border-box;position:absolute;cursor:pointer;border-radius:3px;touch-action:manipulation}',
  '.flatland-live button:focus-visible{outline:2px solid currentColor;outline-offset:0}',
  '.flatland-live [role=toolbar]{position:absolute;display:flex;gap:2px;opacity:.55}',
  '.flatland-live [role=toolbar] button{position:static;display:block;width:20px;height:20px;padding:3px}',
  '.flatland-live [role=toolbar] button:hover,.flatland-live [role=toolbar] button[aria-pressed=true]{background:color-mix(in srgb,currentColor 16%,transparent)}',
  '.flatland-live:hover [role=toolbar],.flatland-live [role=toolbar]:focus-within{opacity:1}',
  '.flatland-live [role=toolbar] svg{display:block;fill:none;stroke:currentColor;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round;pointer-events:none}',
  '@media (prefers-reduced-motion:no-preference){.flatland-live [role=toolbar]{transition:opacity .15s}}',
].join('');
const button = (label, press) => {
  const b = element('button', '');
  b.type = 'button';
  b.setAttribute('aria-label', label);
  b.addEventListener('click', (event) => {
    event.stopPropagation();
    press(event);
  });
  b.addEventListener('dblclick', (event) => event.stopPropagation());
  return b;
};
// One of several buttons is a stop of the tab key; arrows go from it to the others. to(step, event) takes a step, or an end by an infinite one.
const arrowSteps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
const arrows = (list, to) => list.addEventListener('keydown', (event) => {
  if (!(event.key in arrowSteps)) return;
  event.preventDefault();
  to(arrowSteps[event.key]);
});
// Keys that are pressed in a chart are for the chart, and not for the shortcuts of the notebook around it.
const keepKeys = (box) => {
  box.dataset.lmSuppressShortcuts = 'true'; // as JupyterLab reads
  for (const type of ['keydown', 'keyup', 'keypress']) box.addEventListener(type, (event) => event.stopPropagation());
};
