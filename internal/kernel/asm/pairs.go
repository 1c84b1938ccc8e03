package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums is the number of running sums of a reduction. Vector i of a row goes to
// sum i mod 4, a last one that is not full, its missing lanes zero, to sum 3.
const sums = 4

// form is how two rows are read: as they are, or widened to float64.
type form struct {
	vector
	of    string // values of the rows
	bytes int    // of one of them
	bits  string // in function names
	take  func(from operand.Op, to reg.VecVirtual)
	part  func(mask reg.VecVirtual, from operand.Mem, to reg.VecVirtual)
}

var forms = []form{
	{single, "float32", 4, "32",
		func(from operand.Op, to reg.VecVirtual) { g.VMOVUPS(from, to) },
		func(mask reg.VecVirtual, from operand.Mem, to reg.VecVirtual) { g.VMASKMOVPS(from, mask, to) }},
	{double, "float64", 8, "64",
		func(from operand.Op, to reg.VecVirtual) { g.VMOVUPD(from, to) },
		func(mask reg.VecVirtual, from operand.Mem, to reg.VecVirtual) { g.VMASKMOVPD(from, mask, to) }},
	{double, "float32", 4, "Mixed",
		func(from operand.Op, to reg.VecVirtual) { g.VCVTPS2PD(from, to) },
		func(mask reg.VecVirtual, from operand.Mem, to reg.VecVirtual) {
			g.VMASKMOVPS(from, mask.AsX(), to.AsX())
			g.VCVTPS2PD(to.AsX(), to)
		}},
}

// width is the number of bytes of a row that fill a vector.
func (f form) width() int { return f.lanes * f.bytes }

// term adds one vector of terms to a sum; b may be changed.
type term struct {
	name, verb string
	add        func(v vector, a, b, sum reg.VecVirtual)
}

var (
	dots = term{"dot", "dot products", func(v vector, a, b, sum reg.VecVirtual) { v.fma(a, b, sum) }}

	squares = term{"squared", "squared distances", func(v vector, a, b, sum reg.VecVirtual) {
		v.sub(b, a, b)
		v.fma(b, b, sum)
	}}

	magnitudes = term{"manhattan", "Manhattan distances", func(v vector, a, b, sum reg.VecVirtual) {
		v.sub(b, a, b)
		v.and(v.signless(), b, b)
		v.add(b, sum, sum)
	}}
)

// signless is a vector in memory of ones but for the bits of signs.
func (v vector) signless() operand.Mem {
	if v.size == 4 {
		return masks.signless32
	}
	return masks.signless64
}

// masks are constants in memory. At byte (8−n)·4 of first32 begins a mask of n
// values, at byte (4−n)·8 of first64.
var masks struct{ first32, first64, signless32, signless64 operand.Mem }

func constants() {
	table := func(name string, values ...operand.Constant) operand.Mem {
		m := g.StaticGlobal(name)
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for _, v := range values {
			g.AppendDatum(v)
		}
		return m
	}
	repeat := func(n int, v operand.Constant) (all []operand.Constant) {
		for range n {
			all = append(all, v)
		}
		return all
	}
	masks.first32 = table("first32", append(repeat(8, operand.U32(1<<32-1)), repeat(8, operand.U32(0))...)...)
	masks.first64 = table("first64", append(repeat(4, operand.U64(1<<64-1)), repeat(4, operand.U64(0))...)...)
	masks.signless32 = table("signless32", repeat(8, operand.U32(1<<31-1))...)
	masks.signless64 = table("signless64", repeat(4, operand.U64(1<<63-1))...)
}

// first loads the mask of the n first values of rows; it changes n.
func (f form) first(n reg.GPVirtual) reg.VecVirtual {
	mask, at := g.YMM(), g.GP64()
	table, size, lanes := masks.first32, 4, 8
	if f.bytes == 8 {
		table, size, lanes = masks.first64, 8, 4
	}
	g.LEAQ(table.Offset(size*lanes), at)
	g.NEGQ(n)
	g.VMOVUPS(operand.Mem{Base: at, Index: n, Scale: uint8(size)}, mask)
	return mask
}

