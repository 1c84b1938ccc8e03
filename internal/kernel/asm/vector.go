package main

import (
	"regexp"
	"strconv"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is a kind of value in a YMM register; its instructions take wider ones,
// too.
type vector struct {
	name  string // of the Go type
	bits  string // in function names
	size  int    // bytes of a value
	lanes int

	load, store, add, sub, mul, fma, and, zero, broadcast func(...operand.Op)

	fmaSpread func(...operand.Op) // fma with one value of memory, in wider registers
}

var single = vector{
	name: "float32", bits: "32", size: 4, lanes: 8,
	load: g.VMOVUPS, store: g.VMOVUPS, add: g.VADDPS, sub: g.VSUBPS, mul: g.VMULPS,
	fma: g.VFMADD231PS, and: g.VANDPS, zero: g.VXORPS, broadcast: g.VBROADCASTSS,
	fmaSpread: g.VFMADD231PS_BCST,
}

var double = vector{
	name: "float64", bits: "64", size: 8, lanes: 4,
	load: g.VMOVUPD, store: g.VMOVUPD, add: g.VADDPD, sub: g.VSUBPD, mul: g.VMULPD,
	fma: g.VFMADD231PD, and: g.VANDPD, zero: g.VXORPD, broadcast: g.VBROADCASTSD,
	fmaSpread: g.VFMADD231PD_BCST,
}

// shift is the binary logarithm of the size of a value.
func (v vector) shift() operand.Op { return operand.Imm(uint64(v.size/8 + 2)) }

// clear sets registers to zero.
func (v vector) clear(registers ...reg.VecVirtual) {
	for _, r := range registers {
		v.zero(r, r, r)
	}
}

// param loads a parameter into a new register.
func param(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

// base loads the address of the first value of a slice into a new register.
func base(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name).Base(), r)
	return r
}

// bytes loads a parameter that counts values and makes it count bytes.
func (v vector) bytes(name string) reg.GPVirtual {
	r := param(name)
	g.SHLQ(v.shift(), r)
	return r
}

// slot is the memory of a parameter.
func slot(name string) operand.Mem {
	b, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// times returns n new registers.
func times(n int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = g.YMM()
	}
	return all
}

var word = regexp.MustCompile(`\bvalue\b`)

// text begins a function; value in its signature stands for the type.
func (v vector) text(name, signature string, doc ...string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(word.ReplaceAllString(signature, v.name))
	g.Doc(doc...)
}

// end ends a function, which returns the first lanes of results.
func end(results ...reg.VecVirtual) {
	g.VZEROUPPER()
	for i, r := range results {
		g.Store(r.AsX(), g.ReturnIndex(i))
	}
	g.RET()
}

func itoa(n int) string { return strconv.Itoa(n) }
