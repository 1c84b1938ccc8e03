// What is selected of the rows, and which of them is under the pointer: one for all maps that share a link, wherever on the page they are.
// A listener lives as long as the chart's element that it was given with.
flatland.selections ??= new Map();
const selectionOf = (link) => {
  if (link !== undefined && flatland.selections.has(link)) return flatland.selections.get(link);
  const hosts = new Set(), heard = new WeakMap();
  const tell = () => hosts.forEach((ref) => {
    const host = ref.deref();
    if (!host) hosts.delete(ref);
    else if (host.isConnected) heard.get(host).forEach((f) => f(selection));
  });
  const selection = {
    rows: new Set(), hovered: -1,
    change: (rows) => {
      selection.rows = new Set(rows);
      tell();
    },
    hover: (row) => {
      if (row === selection.hovered) return;
      selection.hovered = row;
      tell();
    },
    subscribe: (host, f) => {
      if (!heard.has(host)) {
        heard.set(host, new Set());
        hosts.add(new WeakRef(host));
      }
      heard.get(host).add(f);
      return () => heard.get(host).delete(f);
    },
  };
  if (link !== undefined) flatland.selections.set(link, selection);
  return selection;
};
