// The way back: a cell that waits for rows to be marked (viz.Select) shows a bar under its chart, and the bar sends what is marked to the kernel,
// by a message of the kind that widgets use. GoNB opens a socket for it at the address of a server without a prefix and without encryption,
// globalThis.gonb_comm; where that fails the bar opens one of its own, which speaks the same.
flatland.asked ??= new WeakSet();
flatland.sockets ??= new Map();
const opened = new WeakSet();
const gonbTo = (kernel) => {
  const comm = globalThis.gonb_comm;
  if (comm?._kernel_id !== kernel) return null;
  comm._is_connected?.then(() => opened.add(comm), () => {});
  return opened.has(comm) ? (address, value) => comm.send(address, value) : null;
};
const socketTo = (kernel) => {
  if (flatland.sockets.has(kernel)) return flatland.sockets.get(kernel).send;
  const state = { send: null };
  flatland.sockets.set(kernel, state);
  let config = {};
  try {
    config = JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}');
  } catch {
    return null; // no page of a Jupyter server
  }
  const at = new URL(`${config.baseUrl ?? document.body.dataset.baseUrl ?? '/'}api/kernels/${kernel}/channels`, location.href);
  at.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:';
  if (config.token) at.searchParams.set('token', config.token);
  const socket = new WebSocket(at), comm = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const message = (type, content) => {
    const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    socket.send(JSON.stringify({
      header: { msg_id: id, msg_type: type }, msg_id: id, msg_type: type, parent_header: {}, metadata: {}, content: { comm_id: comm, ...content }, channel: 'shell',
    }));
  };
  const say = (address, value) => message('comm_msg', { data: { address, value } });
  socket.onopen = () => message('comm_open', { target_name: 'gonb_comm', kernel_id: kernel, data: {} });
  socket.onclose = () => flatland.sockets.delete(kernel);
  socket.onmessage = ({ data }) => {
    const { msg_type: type, content } = JSON.parse(data);
    if (type !== 'comm_msg' || content?.comm_id !== comm) return;
    if (content.data?.address === '#comm_open_ack') state.send = say;
    if (content.data?.address === '#heartbeat/ping') say('#heartbeat/pong', true);
  };
  return null;
};

// Rows as bits, the first row the lowest of the first byte, in base64.
const rowBits = (rows) => {
  const bits = new Uint8Array(rows.reduce((most, row) => Math.max(most, row), -1) / 8 + 1);
  rows.forEach((row) => (bits[row >> 3] |= 1 << (row & 7)));
  let text = '';
  for (let i = 0; i < bits.length; i += 4096) text += String.fromCharCode(...bits.subarray(i, i + 4096));
  return btoa(text);
};

const ask = (bar) => {
  const { address, kernel } = JSON.parse(bar.dataset.flatlandAsk);
  const began = Date.now();
  const wayBack = () => gonbTo(kernel) ?? (Date.now() - began > 1200 ? socketTo(kernel) : null);
  const chart = [...document.querySelectorAll('[data-flatland]')].filter((h) => h.compareDocumentPosition(bar) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
  const marked = () => {
    for (const { selection } of flatland.stages.get(chart) ?? []) if (selection.rows.size) return [...selection.rows];
    return [];
  };
  let way = null, sent = 0;
  const send = (what) => {
    if (!way || Date.now() - sent < 1000) return;
    sent = Date.now();
    way(address, what());
  };
  const use = element('button', 'font:inherit;padding:1px 10px;cursor:pointer'), skip = element('button', 'font:inherit;padding:1px 10px;cursor:pointer', 'Skip');
  for (const b of [use, skip]) b.type = 'button';
  use.dataset.flatlandUse = '';
  use.addEventListener('click', () => send(() => `rows ${rowBits(marked())}`));
  skip.addEventListener('click', () => send(() => 'skip'));
  skip.title = 'Go on with what the cell has for want of a selection';
  bar.dataset.lmSuppressShortcuts = 'true';
  const show = () => {
    const n = marked().length;
    use.textContent = n ? `Use selection (${n} row${n === 1 ? '' : 's'})` : 'Use selection';
    use.disabled = !way || n === 0;
    skip.disabled = !way;
  };
  bar.append(use, skip);
  const enter = (event) => {
    if (event.key !== 'Enter' || use.disabled || event.target.closest('button, input, a')) return;
    event.preventDefault();
    event.stopPropagation();
    use.click();
  };
  chart?.addEventListener('keydown', enter, true);
  // It says that it is there until the cell must have heard it, and shows what is marked until the cell has gone on.
  const heard = new WeakSet();
  const tick = setInterval(() => {
    if (!bar.isConnected) { // gone, or out of sight for a while
      clearInterval(tick);
      chart?.removeEventListener('keydown', enter, true);
      use.remove();
      skip.remove();
      flatland.asked.delete(bar);
      return;
    }
    way = wayBack();
    if (way && chart && Date.now() - began < 6000) way(address, 'here');
    for (const { selection } of flatland.stages.get(chart) ?? []) {
      if (!heard.has(selection)) selection.subscribe(chart, show);
      heard.add(selection);
    }
    show();
  }, 200);
  show();
};
const askAll = () => {
  for (const bar of document.querySelectorAll('[data-flatland-ask]')) {
    if (flatland.asked.has(bar)) continue;
    flatland.asked.add(bar);
    ask(bar);
  }
};
