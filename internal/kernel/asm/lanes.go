package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// turn describes the transpose of a run of blocks of 8 × 8 values, the columns
// read times a factor each.
func turn(v vector) {
	v.text("turn"+v.bits+"AVX2", "func(blocks int, from []value, fromStride int, fromStep int, factors []value, to []value, toStride int, toStep int)",
		"turn"+v.bits+"AVX2 is turn"+v.bits+"Go for one or more whole blocks.")
	blocks, from, factors, to := param("blocks"), base("from"), base("factors"), base("to")
	stride, step, out, outStep := v.bytes("fromStride"), v.bytes("fromStep"), v.bytes("toStride"), v.bytes("toStep")
	stride3, out3 := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	g.LEAQ(operand.Mem{Base: out, Index: out, Scale: 2}, out3)
	line := func(at, one, three reg.Register, i, disp int) operand.Mem {
		return [4]operand.Mem{{Base: at, Disp: disp}, {Base: at, Index: one, Scale: 1, Disp: disp},
			{Base: at, Index: one, Scale: 2, Disp: disp}, {Base: at, Index: three, Scale: 1, Disp: disp}}[i]
	}
	lower, under, ahead := g.GP64(), g.GP64(), g.GP64()
	g.Label("blocks")
	g.LEAQ(operand.Mem{Base: from, Index: stride, Scale: 4}, lower)
	g.LEAQ(operand.Mem{Base: to, Index: out, Scale: 4}, under)
	// The eight rows after these come next, and are far away.
	g.LEAQ(operand.Mem{Base: lower, Index: stride, Scale: 4}, ahead)
	for half := range 2 {
		for i := range 4 {
			g.PREFETCHT1(line(ahead, stride, stride3, i, 0))
		}
		if half == 0 {
			g.LEAQ(operand.Mem{Base: ahead, Index: stride, Scale: 4}, ahead)
		}
	}
	for q := range 2 {
		// Register i holds columns 4q … 4q+3 of row i and of row i+4.
		f, r, t := g.YMM(), times(4), times(4)
		g.VBROADCASTF128(operand.Mem{Base: factors, Disp: 16 * q}, f)
		for i := range r {
			g.VBROADCASTF128(line(from, stride, stride3, i, 16*q), r[i])
			g.VINSERTF128(operand.Imm(1), line(lower, stride, stride3, i, 16*q), r[i], r[i])
			v.mul(f, r[i], r[i])
		}
		g.VUNPCKLPS(r[1], r[0], t[0])
		g.VUNPCKHPS(r[1], r[0], t[1])
		g.VUNPCKLPS(r[3], r[2], t[2])
		g.VUNPCKHPS(r[3], r[2], t[3])
		at := [2]reg.Register{to, under}[q]
		for i := range 2 {
			even, odd := g.YMM(), g.YMM()
			g.VUNPCKLPD(t[2+i], t[i], even)
			g.VUNPCKHPD(t[2+i], t[i], odd)
			v.store(even, line(at, out, out3, 2*i, 0))
			v.store(odd, line(at, out, out3, 2*i+1, 0))
		}
	}
	g.ADDQ(step, from)
	g.ADDQ(operand.Imm(32), factors)
	g.ADDQ(outStep, to)
	g.DECQ(blocks)
	g.JNE(operand.LabelRef("blocks"))
	end()
}

