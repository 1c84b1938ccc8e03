package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// push describes the forces of eight masses at a time on a point of dim coordinates.
// With power the kernel is not the reciprocal itself.
func push(dim int, power bool) {
	v, name, signature := single, "push"+itoa(dim), "func(dst []float32, here []float32, points []float32, stride int, masses []float32, rate float32)"
	if power {
		name, signature = name+"Power", "func(dst []float32, here []float32, points []float32, stride int, masses []float32, rate float32, power float32)"
	}
	v.text(name+"AVX2", signature, name+"AVX2 is push32Go for a multiple of 8 masses, and 8 or more.")
	dst, points, masses, stride := base("dst"), base("points"), base("masses"), v.bytes("stride")
	where, n, at := base("here"), g.GP64(), g.GP64()
	g.Load(g.Param("masses").Len(), n)
	g.XORQ(at, at)
	here, sums, total := times(dim), times(dim), g.YMM()
	rows := []reg.GPVirtual{points}
	for c := range dim {
		v.broadcast(operand.Mem{Base: where, Disp: 4 * c}, here[c])
		if c > 0 {
			row := g.GP64()
			g.LEAQ(operand.Mem{Base: rows[c-1], Index: stride, Scale: 1}, row)
			rows = append(rows, row)
		}
	}
	v.clear(sums...)
	v.clear(total)

	g.Label("steps")
	apart, far := times(dim), g.YMM()
	for c, row := range rows {
		v.sub(operand.Mem{Base: row, Index: at, Scale: 4}, here[c], apart[c])
		if c == 0 {
			v.mul(apart[c], apart[c], far)
		} else {
			v.fma(apart[c], apart[c], far)
		}
	}
	base, rate, unit, weight := g.YMM(), g.YMM(), g.YMM(), g.YMM()
	v.load(all(1), unit)
	v.load(all(1), base)
	v.broadcast(slot("rate"), rate)
	v.fma(far, rate, base)
	g.VDIVPS(base, unit, unit)
	if power {
		v.powered(base, slot("power"), weight)
		v.mul(operand.Mem{Base: masses, Index: at, Scale: 4}, weight, weight)
	} else {
		v.mul(operand.Mem{Base: masses, Index: at, Scale: 4}, unit, weight)
	}
	v.add(weight, total, total)
	v.mul(unit, weight, weight)
	for c := range dim {
		v.fma(apart[c], weight, sums[c])
	}
	g.ADDQ(operand.Imm(8), at)
	g.CMPQ(at, n)
	g.JL(operand.LabelRef("steps"))
	for c, s := range append(sums, total) {
		high, low := g.XMM(), s.AsX()
		g.VEXTRACTF128(operand.Imm(1), s, high)
		g.VADDPS(high, low, low)
		g.VHADDPS(low, low, low)
		g.VHADDPS(low, low, low)
		g.VMOVSS(low, operand.Mem{Base: dst, Disp: 4 * c})
	}
	end()
}

// powered sets to to a power that is not positive of bases of 1 or more, as 2 to the
// power of a multiple of the logarithm, both by polynomials: to a relative 1e-7 times
// the logarithm of the result.
func (v vector) powered(base reg.VecVirtual, power operand.Mem, to reg.VecVirtual) {
	// The exponent of base over √½, and what is left, less 1.
	bits, exponent, rest := g.YMM(), g.YMM(), g.YMM()
	half := all(math.Sqrt2 / 2)
	g.VMOVDQU(half, rest)
	g.VPSUBD(rest, base, bits)
	g.VPSRAD(operand.Imm(23), bits, exponent)
	g.VPSLLD(operand.Imm(9), bits, bits)
	g.VPSRLD(operand.Imm(9), bits, bits)
	g.VPADDD(rest, bits, rest)
	v.sub(all(1), rest, rest)
	logarithm := v.polynomial(rest, 1.4426950035679829, -0.7213474682495685, 0.4809107534594288, -0.36069326813421665,
		0.2879032609224606, -0.23916988143154166, 0.2160782255793541, -0.20586188029298227, 0.1231096842125588)
	g.VCVTDQ2PS(exponent, exponent)
	v.fma(rest, logarithm, exponent)
	alpha := g.YMM()
	v.broadcast(power, alpha)
	v.mul(alpha, exponent, exponent)
	g.VMAXPS(all(-126), exponent, exponent)
	number := g.YMM()
	const nearest = 8 // and no exceptions
	g.VROUNDPS(operand.Imm(nearest), exponent, number)
	v.sub(number, exponent, exponent)
	p := v.polynomial(exponent, 1, 0.6931472067028329, 0.24022650922289554, 0.05550327226669895, 0.00961805667843204,
		0.0013400428177711937, 0.00015461444724808513)
	g.VCVTPS2DQ(number, number)
	g.VPSLLD(operand.Imm(23), number, number)
	g.VPADDD(number, p, to)
}