// walk steps through d values of rows from off on, which are bytes: full calls
// that many vectors in a row, part with the mask of the last values. It changes
// d. Labels begin with name.
func (f form) walk(name string, d, off reg.GPVirtual, full func(vectors int), part func(mask reg.VecVirtual)) {
	lanes := f.lanes
	label := func(l string) string { return name + l }
	g.SUBQ(operand.Imm(uint64(sums*lanes)), d)
	g.JL(operand.LabelRef(label("_rest")))
	g.Label(label("_steps"))
	full(sums)
	g.ADDQ(operand.U32(sums*f.width()), off)
	g.SUBQ(operand.Imm(uint64(sums*lanes)), d)
	g.JGE(operand.LabelRef(label("_steps")))
	g.Label(label("_rest"))
	g.ADDQ(operand.Imm(uint64(sums*lanes)), d)
	g.JE(operand.LabelRef(label("_done")))
	// Three, two or one full vectors, then a part of one.
	g.CMPQ(d, operand.Imm(uint64(2*lanes)))
	g.JL(operand.LabelRef(label("_one")))
	full(2)
	g.ADDQ(operand.Imm(uint64(2*f.width())), off)
	g.SUBQ(operand.Imm(uint64(2*lanes)), d)
	g.Label(label("_one"))
	g.CMPQ(d, operand.Imm(uint64(lanes)))
	g.JL(operand.LabelRef(label("_part")))
	full(1)
	g.ADDQ(operand.Imm(uint64(f.width())), off)
	g.SUBQ(operand.Imm(uint64(lanes)), d)
	g.Label(label("_part"))
	g.TESTQ(d, d)
	g.JE(operand.LabelRef(label("_done")))
	part(f.first(d))
	g.Label(label("_done"))
}

// into returns the sum that vector i of so many goes to.
func into(i, vectors int) int {
	if vectors == 1 {
		return 2
	}
	return i
}

// fold adds four running sums, and then the lanes: the upper half to the lower,
// and so on.
func (v vector) fold(s []reg.VecVirtual) reg.VecVirtual {
	v.add(s[1], s[0], s[0])
	v.add(s[3], s[2], s[2])
	v.add(s[2], s[0], s[0])
	high := g.YMM()
	g.VEXTRACTF128(operand.Imm(1), s[0], high.AsX())
	v.add(high.AsX(), s[0].AsX(), s[0].AsX())
	if v.size == 4 {
		g.VMOVHLPS(s[0].AsX(), s[0].AsX(), high.AsX())
		v.add(high.AsX(), s[0].AsX(), s[0].AsX())
		g.VMOVSHDUP(s[0].AsX(), high.AsX())
		g.VADDSS(high.AsX(), s[0].AsX(), s[0].AsX())
	} else {
		g.VUNPCKHPD(s[0].AsX(), s[0].AsX(), high.AsX())
		g.VADDSD(high.AsX(), s[0].AsX(), s[0].AsX())
	}
	return s[0]
}

// pair describes a reduction of two rows.
func pair(f form, t term) {
	name := t.name + f.bits
	f.text(name+"AVX2", "func(a, b []"+f.of+") value", name+"AVX2 is "+name+"Go.")
	a, b := base("a"), base("b")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("a").Len(), d)
	g.XORQ(off, off)
	s := times(sums)
	f.clear(s...)
	f.walk("pair", d, off, func(vectors int) {
		for i := range vectors {
			x, y := g.YMM(), g.YMM()
			f.take(operand.Mem{Base: a, Index: off, Scale: 1, Disp: i * f.width()}, x)
			f.take(operand.Mem{Base: b, Index: off, Scale: 1, Disp: i * f.width()}, y)
			t.add(f.vector, x, y, s[into(i, vectors)])
		}
	}, func(mask reg.VecVirtual) {
		x, y := g.YMM(), g.YMM()
		f.part(mask, operand.Mem{Base: a, Index: off, Scale: 1}, x)
		f.part(mask, operand.Mem{Base: b, Index: off, Scale: 1}, y)
		t.add(f.vector, x, y, s[3])
	})
	end(f.fold(s))
}

// norms describes the dot product of two rows with their squared lengths.
func norms(f form) {
	name := "dotNorms" + f.bits
	f.text(name+"AVX2", "func(a, b []"+f.of+") (ab, aa, bb value)", name+"AVX2 is "+name+"Go.")
	a, b := base("a"), base("b")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("a").Len(), d)
	g.XORQ(off, off)
	ab, aa, bb := times(sums), times(sums), times(sums)
	f.clear(ab...)
	f.clear(aa...)
	f.clear(bb...)
	add := func(x, y reg.VecVirtual, i int) {
		f.fma(x, y, ab[i])
		f.fma(x, x, aa[i])
		f.fma(y, y, bb[i])
	}
	f.walk("norms", d, off, func(vectors int) {
		for i := range vectors {
			x, y := g.YMM(), g.YMM()
			f.take(operand.Mem{Base: a, Index: off, Scale: 1, Disp: i * f.width()}, x)
			f.take(operand.Mem{Base: b, Index: off, Scale: 1, Disp: i * f.width()}, y)
			add(x, y, into(i, vectors))
		}
	}, func(mask reg.VecVirtual) {
		x, y := g.YMM(), g.YMM()
		f.part(mask, operand.Mem{Base: a, Index: off, Scale: 1}, x)
		f.part(mask, operand.Mem{Base: b, Index: off, Scale: 1}, y)
		add(x, y, 3)
	})
	end(f.fold(ab), f.fold(aa), f.fold(bb))
}

