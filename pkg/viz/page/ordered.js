// A heatmap in another order than its matrix, whose rows and columns keep their names, with trees at its side.
kinds.ordered = {
  prepare: (panel) => kinds.heatmap.prepare(panel),
  plot: (panel, look, prepared, ...rest) => {
    const { data: d } = panel;
    const rows = uint16(d.rowOrder), columns = d.columnOrder ? uint16(d.columnOrder) : rows, tenths = uint16(d.lines ?? '');
    if (rows.length !== d.allRows || columns.length !== d.allColumns || tenths.length % 8) throw new Error('an order of other than all rows and columns');
    const called = (names, order, name) => names ?? Array.from(order, (i) => `${name} ${i}`);
    const data = { ...d, rowNames: called(d.rowNames, rows, d.down || 'row'), columnNames: called(d.columnNames, columns, d.across || 'column') };
    const plot = kinds.heatmap.plot({ ...panel, data }, look, prepared, ...rest);
    const children = Array.from({ length: tenths.length / 8 }, (_, k) => ({
      type: 'polyline', shape: { points: [0, 2, 4, 6].map((c) => [tenths[8 * k + c] / 10, tenths[8 * k + c + 1] / 10]) }, style: { fill: 'none', stroke: look.faint, lineWidth: 0.8 },
    }));
    return { ...plot, series: [...plot.series, picture(panel.frame, children)] };
  },
};
