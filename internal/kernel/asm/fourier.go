package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// fourier describes one pass of a Fourier transform: butterflies of radix rows at
// equal distances, each row but the first of the result times a twiddle factor.
func fourier(v vector, radix int) {
	constant := func(name string, value float64) operand.Mem {
		m := g.StaticGlobal(name + itoa(radix) + "x" + v.bits)
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		g.AppendDatum(operand.F32(value))
		return m
	}
	var cosine, sine [3]operand.Mem
	for i := 1; radix%2 == 1 && i <= radix/2; i++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(radix))
		cosine[i], sine[i] = constant("cosine"+itoa(i)+"of", cos), constant("sine"+itoa(i)+"of", sin)
	}

	name := "fourier" + itoa(radix) + "x" + v.bits
	v.text(name+"AVX2", "func(toRe []value, toIm []value, fromRe []value, fromIm []value, twiddles []value, run int)",
		name+"AVX2 is fourierGo of radix "+itoa(radix)+" for one group or more and whole vectors.")
	to, from := [2]reg.GPVirtual{base("toRe"), base("toIm")}, [2]reg.GPVirtual{base("fromRe"), base("fromIm")}
	twiddles, run, until := base("twiddles"), v.bytes("run"), g.GP64()
	g.Load(g.Param("fromRe").Len(), until)
	g.SHLQ(v.shift(), until)
	// The rows of a butterfly are len(from)/radix apart.
	leg := g.GP64()
	g.MOVQ(until, reg.RAX)
	g.XORQ(reg.RDX, reg.RDX)
	g.MOVQ(operand.I32(int32(radix)), leg)
	g.DIVQ(leg)
	g.MOVQ(reg.RAX, leg)
	g.MOVQ(from[0], until)
	g.ADDQ(leg, until)
	leg3, run3, count := g.GP64(), g.GP64(), g.GP64()
	if radix > 3 {
		g.LEAQ(operand.Mem{Base: leg, Index: leg, Scale: 2}, leg3)
		g.LEAQ(operand.Mem{Base: run, Index: run, Scale: 2}, run3)
	}
	line := func(at, one, three reg.Register, i int) operand.Mem {
		return [5]operand.Mem{{Base: at}, {Base: at, Index: one, Scale: 1}, {Base: at, Index: one, Scale: 2},
			{Base: at, Index: three, Scale: 1}, {Base: at, Index: one, Scale: 4}}[i]
	}

	g.Label("groups")
	g.MOVQ(run, count)
	g.Label("vectors")
	x := make([][2]reg.VecVirtual, radix)
	for i := range x {
		for c := range 2 {
			x[i][c] = g.YMM()
			v.load(line(from[c], leg, leg3, i), x[i][c])
		}
	}
	sum := func(a, b reg.VecVirtual) reg.VecVirtual {
		s := g.YMM()
		v.add(b, a, s)
		return s
	}
	difference := func(a, b reg.VecVirtual) reg.VecVirtual {
		s := g.YMM()
		v.sub(b, a, s)
		return s
	}
	// keep stores a row of the result, turned by its twiddle.
	keep := func(i int, re, im reg.VecVirtual) {
		if i == 0 {
			v.store(re, line(to[0], run, run3, 0))
			v.store(im, line(to[1], run, run3, 0))
			return
		}
		cos, sin, a, b := g.YMM(), g.YMM(), g.YMM(), g.YMM()
		v.broadcast(operand.Mem{Base: twiddles, Disp: 8 * (i - 1)}, cos)
		v.broadcast(operand.Mem{Base: twiddles, Disp: 8*(i-1) + 4}, sin)
		v.mul(sin, im, a)
		v.mul(sin, re, b)
		g.VFMSUB231PS(cos, re, a)
		v.fma(cos, im, b)
		v.store(a, line(to[0], run, run3, i))
		v.store(b, line(to[1], run, run3, i))
	}
	// pair stores rows i and radix−i: m − i·e and m + i·e.
	pair := func(i int, m, e [2]reg.VecVirtual) {
		keep(i, sum(m[0], e[1]), difference(m[1], e[0]))
		keep(radix-i, difference(m[0], e[1]), sum(m[1], e[0]))
	}
	switch radix {
	case 2:
		keep(0, sum(x[0][0], x[1][0]), sum(x[0][1], x[1][1]))
		keep(1, difference(x[0][0], x[1][0]), difference(x[0][1], x[1][1]))
	case 4:
		var a, b, d, e [2]reg.VecVirtual
		for c := range 2 {
			a[c], b[c] = sum(x[0][c], x[2][c]), difference(x[0][c], x[2][c])
			d[c], e[c] = sum(x[1][c], x[3][c]), difference(x[1][c], x[3][c])
		}
		keep(0, sum(a[0], d[0]), sum(a[1], d[1]))
		keep(2, difference(a[0], d[0]), difference(a[1], d[1]))
		pair(1, b, e)
	default:
		half := radix / 2
		var plus, minus, m, e [3][2]reg.VecVirtual
		for i := 1; i <= half; i++ {
			for c := range 2 {
				plus[i][c], minus[i][c] = sum(x[i][c], x[radix-i][c]), difference(x[i][c], x[radix-i][c])
			}
		}
		// weigh adds the terms of a row, with signs as sines have them.
		weigh := func(row, c int, s reg.VecVirtual, from *[3][2]reg.VecVirtual, weights *[3]operand.Mem, odd bool) {
			for j := 1; j <= half; j++ {
				w := g.YMM()
				at := row * j % radix
				v.broadcast(weights[min(at, radix-at)], w)
				if odd && at > half {
					g.VFNMADD231PS(w, from[j][c], s)
				} else {
					v.fma(w, from[j][c], s)
				}
			}
		}
		var all [2]reg.VecVirtual
		for c := range 2 {
			all[c] = x[0][c]
			for i := 1; i <= half; i++ {
				m[i][c] = g.YMM()
				g.VMOVAPS(x[0][c], m[i][c])
				weigh(i, c, m[i][c], &plus, &cosine, false)
			}
			for i := 1; i <= half; i++ {
				all[c] = sum(all[c], plus[i][c])
			}
		}
		keep(0, all[0], all[1])
		for i := 1; i <= half; i++ {
			for c := range 2 {
				e[i][c] = g.YMM()
				v.clear(e[i][c])
				weigh(i, c, e[i][c], &minus, &sine, true)
			}
		}
		for i := 1; i <= half; i++ {
			pair(i, m[i], e[i])
		}
	}
	for c := range 2 {
		g.ADDQ(operand.Imm(32), from[c])
		g.ADDQ(operand.Imm(32), to[c])
	}
	g.SUBQ(operand.Imm(32), count)
	g.JNE(operand.LabelRef("vectors"))
	for range radix - 1 {
		g.ADDQ(run, to[0])
		g.ADDQ(run, to[1])
	}
	g.ADDQ(operand.Imm(uint64(8*(radix-1))), twiddles)
	g.CMPQ(from[0], until)
	g.JNE(operand.LabelRef("groups"))
	end()
}
