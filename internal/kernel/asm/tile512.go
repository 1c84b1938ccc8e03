package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile512 describes the innermost loop of all matrix products where registers
// are twice as wide: tiles of twelve rows and one vector of columns, whose panels
// are those of tile. Every value is summed as there, so that both have the same
// bits. Twelve FMAs take six cycles of two units, and cover thirteen loads: what
// an FMA reads of a is spread over its vector on the way.
func tile512(v vector) {
	const rows = 12
	name := "tile" + v.bits + "AVX512"
	v.text(name, "func(k, tiles int, a []value, aRow, aCol, aTile int, b, c []value, cRow int, alpha, beta value)",
		name+" is tileGo for tiles of "+itoa(rows)+" rows and "+itoa(2*v.lanes)+" columns.")

	aBase, c := base("a"), base("c")
	aRow, aCol, cRow := v.bytes("aRow"), v.bytes("aCol"), v.bytes("cRow")
	g.SHLQ(v.shift(), slot("aTile"))
	aRow3, aRow5 := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: aRow, Index: aRow, Scale: 2}, aRow3)
	g.LEAQ(operand.Mem{Base: aRow, Index: aRow, Scale: 4}, aRow5)
	halves := [2]reg.GPVirtual{g.GP64(), g.GP64()} // of the rows
	b, k := g.GP64(), g.GP64()
	var at []operand.Mem
	for _, a := range halves {
		at = append(at, operand.Mem{Base: a}, operand.Mem{Base: a, Index: aRow, Scale: 1}, operand.Mem{Base: a, Index: aRow, Scale: 2},
			operand.Mem{Base: a, Index: aRow3, Scale: 1}, operand.Mem{Base: a, Index: aRow, Scale: 4}, operand.Mem{Base: a, Index: aRow5, Scale: 1})
	}

	g.Label("tile")
	sum := make([]reg.VecVirtual, rows)
	for i := range sum {
		sum[i] = g.ZMM()
		v.clear(sum[i])
	}
	// The tile of c is on its way while the products are summed.
	g.MOVQ(c, k)
	for i := range rows {
		g.PREFETCHT0(operand.Mem{Base: k})
		g.PREFETCHT0(operand.Mem{Base: k, Disp: 63})
		if i < rows-1 {
			g.ADDQ(cRow, k)
		}
	}
	g.MOVQ(aBase, halves[0])
	g.LEAQ(operand.Mem{Base: aBase, Index: aRow3, Scale: 2}, halves[1])
	g.Load(g.Param("b").Base(), b)
	g.MOVQ(slot("k"), k)

	step := func(i int) {
		panel := g.ZMM()
		v.load(operand.Mem{Base: b, Disp: 64 * i}, panel)
		for i, s := range sum {
			v.fmaSpread(at[i], panel, s)
		}
		g.ADDQ(aCol, halves[0])
		g.ADDQ(aCol, halves[1])
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
	alpha := g.ZMM()
	v.broadcast(slot("alpha"), alpha)
	v.ifZero("beta", "replace")
	beta := g.ZMM()
	v.broadcast(slot("beta"), beta)
	for _, s := range sum {
		old := g.ZMM()
		v.mul(operand.Mem{Base: c}, beta, old)
		v.fma(s, alpha, old)
		v.store(old, operand.Mem{Base: c})
		g.ADDQ(cRow, c)
	}
	g.JMP(operand.LabelRef("next"))
	g.Label("replace")
	for _, s := range sum {
		v.mul(s, alpha, s)
		v.store(s, operand.Mem{Base: c})
		g.ADDQ(cRow, c)
	}
	g.Label("next")
	g.ADDQ(slot("aTile"), aBase)
	g.DECQ(slot("tiles"))
	g.JNE(operand.LabelRef("tile"))
	end()
}
