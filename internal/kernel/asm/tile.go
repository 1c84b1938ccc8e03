package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile describes the innermost loop of all matrix products: tiles of six rows
// and two vectors of columns, one below the other, against one panel of b.
// Twelve sums, two vectors of b and two values of a fill the sixteen registers;
// the six cycles of twelve FMAs cover eight loads. Four rows, for what is left
// below them, take four cycles.
func tile(v vector, name string, rows int) {
	name += v.bits + "AVX2"
	v.text(name, "func(k, tiles int, a []value, aRow, aCol, aTile int, b, c []value, cRow int, alpha, beta value)",
		name+" is tileGo for tiles of "+itoa(rows)+" rows and "+itoa(2*v.lanes)+" columns.")

	aBase, c := base("a"), base("c")
	aRow, aCol, cRow := v.bytes("aRow"), v.bytes("aCol"), v.bytes("cRow")
	g.SHLQ(v.shift(), slot("aTile"))
	aRow3, aRow5 := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: aRow, Index: aRow, Scale: 2}, aRow3)
	g.LEAQ(operand.Mem{Base: aRow, Index: aRow, Scale: 4}, aRow5)
	a, b, k := g.GP64(), g.GP64(), g.GP64()
	at := []operand.Mem{
		{Base: a}, {Base: a, Index: aRow, Scale: 1}, {Base: a, Index: aRow, Scale: 2},
		{Base: a, Index: aRow3, Scale: 1}, {Base: a, Index: aRow, Scale: 4}, {Base: a, Index: aRow5, Scale: 1},
	}

	g.Label("tile")
	sum := make([][]reg.VecVirtual, rows)
	for i := range sum {
		sum[i] = times(2)
		v.clear(sum[i]...)
	}
	// The tile of c is on its way while the products are summed.
	g.MOVQ(c, a)
	for i := range rows {
		g.PREFETCHT0(operand.Mem{Base: a})
		g.PREFETCHT0(operand.Mem{Base: a, Disp: 2*v.lanes*v.size - 1})
		if i < rows-1 {
			g.ADDQ(cRow, a)
		}
	}
	g.MOVQ(aBase, a)
	g.Load(g.Param("b").Base(), b)
	g.MOVQ(slot("k"), k)

	step := func(i int) {
		panel := times(2)
		v.load(operand.Mem{Base: b, Disp: 64 * i}, panel[0])
		v.load(operand.Mem{Base: b, Disp: 64*i + 32}, panel[1])
		for i := range rows {
			value := g.YMM()
			v.broadcast(at[i], value)
			v.fma(panel[0], value, sum[i][0])
			v.fma(panel[1], value, sum[i][1])
		}
		g.ADDQ(aCol, a)
	}
	const unroll = 4
	g.SUBQ(operand.Imm(unroll), k)
	g.JL(operand.LabelRef("rest"))
	g.Label("steps")
	for i := range unroll {
		step(i)
	}
	g.ADDQ(operand.U32(64*unroll), b)
	g.SUBQ(operand.Imm(unroll), k)
	g.JGE(operand.LabelRef("steps"))
	g.Label("rest")
	g.ADDQ(operand.Imm(unroll), k)
	g.JE(operand.LabelRef("scale"))
	g.Label("step")
	step(0)
	g.ADDQ(operand.Imm(64), b)
	g.DECQ(k)
	g.JNE(operand.LabelRef("step"))

	g.Label("scale")
	alpha := g.YMM()
	v.broadcast(slot("alpha"), alpha)
	v.ifZero("beta", "replace")
	beta := g.YMM()
	v.broadcast(slot("beta"), beta)
	for i := range rows {
		for j := range 2 {
			old, to := g.YMM(), operand.Mem{Base: c, Disp: 32 * j}
			v.mul(to, beta, old)
			v.fma(sum[i][j], alpha, old)
			v.store(old, to)
		}
		g.ADDQ(cRow, c)
	}
	g.JMP(operand.LabelRef("next"))
	g.Label("replace")
	for i := range rows {
		for j := range 2 {
			v.mul(sum[i][j], alpha, sum[i][j])
			v.store(sum[i][j], operand.Mem{Base: c, Disp: 32 * j})
		}
		g.ADDQ(cRow, c)
	}
	g.Label("next")
	g.ADDQ(slot("aTile"), aBase)
	g.DECQ(slot("tiles"))
	g.JNE(operand.LabelRef("tile"))
	end()
}

// ifZero jumps to a label where a parameter is zero of either sign, and not a NaN:
// where its other bits are.
func (v vector) ifZero(name, label string) {
	bits := g.GP64()
	if v.size == 4 {
		g.MOVL(slot(name), bits.As32())
		g.SHLL(operand.Imm(1), bits.As32())
	} else {
		g.MOVQ(slot(name), bits)
		g.SHLQ(operand.Imm(1), bits)
	}
	g.JE(operand.LabelRef(label))
}

