// The numbers of small plots as tables that nobody sees, for readers who listen to a page: {names, rows}, where each row begins with its name.
const readableCells = 240;
const unseen = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap';
const readable = (box, tables) => {
  box.querySelectorAll(':scope > .flatland-table').forEach((old) => old.remove());
  for (const { names, rows } of tables) {
    if (!rows.length || rows.length * names.length > readableCells) continue;
    const div = element('div', unseen), table = element('table', '');
    div.className = 'flatland-table';
    const cells = (tr, list, head) => tr.append(...list.map((words, i) => {
      const th = head || i === 0, cell = element(th ? 'th' : 'td', '', typeof words === 'number' ? short(words) : words);
      if (th) cell.scope = head ? 'col' : 'row';
      return cell;
    }));
    cells(table.createTHead().insertRow(), names, true);
    const body = table.createTBody();
    rows.forEach((row) => cells(body.insertRow(), row, false));
    div.append(table);
    box.append(div);
  }
};
