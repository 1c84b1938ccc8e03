// The scripts that charts are drawn with.
const flatland = (globalThis.flatland ??= { modules: {}, loading: {}, charts: new WeakMap() });
flatland.paints ??= new WeakMap();

// Scripts run as CommonJS modules of our own: no global name is set, and a RequireJS on the page does not see them.
const code = async (source) => {
  if (source.gz) return new TextDecoder().decode(await unpacked(source.gz));
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