// transpose describes the packing of rows that stand the wrong way: two vectors
// of rows become the columns of a panel, a vector of steps at a time.
func transpose(v vector) {
	v.text("panel"+v.bits+"AVX2", "func(k int, rows []value, stride int, panel []value)",
		"panel"+v.bits+"AVX2 packs k values, a multiple of "+itoa(v.lanes)+", of "+itoa(2*v.lanes)+" rows into a panel.")
	k, from, to, stride := param("k"), base("rows"), base("panel"), v.bytes("stride")
	stride3, lower, half := g.GP64(), g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	row := func(at reg.Register, i, disp int) operand.Mem {
		return [4]operand.Mem{{Base: at, Disp: disp}, {Base: at, Index: stride, Scale: 1, Disp: disp},
			{Base: at, Index: stride, Scale: 2, Disp: disp}, {Base: at, Index: stride3, Scale: 1, Disp: disp}}[i]
	}
	g.Label("steps")
	g.MOVQ(from, half)
	for h := range 2 { // one vector of the panel
		g.LEAQ(operand.Mem{Base: half, Index: stride, Scale: 4}, lower)
		line := func(step int) operand.Mem {
			return operand.Mem{Base: to, Disp: 32 * (2*step + h)}
		}
		if v.size == 4 {
			// Register i holds steps 0–3 of row i and of row i+4, then 4–7 of both.
			for q := range 2 {
				r := times(4)
				for i := range 4 {
					g.VBROADCASTF128(row(half, i, 16*q), r[i])
					g.VINSERTF128(operand.Imm(1), row(lower, i, 16*q), r[i], r[i])
				}
				t := times(4)
				g.VUNPCKLPS(r[1], r[0], t[0])
				g.VUNPCKHPS(r[1], r[0], t[1])
				g.VUNPCKLPS(r[3], r[2], t[2])
				g.VUNPCKHPS(r[3], r[2], t[3])
				for i := range 2 {
					even, odd := g.YMM(), g.YMM()
					g.VUNPCKLPD(t[2+i], t[i], even)
					g.VUNPCKHPD(t[2+i], t[i], odd)
					v.store(even, line(4*q+2*i))
					v.store(odd, line(4*q+2*i+1))
				}
			}
			if h == 0 {
				g.LEAQ(operand.Mem{Base: lower, Index: stride, Scale: 4}, half)
			}
			continue
		}
		// Register i holds steps 0 and 1 of row i and of row i+2, then 2 and 3.
		for q := range 2 {
			r := times(2)
			for i := range 2 {
				g.VBROADCASTF128(row(half, i, 16*q), r[i])
				g.VINSERTF128(operand.Imm(1), row(half, i+2, 16*q), r[i], r[i])
			}
			even, odd := g.YMM(), g.YMM()
			g.VUNPCKLPD(r[1], r[0], even)
			g.VUNPCKHPD(r[1], r[0], odd)
			v.store(even, line(2*q))
			v.store(odd, line(2*q+1))
		}
		if h == 0 {
			g.MOVQ(lower, half)
		}
	}
	g.ADDQ(operand.Imm(32), from)
	g.ADDQ(operand.U32(64*v.lanes), to)
	g.SUBQ(operand.Imm(uint64(v.lanes)), k)
	g.JNE(operand.LabelRef("steps"))
	end()
}

// columns describes the packing of values that stand the right way: n at each
// step, to the columns of a panel or, where rows are given, to the rows of a tile. The
// missing ones are zeros. Steps narrower than vectors are stored one over the end of
// the other, and the last one goes beyond its end.
func columns(v vector, rows int) {
	name, width := "columns"+v.bits+"AVX2", 2*v.lanes
	doc := name + " packs n values at each of k steps into a panel of " + itoa(width) + " columns."
	vectors := 2
	if rows > 0 {
		name, width = "rows"+itoa(rows)+"x"+v.bits+"AVX2", rows
		vectors = (rows + v.lanes - 1) / v.lanes
		doc = name + " packs n values at each of k steps, one or more, into a tile of " + itoa(rows) + " rows"
		if more := vectors*v.lanes - rows; more > 0 {
			doc += ", and " + itoa(more) + " more at the end"
		}
		doc += "."
	}
	v.text(name, "func(k, n int, from []value, stride int, to []value)", doc)
	k, n, from, to, stride := param("k"), param("n"), base("from"), base("to"), v.bytes("stride")
	f := forms[v.size/8]
	// The first vector has min(n, lanes) of the values, the others the rest.
	mask := make([]reg.VecVirtual, vectors)
	for i := range mask {
		part, bound := g.GP64(), g.GP64()
		g.MOVQ(n, part)
		if i > 0 {
			g.SUBQ(operand.Imm(uint64(i*v.lanes)), part)
			g.XORQ(bound, bound)
			g.CMPQ(part, bound)
			g.CMOVQLT(bound, part)
		}
		if i < vectors-1 {
			g.MOVQ(operand.U32(v.lanes), bound)
			g.CMPQ(part, bound)
			g.CMOVQGT(bound, part)
		}
		mask[i] = f.first(part)
	}
	g.Label("steps")
	for i := range mask {
		x := g.YMM()
		f.part(mask[i], operand.Mem{Base: from, Disp: 32 * i}, x)
		v.store(x, operand.Mem{Base: to, Disp: 32 * i})
	}
	g.ADDQ(stride, from)
	g.ADDQ(operand.Imm(uint64(width*v.size)), to)
	g.DECQ(k)
	g.JNE(operand.LabelRef("steps"))
	end()
}
