// A line over the lower edge of a map: what is selected or sought, and a field for text.
const mapNote = (box, { X, Y, W, H }) => {
  const bar = element('div', `position:absolute;display:none;left:${X + 6}px;bottom:calc(100% - ${Y + H - 6}px);max-width:${W - 12}px;box-sizing:border-box;align-items:center;gap:6px;padding:3px 7px;border-radius:4px;font:12px/1.4 ${font};z-index:3`);
  const field = element('input', 'all:unset;min-width:0;width:130px;font:inherit;cursor:text'), said = element('span', 'white-space:nowrap;overflow:hidden;text-overflow:ellipsis');
  said.setAttribute('role', 'status');
  field.className = 'flatland-field';
  const close = button('Clear', () => note.closed());
  close.textContent = '\u00d7';
  close.style.cssText = 'position:static;padding:0 3px;font-size:14px';
  bar.append(field, said, close);
  bar.className = 'flatland-note';
  box.append(bar);
  const note = {
    field, closed: () => {},
    dress: (look) => Object.assign(bar.style, { background: look.paper, color: look.ink, border: `1px solid ${look.rule}` }),
    // Shows words, and the field when it has a purpose.
    show: (words, use) => {
      bar.style.display = 'flex';
      field.style.display = use ? '' : 'none';
      said.textContent = words;
    },
    hide: () => (bar.style.display = 'none'),
    // Gives text to the clipboard, or where the page may not, to the field, selected.
    copy: async (text, words) => {
      try {
        await navigator.clipboard.writeText(text);
        note.show(`${words}, copied`);
      } catch {
        note.show(words, true);
        Object.assign(field, { value: text, readOnly: true });
        field.setAttribute('aria-label', 'The rows, to copy');
        field.focus({ preventScroll: true });
        field.select();
      }
    },
  };
  return note;
};