// polynomial returns that of the coefficients, the constant first, at x.
func (v vector) polynomial(x reg.VecVirtual, coefficients ...float32) reg.VecVirtual {
	last := len(coefficients) - 1
	p := g.YMM()
	v.load(all(coefficients[last]), p)
	for i := last - 1; i >= 0; i-- {
		g.VFMADD213PS(all(coefficients[i]), x, p)
	}
	return p
}

// all is a value in all lanes, in memory.
func all(value float32) operand.Mem {
	bits := math.Float32bits(value)
	if m, ok := constant[bits]; ok {
		return m
	}
	m := g.StaticGlobal(fmt.Sprintf("all%08x", bits))
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 8 {
		g.AppendDatum(operand.U32(bits))
	}
	constant[bits] = m
	return m
}

var constant = map[uint32]operand.Mem{}

// attract describes the forces of eight neighbours at a time on a point in the
// plane, whose coordinates lie beside each other.
func attract() {
	v := single
	v.text("attract2AVX2", "func(dst []float32, here []float32, points []float32, rows []int32, values []float32, rate float32)",
		"attract2AVX2 is attract32Go in two dimensions for a multiple of 8 rows, and 8 or more.")
	dst, where, points, rows, values := base("dst"), base("here"), base("points"), base("rows"), base("values")
	n, at := g.GP64(), g.GP64()
	g.Load(g.Param("rows").Len(), n)
	g.XORQ(at, at)
	here, sums := times(2), times(2)
	for c := range here {
		v.broadcast(operand.Mem{Base: where, Disp: 4 * c}, here[c])
	}
	v.clear(sums...)
	rate, one := g.YMM(), g.YMM()
	v.broadcast(slot("rate"), rate)
	v.load(all(1), one)
	g.Label("steps")
	var quads [4]reg.VecVirtual // points 0 and 1, 2 and 3, …
	for q := range quads {
		first, second := g.GP64(), g.GP64()
		g.MOVLQSX(operand.Mem{Base: rows, Index: at, Scale: 4, Disp: 8 * q}, first)
		g.MOVLQSX(operand.Mem{Base: rows, Index: at, Scale: 4, Disp: 8*q + 4}, second)
		quads[q] = g.YMM()
		low := quads[q].AsX()
		g.VMOVSD(operand.Mem{Base: points, Index: first, Scale: 8}, low)
		g.VMOVHPS(operand.Mem{Base: points, Index: second, Scale: 8}, low, low)
	}
	g.VINSERTF128(operand.Imm(1), quads[2].AsX(), quads[0], quads[0])
	g.VINSERTF128(operand.Imm(1), quads[3].AsX(), quads[1], quads[1])
	apart := times(2)
	for c, pick := range []uint64{0x88, 0xdd} {
		g.VSHUFPS(operand.Imm(pick), quads[1], quads[0], apart[c])
		v.sub(apart[c], here[c], apart[c])
	}
	far, base := g.YMM(), g.YMM()
	v.mul(apart[0], apart[0], far)
	v.fma(apart[1], apart[1], far)
	v.load(one, base)
	v.fma(far, rate, base)
	weight := g.YMM()
	v.load(operand.Mem{Base: values, Index: at, Scale: 4}, weight)
	g.VDIVPS(base, weight, weight)
	for c := range sums {
		v.fma(apart[c], weight, sums[c])
	}
	g.ADDQ(operand.Imm(8), at)
	g.CMPQ(at, n)
	g.JL(operand.LabelRef("steps"))
	for c, s := range sums {
		high, low := g.XMM(), s.AsX()
		g.VEXTRACTF128(operand.Imm(1), s, high)
		g.VADDPS(high, low, low)
		g.VHADDPS(low, low, low)
		g.VHADDPS(low, low, low)
		g.VMOVSS(low, operand.Mem{Base: dst, Disp: 4 * c})
	}
	end()
}
