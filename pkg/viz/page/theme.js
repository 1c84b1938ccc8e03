// Whether the chart's surroundings are dark: as JupyterLab or VS Code say, or else as the paper behind it is.
const isDark = (host) => {
  const body = document.body, jupyter = body?.dataset.jpThemeLight;
  if (jupyter) return jupyter === 'false';
  if (body?.classList.contains('vscode-dark') || body?.matches('.vscode-high-contrast:not(.vscode-high-contrast-light)')) return true;
  const paper = (e) => {
    const color = getComputedStyle(e).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    return color.length >= 3 && (color[3] ?? 1) > 0.5 ? color.slice(0, 3) : null;
  };
  for (let e = host; e; e = e.parentElement) {
    if (paper(e)) return luminance(paper(e)) < 0.2;
  }
  const canvas = element('div', 'background-color: Canvas'); // what the browser paints behind a page
  document.documentElement.append(canvas);
  const behind = paper(canvas);
  canvas.remove();
  return behind ? luminance(behind) < 0.2 : false;
};
const themeOf = (host, looks) => {
  const wanted = isDark(host) ? 'dark' : 'light';
  return looks[wanted] ? wanted : Object.keys(looks)[0];
};
