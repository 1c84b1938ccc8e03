package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// keep stores the values of a mask.
func (v vector) keep(mask, from reg.VecVirtual, to operand.Mem) {
	if v.size == 4 {
		g.VMASKMOVPS(from, mask, to)
	} else {
		g.VMASKMOVPD(from, mask, to)
	}
}

// axpy describes the sum of a row and a multiple of another.
func axpy(f form) {
	name := "axpy" + f.bits
	f.text(name+"AVX2", "func(alpha value, x, y []value)", name+"AVX2 is "+name+"Go, rounded once.")
	alpha := g.YMM()
	f.broadcast(slot("alpha"), alpha)
	x, y := base("x"), base("y")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("y").Len(), d)
	g.XORQ(off, off)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("axpy", d, off, func(vectors int) {
		for i := range vectors {
			u := g.YMM()
			f.load(at(y, i), u)
			f.fma(at(x, i), alpha, u)
			f.store(u, at(y, i))
		}
	}, func(mask reg.VecVirtual) {
		u, w := g.YMM(), g.YMM()
		f.part(mask, at(y, 0), u)
		f.part(mask, at(x, 0), w)
		f.fma(w, alpha, u)
		f.keep(mask, u, at(y, 0))
	})
	end()
}

// difference describes the difference of two rows with its squared length.
func difference(f form) {
	name := "difference" + f.bits
	f.text(name+"AVX2", "func(dst, a, b []value) value", name+"AVX2 is "+name+"Go.")
	dst, a, b := base("dst"), base("a"), base("b")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("dst").Len(), d)
	g.XORQ(off, off)
	s := times(sums)
	f.clear(s...)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("difference", d, off, func(vectors int) {
		for i := range vectors {
			u := g.YMM()
			f.load(at(a, i), u)
			f.sub(at(b, i), u, u)
			f.store(u, at(dst, i))
			f.fma(u, u, s[into(i, vectors)])
		}
	}, func(mask reg.VecVirtual) {
		u, w := g.YMM(), g.YMM()
		f.part(mask, at(a, 0), u)
		f.part(mask, at(b, 0), w)
		f.sub(w, u, u)
		f.keep(mask, u, at(dst, 0))
		f.fma(u, u, s[3])
	})
	end(f.fold(s))
}

// dotAxpy describes a dot product and an axpy that read their row once.
func dotAxpy(f form) {
	name := "dotAxpy" + f.bits
	f.text(name+"AVX2", "func(alpha value, a, x, y []value) value", name+"AVX2 is "+name+"Go.")
	alpha := g.YMM()
	f.broadcast(slot("alpha"), alpha)
	a, x, y := base("a"), base("x"), base("y")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("a").Len(), d)
	g.XORQ(off, off)
	s := times(sums)
	f.clear(s...)
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("dotAxpy", d, off, func(vectors int) {
		for i := range vectors {
			u, w := g.YMM(), g.YMM()
			f.load(at(a, i), u)
			f.fma(at(x, i), u, s[into(i, vectors)])
			f.load(at(y, i), w)
			f.fma(u, alpha, w)
			f.store(w, at(y, i))
		}
	}, func(mask reg.VecVirtual) {
		u, w, z := g.YMM(), g.YMM(), g.YMM()
		f.part(mask, at(a, 0), u)
		f.part(mask, at(x, 0), z)
		f.fma(z, u, s[3])
		f.part(mask, at(y, 0), w)
		f.fma(u, alpha, w)
		f.keep(mask, w, at(y, 0))
	})
	end(f.fold(s))
}

// scal describes the multiple of a row.
func scal(f form) {
	name := "scal" + f.bits
	f.text(name+"AVX2", "func(alpha value, x []value)", name+"AVX2 is "+name+"Go.")
	alpha := g.YMM()
	f.broadcast(slot("alpha"), alpha)
	x := base("x")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("x").Len(), d)
	g.XORQ(off, off)
	f.walk("scal", d, off, func(vectors int) {
		for i := range vectors {
			u, at := g.YMM(), operand.Mem{Base: x, Index: off, Scale: 1, Disp: 32 * i}
			f.mul(at, alpha, u)
			f.store(u, at)
		}
	}, func(mask reg.VecVirtual) {
		u, at := g.YMM(), operand.Mem{Base: x, Index: off, Scale: 1}
		f.part(mask, at, u)
		f.mul(u, alpha, u)
		f.keep(mask, u, at)
	})
	end()
}

// rot describes a rotation of two rows.
func rot(f form) {
	name := "rot" + f.bits
	f.text(name+"AVX2", "func(x, y []value, c, s value)", name+"AVX2 is "+name+"Go, each value rounded twice.")
	c, s := g.YMM(), g.YMM()
	f.broadcast(slot("c"), c)
	f.broadcast(slot("s"), s)
	x, y := base("x"), base("y")
	d, off := g.GP64(), g.GP64()
	g.Load(g.Param("x").Len(), d)
	g.XORQ(off, off)
	turn := func(u, w reg.VecVirtual) (reg.VecVirtual, reg.VecVirtual) {
		p, q := g.YMM(), g.YMM()
		f.mul(w, s, p)
		f.fma(u, c, p)
		f.mul(u, s, q)
		g.VFMSUB231PD(w, c, q)
		return p, q
	}
	at := func(row reg.GPVirtual, i int) operand.Mem {
		return operand.Mem{Base: row, Index: off, Scale: 1, Disp: 32 * i}
	}
	f.walk("rot", d, off, func(vectors int) {
		for i := range vectors {
			u, w := g.YMM(), g.YMM()
			f.load(at(x, i), u)
			f.load(at(y, i), w)
			p, q := turn(u, w)
			f.store(p, at(x, i))
			f.store(q, at(y, i))
		}
	}, func(mask reg.VecVirtual) {
		u, w := g.YMM(), g.YMM()
		f.part(mask, at(x, 0), u)
		f.part(mask, at(y, 0), w)
		p, q := turn(u, w)
		f.keep(mask, p, at(x, 0))
		f.keep(mask, q, at(y, 0))
	})
	end()
}
