package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spread is a vector in memory of one value.
func spread(name string, value float64) operand.Mem {
	m := g.StaticGlobal(name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 4 {
		g.AppendDatum(operand.U64(math.Float64bits(value))) // whole numbers are printed without a point
	}
	return m
}

// decay describes exponentials of −rate times values, or times their roots.
//
// With x = k·ln 2 + r, a whole k and |r| ≤ ½·ln 2, the exponential is 2ᵏ·eʳ. Taylor's
// polynomial of degree 13 gives eʳ to less than the last digit.
func decay(f form) {
	const degree = 13
	log2e := spread("decayLog2e", math.Log2E)
	// The upper part of ln 2 has 21 bits less than it could have, so that k times it is exact.
	upper := math.Float64frombits(math.Float64bits(math.Ln2) &^ (1<<21 - 1))
	high, low := spread("decayHigh", upper), spread("decayLow", 1.90821492927058770002e-10+(0.693147180369123816490-upper))
	// Added to a small number, it leaves the nearest whole one in the lowest bits.
	shift := spread("decayShift", 0x1.8p52)
	// Below it the exponential is no normal number.
	least := spread("decayLeast", -708)
	var terms [degree + 1]operand.Mem
	factorial := 1.
	for i := range terms {
		factorial *= float64(max(i, 1))
		terms[i] = spread("decayTerm"+itoa(i), 1/factorial)
	}
	for _, roots := range []bool{false, true} {
		name, label := "decay"+f.bits, "decay"
		if roots {
			name, label = "decayRoots"+f.bits, "decayRoots"
		}
		f.text(name+"AVX2", "func(values []value, rate value)", name+"AVX2 is "+name+"Go, but for the last digit.")
		rate, bottom := g.YMM(), g.YMM()
		f.broadcast(slot("rate"), rate)
		f.clear(bottom)
		f.sub(rate, bottom, rate)
		f.load(least, bottom)
		values := base("values")
		d, off := g.GP64(), g.GP64()
		g.Load(g.Param("values").Len(), d)
		g.XORQ(off, off)
		at := func(i int) operand.Mem { return operand.Mem{Base: values, Index: off, Scale: 1, Disp: 32 * i} }
		of := func(x reg.VecVirtual) reg.VecVirtual {
			if roots {
				g.VSQRTPD(x, x)
			}
			f.mul(rate, x, x)
			some, k, p := g.YMM(), g.YMM(), g.YMM()
			const notLess = 13 // greater or equal
			g.VCMPPD(operand.Imm(notLess), bottom, x, some)
			g.VMAXPD(bottom, x, x)
			f.load(shift, k)
			f.fma(log2e, x, k) // k in its lowest bits
			f.load(shift, p)
			f.sub(p, k, p) // k
			g.VFNMADD231PD(high, p, x)
			g.VFNMADD231PD(low, p, x) // r
			f.load(terms[degree], p)
			for i := degree - 1; i >= 0; i-- {
				g.VFMADD213PD(terms[i], x, p)
			}
			g.VPSLLQ(operand.Imm(52), k, k)
			g.VPADDQ(k, p, p)
			f.and(some, p, p)
			return p
		}
		f.walk(label, d, off, func(vectors int) {
			for i := range vectors {
				x := g.YMM()
				f.load(at(i), x)
				f.store(of(x), at(i))
			}
		}, func(mask reg.VecVirtual) {
			x := g.YMM()
			f.part(mask, at(0), x)
			f.keep(mask, of(x), at(0))
		})
		end()
	}
}
