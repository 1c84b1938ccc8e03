package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shorten describes a pass over the ways of a graph: the lengths of sixteen ways to a
// row, in four registers, meet those to all its neighbours.
func shorten() {
	const name, vectors = "shorten64AVX2", 4
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr("func(x []float64, order []int32, start []int, to []int32, lengths []float64) bool")
	g.Doc(name + " is shorten64Go.")
	x, order, start, to, lengths := base("x"), base("order"), base("start"), base("to"), base("lengths")
	end := g.GP64()
	g.Load(g.Param("order").Len(), end)
	g.LEAQ(operand.Mem{Base: order, Index: end, Scale: 4}, end)
	changed := g.YMM()
	g.VXORPD(changed, changed, changed)
	g.JMP(operand.LabelRef("check"))

	g.Label("row")
	row, k, last := g.GP64(), g.GP64(), g.GP64()
	g.MOVLQSX(operand.Mem{Base: order}, row)
	g.MOVQ(operand.Mem{Base: start, Index: row, Scale: 8}, k)
	g.MOVQ(operand.Mem{Base: start, Index: row, Scale: 8, Disp: 8}, last)
	g.SHLQ(operand.Imm(7), row)
	g.ADDQ(x, row)
	var ways [vectors]reg.VecVirtual
	for i := range ways {
		ways[i] = g.YMM()
		g.VMOVUPD(operand.Mem{Base: row, Disp: 32 * i}, ways[i])
	}
	g.JMP(operand.LabelRef("more"))
	g.Label("neighbour")
	other, length := g.GP64(), g.YMM()
	g.MOVLQSX(operand.Mem{Base: to, Index: k, Scale: 4}, other)
	g.SHLQ(operand.Imm(7), other)
	g.VBROADCASTSD(operand.Mem{Base: lengths, Index: k, Scale: 8}, length)
	for i, w := range ways {
		by := g.YMM()
		g.VADDPD(operand.Mem{Base: x, Index: other, Scale: 1, Disp: 32 * i}, length, by)
		g.VMINPD(w, by, w)
	}
	g.INCQ(k)
	g.Label("more")
	g.CMPQ(k, last)
	g.JL(operand.LabelRef("neighbour"))
	for i, w := range ways {
		at, fell := operand.Mem{Base: row, Disp: 32 * i}, g.YMM()
		g.VCMPPD(operand.Imm(notEqual), at, w, fell)
		g.VORPD(fell, changed, changed)
		g.VMOVUPD(w, at)
	}
	g.ADDQ(operand.Imm(4), order)
	g.Label("check")
	g.CMPQ(order, end)
	g.JB(operand.LabelRef("row"))
	bits := g.GP64()
	g.VMOVMSKPD(changed, bits.As32())
	answer := g.GP64()
	g.XORQ(answer, answer)
	g.TESTL(bits.As32(), bits.As32())
	g.SETNE(answer.As8())
	g.VZEROUPPER()
	g.Store(answer.As8(), g.ReturnIndex(0))
	g.RET()
}

// notEqual is the comparison a ≠ b, unordered and quiet.
const notEqual = 4
