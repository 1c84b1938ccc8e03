// The points of a map as the page keeps them, in typed arrays: places in 65535ths of the side, and what is known of each.
const varints = (b, n) => {
  const out = new Uint32Array(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    let v = 0, shift = 0, c;
    do {
      c = b[at++];
      v |= (c & 127) << shift;
      shift += 7;
    } while (c > 127);
    out[i] = v;
  }
  if (at !== b.length) throw new Error(`${n} numbers take ${at} of ${b.length} bytes`);
  return out;
};
// Numbers that rise, from their gaps.
const risen = (gaps, first = 0) => {
  let v = first;
  return gaps.map((g) => (v += g));
};
// 16-bit numbers whose low bytes come first, and then the high.
const planes = (b, n) => {
  if (b.length !== 2 * n) throw new Error(`${b.length} bytes for ${n} numbers`);
  return Uint16Array.from({ length: n }, (_, k) => b[k] | (b[n + k] << 8));
};
// Every other bit of z, which has 2·bits of them.
const even = (z) => {
  z &= 0x55555555;
  z = (z | (z >>> 1)) & 0x33333333;
  z = (z | (z >>> 2)) & 0x0f0f0f0f;
  z = (z | (z >>> 4)) & 0x00ff00ff;
  return (z | (z >>> 8)) & 0xffff;
};
const mapData = async (d) => {
  const n = d.n, { bits } = d;
  if (!(n > 0)) throw new Error('no points');
  let x, y;
  if (d.z) { // along the Z-order curve of a square of 2^bits cells to the side
    const z = risen(varints(await unpacked(d.z), n)), cell = 65536 >> bits;
    x = new Uint16Array(n);
    y = new Uint16Array(n);
    for (let k = 0; k < n; k++) {
      x[k] = even(z[k]) * cell + (cell >> 1);
      y[k] = even(z[k] >>> 1) * cell + (cell >> 1);
    }
  } else {
    x = planes(await unpacked(d.x), n);
    y = planes(await unpacked(d.y), n);
  }
  // rows[k] is the number of the point's row; of a curve's points only some have one, and then known lists them.
  let rows = null, known = null, numbers = null;
  if (d.known) {
    known = risen(varints(await unpacked(d.known), d.knowns));
    numbers = varints(await unpacked(d.rows), d.knowns);
  } else if (d.rows) {
    rows = risen(varints(await unpacked(d.rows), n));
  }
  const colors = await Promise.all(d.colors.map(async (c) => {
    const level = c.level && (c.levels > 255 ? planes(await unpacked(c.level), n) : await unpacked(c.level));
    const cls = c.class && (await unpacked(c.class));
    for (const [name, list] of Object.entries({ class: cls, level })) {
      if (list && list.length !== n) throw new Error(`${name} has ${list.length} elements for ${n} points`);
    }
    return { ...c, level, class: cls };
  }));
  const text = d.text && JSON.parse(new TextDecoder().decode(await unpacked(d.text)));
  const place = known && new Map(Array.from(known, (k, i) => [k, i]));
  let back = null;
  return {
    n, x, y, known, colors,
    cell: d.z ? 65536 >> bits : 1,
    sheet: d.thumbs && (await loaded(d.thumbs.src)),
    // The place of the point among those of which rows are known.
    numbered: (k) => (known ? place.get(k) ?? -1 : k),
    row: (k) => (known ? (place.has(k) ? numbers[place.get(k)] : -1) : rows ? rows[k] : k),
    // The point of a row, or −1.
    of: (row) => {
      if (!rows && !known) return row < n ? row : -1;
      back ??= known ? new Map(Array.from(known, (k, i) => [numbers[i], k])) : new Map(Array.from(rows, (r, k) => [r, k]));
      return back.get(row) ?? -1;
    },
    text: (k) => text?.[d.every ? (k % d.every ? -1 : k / d.every) : k],
  };
};