// butterflies describes the levels of a Walsh–Hadamard transform that combine
// radix vectors, each at a distance of h vectors from the next.
func butterflies(v vector, radix int) {
	name := "butterflies" + itoa(radix) + "x" + v.bits
	v.text(name+"AVX2", "func(x []value, h int)",
		name+"AVX2 is butterfliesGo for "+itoa(radix)+" groups of 8 values, h groups apart; x holds whole blocks of "+itoa(8*radix)+"·h values.")
	x, h, left := base("x"), param("h"), g.GP64()
	g.Load(g.Param("x").Len(), left)
	g.SHLQ(operand.Imm(2), left)
	g.SHLQ(operand.Imm(5), h)
	h3, block, upper, count := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: h, Index: h, Scale: 2}, h3)
	g.MOVQ(h, block)
	for n := radix; n > 1; n /= 2 {
		g.ADDQ(block, block)
	}
	g.Label("blocks")
	g.MOVQ(h, count)
	g.Label("groups")
	g.LEAQ(operand.Mem{Base: x, Index: h, Scale: 4}, upper)
	at := func(i int) operand.Mem {
		b := []reg.Register{x, upper}[i/4]
		return [4]operand.Mem{{Base: b}, {Base: b, Index: h, Scale: 1}, {Base: b, Index: h, Scale: 2}, {Base: b, Index: h3, Scale: 1}}[i%4]
	}
	r := times(radix)
	for i := range r {
		v.load(at(i), r[i])
	}
	for half := 1; half < radix; half *= 2 {
		for i := range r {
			if i&half != 0 {
				continue
			}
			difference := g.YMM()
			v.sub(r[i+half], r[i], difference)
			v.add(r[i+half], r[i], r[i])
			r[i+half] = difference
		}
	}
	for i := range r {
		v.store(r[i], at(i))
	}
	g.ADDQ(operand.Imm(32), x)
	g.SUBQ(operand.Imm(32), count)
	g.JNE(operand.LabelRef("groups"))
	g.ADDQ(block, x)
	g.SUBQ(h, x)
	g.SUBQ(block, left)
	g.JNE(operand.LabelRef("blocks"))
	end()
}

// weigh describes the product of a sparse matrix and a block of 8 columns.
func weigh(v vector) {
	name := "weigh" + v.bits
	v.text(name+"AVX2", "func(start []int32, places []int32, weights []value, x []value, to []value)",
		name+"AVX2 is "+name+"Go for one row or more.")
	start, places, weights, x, to := base("start"), base("places"), base("weights"), base("x"), base("to")
	rows, k, until := g.GP64(), g.GP64(), g.GP64()
	g.Load(g.Param("start").Len(), rows)
	g.DECQ(rows)
	g.MOVLQSX(operand.Mem{Base: start}, k)
	g.Label("rows")
	g.MOVLQSX(operand.Mem{Base: start, Disp: 4}, until)
	s := times(4)
	v.clear(s...)
	term := func(i int) {
		place, w := g.GP64(), g.YMM()
		g.MOVLQSX(operand.Mem{Base: places, Index: k, Scale: 4, Disp: 4 * i}, place)
		g.SHLQ(operand.Imm(5), place)
		v.broadcast(operand.Mem{Base: weights, Index: k, Scale: 4, Disp: 4 * i}, w)
		v.mul(operand.Mem{Base: x, Index: place, Scale: 1}, w, w)
		v.add(w, s[i], s[i])
	}
	four := g.GP64()
	g.Label("fours")
	g.LEAQ(operand.Mem{Base: k, Disp: 4}, four)
	g.CMPQ(four, until)
	g.JG(operand.LabelRef("rest"))
	for i := range s {
		term(i)
	}
	g.MOVQ(four, k)
	g.JMP(operand.LabelRef("fours"))
	g.Label("rest")
	for i := range 3 {
		g.CMPQ(k, until)
		g.JGE(operand.LabelRef("summed"))
		place, w := g.GP64(), g.YMM()
		g.MOVLQSX(operand.Mem{Base: places, Index: k, Scale: 4}, place)
		g.SHLQ(operand.Imm(5), place)
		v.broadcast(operand.Mem{Base: weights, Index: k, Scale: 4}, w)
		v.mul(operand.Mem{Base: x, Index: place, Scale: 1}, w, w)
		v.add(w, s[i], s[i])
		g.INCQ(k)
	}
	g.Label("summed")
	v.add(s[1], s[0], s[0])
	v.add(s[3], s[2], s[2])
	v.add(s[2], s[0], s[0])
	v.store(s[0], operand.Mem{Base: to})
	g.ADDQ(operand.Imm(32), to)
	g.ADDQ(operand.Imm(4), start)
	g.DECQ(rows)
	g.JNE(operand.LabelRef("rows"))
	end()
}
