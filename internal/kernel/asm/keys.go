package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

// hasMasked describes the search for a key among few, four at a time, all of them:
// a branch at every step would be guessed wrongly more often than it saved one.
func hasMasked() {
	const name = "hasMaskedAVX2"
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr("func(keys []uint64, mask, want uint64) bool")
	g.Doc(name + " is hasMaskedGo for a multiple of four keys.")
	keys, n := base("keys"), g.GP64()
	g.Load(g.Param("keys").Len(), n)
	mask, want, found := g.YMM(), g.YMM(), g.YMM()
	g.VPBROADCASTQ(slot("mask"), mask)
	g.VPBROADCASTQ(slot("want"), want)
	g.VPXOR(found, found, found)
	end := g.GP64()
	g.LEAQ(operand.Mem{Base: keys, Index: n, Scale: 8}, end)
	g.JMP(operand.LabelRef("check"))
	g.Label("step")
	some := g.YMM()
	g.VPAND(operand.Mem{Base: keys}, mask, some)
	g.VPCMPEQQ(want, some, some)
	g.VPOR(some, found, found)
	g.ADDQ(operand.Imm(32), keys)
	g.Label("check")
	g.CMPQ(keys, end)
	g.JB(operand.LabelRef("step"))
	answer := g.GP64()
	g.XORQ(answer, answer)
	g.VPTEST(found, found)
	g.SETNE(answer.As8())
	g.VZEROUPPER()
	g.Store(answer.As8(), g.ReturnIndex(0))
	g.RET()
}
