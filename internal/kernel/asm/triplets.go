package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// triplets describes what groups of one near and four far points exert on them and on the
// point they are of: the four side by side, and written one by one, for two may be the
// same.
func triplets() {
	v := single
	v.text("triplets32AVX2", "func(part []value, rows []int32, weights []value, row int)",
		"triplets32AVX2 is triplets32Go, for at least one group.")
	part, rows, weights := base("part"), base("rows"), base("weights")
	one := g.XMM()
	bits := g.GP32()
	g.MOVL(operand.U32(0x3F800000), bits) // of 1
	g.VMOVD(bits, one)
	v.broadcast(one, one)
	left := g.GP64()
	g.Load(g.Param("weights").Len(), left)
	own := g.GP64()
	g.Load(g.Param("row"), own)
	const point = 16 // bytes: a place and a force
	g.SHLQ(operand.Imm(4), own)
	g.ADDQ(part, own)
	four := func(count int) []reg.VecVirtual {
		all := make([]reg.VecVirtual, count)
		for i := range all {
			all[i] = g.XMM()
		}
		return all
	}
	here, sums := four(2), four(2)
	v.clear(sums...)
	for c, h := range here {
		v.broadcast(operand.Mem{Base: own, Disp: 4 * c}, h)
	}

	g.Label("groups")
	at := func(k int) reg.GPVirtual {
		p := g.GP64()
		g.MOVLQSX(operand.Mem{Base: rows, Disp: 4 * k}, p)
		g.SHLQ(operand.Imm(4), p)
		return p
	}
	place := func(p reg.GPVirtual, disp int) operand.Mem {
		return operand.Mem{Base: part, Index: p, Scale: 1, Disp: disp}
	}
	near := at(0)
	to, a := four(2), g.XMM()
	g.VMOVAPS(one, a)
	for c, d := range to {
		v.broadcast(place(near, 4*c), d)
		v.sub(d, here[c], d)
		v.fma(d, d, a)
	}
	var far [4]reg.GPVirtual
	halves := four(2)
	for k := range far {
		far[k] = at(1 + k)
		if k%2 == 0 {
			g.VMOVSD(place(far[k], 0), halves[k/2])
		} else {
			g.VMOVHPS(place(far[k], 0), halves[k/2], halves[k/2])
		}
	}
	from, b := four(2), g.XMM()
	g.VMOVAPS(one, b)
	const evens, odds = 0x88, 0xDD
	for c, which := range []uint64{evens, odds} {
		g.VSHUFPS(operand.Imm(which), halves[1], halves[0], from[c])
		v.sub(from[c], here[c], from[c])
		v.fma(from[c], from[c], b)
	}
	w, sum := g.XMM(), g.XMM()
	v.add(a, b, sum)
	v.mul(sum, sum, sum)
	g.VMOVUPS(operand.Mem{Base: weights}, w)
	g.VDIVPS(sum, w, w)
	v.mul(w, b, b) // what pulls
	v.mul(w, a, a) // what pushes
	for c := range 2 {
		v.mul(b, to[c], to[c])
		v.add(to[c], sums[c], sums[c])
		v.mul(a, from[c], from[c])
		v.sub(from[c], sums[c], sums[c])
	}
	pull, old := g.XMM(), g.XMM()
	g.VHADDPS(to[1], to[0], pull)
	g.VHADDPS(pull, pull, pull)
	push := four(2)
	g.VUNPCKLPS(from[1], from[0], push[0])
	g.VUNPCKHPS(from[1], from[0], push[1])
	for k, p := range far {
		if k%2 == 1 {
			g.VMOVHLPS(push[k/2], push[k/2], push[k/2])
		}
		force := g.XMM()
		g.VMOVSD(place(p, point/2), force)
		v.add(push[k/2], force, force)
		g.VMOVSD(force, place(p, point/2))
	}
	g.VMOVSD(place(near, point/2), old)
	v.sub(pull, old, old)
	g.VMOVSD(old, place(near, point/2))
	g.ADDQ(operand.Imm(5*4), rows)
	g.ADDQ(operand.Imm(4*4), weights)
	g.SUBQ(operand.Imm(4), left)
	g.JG(operand.LabelRef("groups"))

	all := g.XMM()
	g.VHADDPS(sums[1], sums[0], all)
	g.VHADDPS(all, all, all)
	force := g.XMM()
	g.VMOVSD(operand.Mem{Base: own, Disp: point / 2}, force)
	v.add(all, force, force)
	g.VMOVSD(force, operand.Mem{Base: own, Disp: point / 2})
	end()
}
