package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fourPoints describes how far the largest of three sums exceeds the second at most: of four
// points, three of them fixed, and the fourth each of a row.
func fourPoints() {
	f := forms[0]
	f.text("fourPoints32AVX2", "func(a, b, c []float32, ab, ac, bc float32) float32", "fourPoints32AVX2 is fourPoints32Go.")
	a, b, c := base("a"), base("b"), base("c")
	ab, ac, bc := g.YMM(), g.YMM(), g.YMM()
	f.broadcast(slot("ab"), ab)
	f.broadcast(slot("ac"), ac)
	f.broadcast(slot("bc"), bc)
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("a").Len(), d)
	g.XORQ(off, off)
	most := times(sums)
	f.clear(most...)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	lead := func(x, y, z reg.VecVirtual) reg.VecVirtual {
		low := g.YMM()
		g.VMINPS(x, y, low)
		g.VMAXPS(x, y, x)
		g.VMAXPS(z, low, low)
		f.sub(low, x, x)
		f.and(f.signless(), x, x)
		return x
	}
	f.walk("fourPoints", d, off, func(vectors int) {
		for i := range vectors {
			x, y, z := g.YMM(), g.YMM(), g.YMM()
			f.add(at(c, i), ab, x)
			f.add(at(b, i), ac, y)
			f.add(at(a, i), bc, z)
			s := most[into(i, vectors)]
			g.VMAXPS(lead(x, y, z), s, s)
		}
	}, func(mask reg.VecVirtual) {
		x, y, z := g.YMM(), g.YMM(), g.YMM()
		f.part(mask, at(c, 0), x)
		f.part(mask, at(b, 0), y)
		f.part(mask, at(a, 0), z)
		f.add(x, ab, x)
		f.add(y, ac, y)
		f.add(z, bc, z)
		x = lead(x, y, z)
		f.and(mask, x, x)
		g.VMAXPS(x, most[3], most[3])
	})
	g.VMAXPS(most[1], most[0], most[0])
	g.VMAXPS(most[3], most[2], most[2])
	g.VMAXPS(most[2], most[0], most[0])
	high, low := g.YMM(), most[0].AsX()
	g.VEXTRACTF128(operand.Imm(1), most[0], high.AsX())
	g.VMAXPS(high.AsX(), low, low)
	g.VMOVHLPS(low, low, high.AsX())
	g.VMAXPS(high.AsX(), low, low)
	g.VMOVSHDUP(low, high.AsX())
	g.VMAXSS(high.AsX(), low, low)
	end(most[0])
}
