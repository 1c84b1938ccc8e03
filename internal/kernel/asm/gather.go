package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gather describes one row of the product of a sparse matrix and a block: a
// weighted sum of the rows of the block that are listed.
func gather(f form) {
	name := "gather" + f.bits
	f.text(name+"AVX2", "func(alpha value, values []value, rows []int32, x []value, stride int, beta value, dst []value)",
		name+"AVX2 is "+name+"Go, each product rounded once with its sum.")
	alpha, beta := g.YMM(), g.YMM()
	f.broadcast(slot("alpha"), alpha)
	f.broadcast(slot("beta"), beta)
	values, rows, x, dst := base("values"), base("rows"), base("x"), base("dst")
	stride := f.vector.bytes("stride")
	count, again, d, off := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.Load(g.Param("rows").Len(), count)
	g.Load(g.Param("dst").Len(), d)
	g.XORQ(off, off)
	// Positive and negative zero are both a beta of nothing.
	g.MOVQ(slot("beta"), again)
	g.ADDQ(again, again)

	part := 0
	sum := func(vectors int, add func(s []reg.VecVirtual, row reg.GPVirtual, v reg.VecVirtual), store func(s []reg.VecVirtual, old bool)) {
		part++
		label := func(l string) string { return "gather_" + l + itoa(part) }
		s := times(vectors)
		f.clear(s...)
		k := g.GP64()
		g.XORQ(k, k)
		g.TESTQ(count, count)
		g.JE(operand.LabelRef(label("summed")))
		g.Label(label("next"))
		row, v := g.GP64(), g.YMM()
		g.MOVLQSX(operand.Mem{Base: rows, Index: k, Scale: 4}, row)
		g.IMULQ(stride, row)
		g.ADDQ(x, row)
		f.broadcast(operand.Mem{Base: values, Index: k, Scale: uint8(f.size)}, v)
		add(s, row, v)
		g.INCQ(k)
		g.CMPQ(k, count)
		g.JL(operand.LabelRef(label("next")))
		g.Label(label("summed"))
		for _, t := range s {
			f.mul(t, alpha, t)
		}
		g.TESTQ(again, again)
		g.JE(operand.LabelRef(label("fresh")))
		store(s, true)
		g.JMP(operand.LabelRef(label("stored")))
		g.Label(label("fresh"))
		store(s, false)
		g.Label(label("stored"))
	}
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("gather", d, off, func(vectors int) {
		sum(vectors, func(s []reg.VecVirtual, row reg.GPVirtual, v reg.VecVirtual) {
			for i, t := range s {
				f.fma(at(row, i), v, t)
			}
		}, func(s []reg.VecVirtual, old bool) {
			for i, t := range s {
				if old {
					f.fma(at(dst, i), beta, t)
				}
				f.store(t, at(dst, i))
			}
		})
	}, func(mask reg.VecVirtual) {
		sum(1, func(s []reg.VecVirtual, row reg.GPVirtual, v reg.VecVirtual) {
			u := g.YMM()
			f.part(mask, at(row, 0), u)
			f.fma(u, v, s[0])
		}, func(s []reg.VecVirtual, old bool) {
			if old {
				u := g.YMM()
				f.part(mask, at(dst, 0), u)
				f.fma(u, beta, s[0])
			}
			f.keep(mask, s[0], at(dst, 0))
		})
	})
	end()
}