// against describes a reduction of one row against others, two at a time, which
// share what is read of the one: rows listed, or one after the other. Listed
// rows may lie anywhere, so those that come ahead places later are fetched
// meanwhile.
func against(f form, t term, listed bool) {
	name, signature := t.name+"Rows"+f.bits+"AVX2", "func(dst, q, rows []value)"
	doc := name + " writes to dst the " + t.verb + " between q and the rows, one after the other."
	if listed {
		name, signature = t.name+"To"+f.bits+"AVX2", "func(dst, q, data []value, rows []int32, ahead int)"
		doc = name + " writes to dst the " + t.verb + " between q and the rows of data listed, and fetches those ahead."
	}
	f.text(name, signature, doc)
	dst, q := base("dst"), base("q")
	left := g.GP64()
	g.Load(g.Param("dst").Len(), left)
	g.TESTQ(left, left)
	g.JE(operand.LabelRef("end"))
	var list, data reg.GPVirtual
	if listed {
		list, data = base("rows"), base("data")
	} else {
		data = base("rows")
	}
	d, off := g.GP64(), g.GP64()
	rows := [2]reg.GPVirtual{g.GP64(), g.GP64()}
	next := [2]reg.GPVirtual{g.GP64(), g.GP64()}
	stride := g.GP64()
	g.Load(g.Param("q").Len(), stride)
	g.SHLQ(f.shift(), stride)

	// at finds a listed row.
	at := func(i operand.Mem, to reg.GPVirtual) {
		g.MOVLQSX(i, to)
		g.IMULQ(stride, to)
		g.ADDQ(data, to)
	}
	g.Label("rows")
	if listed {
		at(operand.Mem{Base: list}, rows[0])
		g.MOVQ(rows[0], rows[1])
		g.CMPQ(left, operand.Imm(1))
		g.JE(operand.LabelRef("last"))
		at(operand.Mem{Base: list, Disp: 4}, rows[1])
		g.Label("last")
		g.MOVQ(rows[0], next[0])
		g.MOVQ(rows[1], next[1])
		ahead := g.GP64()
		g.MOVQ(slot("ahead"), ahead)
		g.LEAQ(operand.Mem{Base: ahead, Disp: 2}, off)
		g.CMPQ(left, off)
		g.JL(operand.LabelRef("near"))
		at(operand.Mem{Base: list, Index: ahead, Scale: 4}, next[0])
		at(operand.Mem{Base: list, Index: ahead, Scale: 4, Disp: 4}, next[1])
		g.Label("near")
	} else {
		g.MOVQ(data, rows[0])
		g.MOVQ(data, rows[1])
		g.CMPQ(left, operand.Imm(1))
		g.JE(operand.LabelRef("last"))
		g.ADDQ(stride, rows[1])
		g.Label("last")
	}
	g.Load(g.Param("q").Len(), d)
	g.XORQ(off, off)
	s := [2][]reg.VecVirtual{times(sums), times(sums)}
	f.clear(s[0]...)
	f.clear(s[1]...)
	fetch := func() {
		if listed {
			for _, n := range next {
				g.PREFETCHT0(operand.Mem{Base: n, Index: off, Scale: 1})
				g.PREFETCHT0(operand.Mem{Base: n, Index: off, Scale: 1, Disp: 64})
			}
		}
	}
	f.walk("against", d, off, func(vectors int) {
		if vectors == sums {
			fetch()
		}
		for i := range vectors {
			x := g.YMM()
			f.take(operand.Mem{Base: q, Index: off, Scale: 1, Disp: i * f.width()}, x)
			for r := range rows {
				y := g.YMM()
				f.take(operand.Mem{Base: rows[r], Index: off, Scale: 1, Disp: i * f.width()}, y)
				t.add(f.vector, x, y, s[r][into(i, vectors)])
			}
		}
	}, func(mask reg.VecVirtual) {
		x := g.YMM()
		f.part(mask, operand.Mem{Base: q, Index: off, Scale: 1}, x)
		for r := range rows {
			y := g.YMM()
			f.part(mask, operand.Mem{Base: rows[r], Index: off, Scale: 1}, y)
			t.add(f.vector, x, y, s[r][3])
		}
	})
	fetch() // the rest of short rows, or what lies beyond long ones
	first, second := f.fold(s[0]), f.fold(s[1])
	g.VMOVSS(first.AsX(), operand.Mem{Base: dst})
	g.CMPQ(left, operand.Imm(1))
	g.JE(operand.LabelRef("end"))
	g.VMOVSS(second.AsX(), operand.Mem{Base: dst, Disp: 4})
	g.ADDQ(operand.Imm(8), dst)
	if listed {
		g.ADDQ(operand.Imm(8), list)
	} else {
		g.LEAQ(operand.Mem{Base: data, Index: stride, Scale: 2}, data)
	}
	g.SUBQ(operand.Imm(2), left)
	g.JNE(operand.LabelRef("rows"))
	g.Label("end")
	end()
}
