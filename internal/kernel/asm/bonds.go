package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bonds describes the pull of the points bound to others, eight at a time: places are
// fetched one by one, for the processors on which that is no slower than to gather.
func bonds(near bool) {
	name := "bonds32AVX2"
	if near {
		name = "nearBonds32AVX2"
	}
	v := single
	v.text(name, "func(dst, at, y []value, start []int, others []int32, scale, offset value)",
		name+" is bonds32Go, with near or without, for at least one point and lists of multiples of 8.")
	dst, at, y, start, others := base("dst"), base("at"), base("y"), base("start"), base("others")
	offset, one, scale := g.YMM(), g.YMM(), g.XMM()
	v.broadcast(slot("offset"), offset)
	v.broadcast(slot("scale"), scale)
	bits := g.GP32()
	g.MOVL(operand.U32(0x3F800000), bits) // of 1
	g.VMOVD(bits, one.AsX())
	v.broadcast(one.AsX(), one)
	points, p := g.GP64(), g.GP64()
	g.Load(g.Param("start").Len(), points)
	g.DECQ(points)
	g.XORQ(p, p)

	g.Label("points")
	k, end_ := g.GP64(), g.GP64()
	g.MOVQ(operand.Mem{Base: start, Index: p, Scale: 8}, k)
	g.MOVQ(operand.Mem{Base: start, Index: p, Scale: 8, Disp: 8}, end_)
	here, sums := times(2), times(2)
	v.clear(sums...)
	for c, h := range here {
		v.broadcast(operand.Mem{Base: at, Index: p, Scale: 8, Disp: 4 * c}, h)
	}
	g.CMPQ(k, end_)
	g.JGE(operand.LabelRef("summed"))
	g.Label("others")
	// place fetches the points numbered from there, two to a half of what it returns.
	place := func(first int) reg.VecVirtual {
		var halves [2]reg.VecVirtual
		for h := range halves {
			halves[h] = g.YMM()
			x := halves[h].AsX()
			for lane := range 2 {
				q := g.GP64()
				g.MOVLQSX(operand.Mem{Base: others, Index: k, Scale: 4, Disp: 4 * (first + 2*h + lane)}, q)
				m := operand.Mem{Base: y, Index: q, Scale: 8}
				if lane == 0 {
					g.VMOVSD(m, x)
				} else {
					g.VMOVHPS(m, x, x)
				}
			}
		}
		all := g.YMM()
		g.VINSERTF128(operand.Imm(1), halves[1].AsX(), halves[0], all)
		return all
	}
	a, b := place(0), place(4)
	apart := times(2)
	const evens, odds = 0x88, 0xDD
	for c, which := range []uint64{evens, odds} {
		g.VSHUFPS(operand.Imm(which), b, a, apart[c])
		v.sub(apart[c], here[c], apart[c])
	}
	square, w := g.YMM(), g.YMM()
	v.mul(apart[0], apart[0], square)
	v.fma(apart[1], apart[1], square)
	v.add(offset, square, w)
	v.mul(w, w, w)
	if near {
		v.add(one, square, square)
		g.VSQRTPS(square, square)
		v.mul(square, w, w)
	}
	g.VDIVPS(w, one, w)
	for c, d := range apart {
		v.fma(w, d, sums[c])
	}
	g.ADDQ(operand.Imm(8), k)
	g.CMPQ(k, end_)
	g.JL(operand.LabelRef("others"))
	g.Label("summed")
	both, upper := g.YMM(), g.XMM()
	g.VHADDPS(sums[1], sums[0], both)
	g.VHADDPS(both, both, both)
	g.VEXTRACTF128(operand.Imm(1), both, upper)
	sum, old := both.AsX(), g.XMM()
	v.add(upper, sum, sum)
	to := operand.Mem{Base: dst, Index: p, Scale: 8}
	g.VMOVSD(to, old)
	v.fma(scale, sum, old)
	g.VMOVSD(old, to)
	g.INCQ(p)
	g.CMPQ(p, points)
	g.JL(operand.LabelRef("points"))
	end()
}
