package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addSquares describes the sum of a row and the squared differences of another from a
// value.
func addSquares(f form) {
	name := "addSquares" + f.bits
	f.text(name+"AVX2", "func(dst, x []value, here value)", name+"AVX2 is "+name+"Go, rounded once.")
	here := g.YMM()
	f.broadcast(slot("here"), here)
	dst, x := base("dst"), base("x")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("dst").Len(), d)
	g.XORQ(off, off)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("addSquares", d, off, func(vectors int) {
		for i := range vectors {
			u, w := g.YMM(), g.YMM()
			f.load(at(dst, i), u)
			f.sub(at(x, i), here, w)
			f.fma(w, w, u)
			f.store(u, at(dst, i))
		}
	}, func(mask reg.VecVirtual) {
		u, w := g.YMM(), g.YMM()
		f.part(mask, at(dst, 0), u)
		f.part(mask, at(x, 0), w)
		f.sub(w, here, w)
		f.fma(w, w, u)
		f.keep(mask, u, at(dst, 0))
	})
	end()
}

// ratios describes what is left of stress when squared distances become ratios.
func ratios(f form) {
	name := "ratios" + f.bits
	f.text(name+"AVX2", "func(values, targets []value) (stress, squares value)", name+"AVX2 is "+name+"Go.")
	values, targets := base("values"), base("targets")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("values").Len(), d)
	g.XORQ(off, off)
	stress, squares, zero := times(sums), times(sums), g.YMM()
	f.clear(stress...)
	f.clear(squares...)
	f.clear(zero)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	// Coincident points pull in no direction.
	ratio := func(square, target reg.VecVirtual, sum int) reg.VecVirtual {
		length, missed, apart := g.YMM(), g.YMM(), g.YMM()
		g.VSQRTPD(square, length)
		f.add(square, squares[sum], squares[sum])
		f.sub(target, length, missed)
		f.fma(missed, missed, stress[sum])
		const notEqual = 4
		g.VCMPPD(operand.Imm(notEqual), zero, square, apart)
		g.VDIVPD(length, target, length)
		f.and(apart, length, length)
		return length
	}
	f.walk("ratios", d, off, func(vectors int) {
		for i := range vectors {
			u, w := g.YMM(), g.YMM()
			f.load(at(values, i), u)
			f.load(at(targets, i), w)
			f.store(ratio(u, w, into(i, vectors)), at(values, i))
		}
	}, func(mask reg.VecVirtual) {
		u, w := g.YMM(), g.YMM()
		f.part(mask, at(values, 0), u)
		f.part(mask, at(targets, 0), w)
		f.keep(mask, ratio(u, w, 3), at(values, 0))
	})
	end(f.fold(stress), f.fold(squares))
}

// pull describes the difference of a row and the products of another with how far a
// third is from a value, and the sum of these.
func pull(f form) {
	name := "pull" + f.bits
	f.text(name+"AVX2", "func(dst, ratios, x []value, here value) value", name+"AVX2 is "+name+"Go.")
	here := g.YMM()
	f.broadcast(slot("here"), here)
	dst, ratios, x := base("dst"), base("ratios"), base("x")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("dst").Len(), d)
	g.XORQ(off, off)
	s := times(sums)
	f.clear(s...)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("pull", d, off, func(vectors int) {
		for i := range vectors {
			u, w := g.YMM(), g.YMM()
			f.sub(at(x, i), here, w)
			f.mul(at(ratios, i), w, w)
			f.load(at(dst, i), u)
			f.sub(w, u, u)
			f.store(u, at(dst, i))
			f.add(w, s[into(i, vectors)], s[into(i, vectors)])
		}
	}, func(mask reg.VecVirtual) {
		u, w, z := g.YMM(), g.YMM(), g.YMM()
		f.part(mask, at(x, 0), w)
		f.part(mask, at(ratios, 0), z) // zeros beyond the end
		f.sub(w, here, w)
		f.mul(z, w, w)
		f.part(mask, at(dst, 0), u)
		f.sub(w, u, u)
		f.keep(mask, u, at(dst, 0))
		f.add(w, s[3], s[3])
	})
	end(f.fold(s))
}
