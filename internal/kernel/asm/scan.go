package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// less is the comparison a < b, ordered and quiet.
const less = 17

// notLess is the comparison a ≥ b, ordered and quiet.
const notLess = 29

// scan describes the search for small squared distances, sixteen at a time:
// hits are few, and the vectors without one are passed over by one branch. With
// columns every distance has a limit of its own beside the common one.
func scan(columns bool) {
	name, signature, doc := "belowRow32AVX2", "func(hits []int32, values, dots, norms []float32, norm, limit float32) int", "without limits"
	if columns {
		name, signature, doc = "below32AVX2", "func(hits []int32, values, dots, norms, limits []float32, norm, limit float32) int", "with limits"
	}
	v := single
	v.text(name, signature, name+" is below32Go "+doc+", for a multiple of 16 dot products.")
	hits, values, dots, norms := base("hits"), base("values"), base("dots"), base("norms")
	var limits reg.GPVirtual
	if columns {
		limits = base("limits")
	}
	norm, limit := g.YMM(), g.YMM()
	v.broadcast(slot("norm"), norm)
	v.broadcast(slot("limit"), limit)
	n, j, count := g.GP64(), g.GP64(), g.GP64()
	g.Load(g.Param("dots").Len(), n)
	g.XORQ(j, j)
	g.XORQ(count, count)
	g.TESTQ(n, n)
	g.JE(operand.LabelRef("end"))

	g.Label("steps")
	found := [2]reg.GPVirtual{g.GP64(), g.GP64()}
	for h := range 2 {
		at := func(row reg.GPVirtual) operand.Mem {
			return operand.Mem{Base: row, Index: j, Scale: 4, Disp: 32 * h}
		}
		dist, twice, hit := g.YMM(), g.YMM(), g.YMM()
		v.add(at(norms), norm, dist)
		v.load(at(dots), twice)
		v.add(twice, twice, twice)
		v.sub(twice, dist, dist)
		g.VCMPPS(operand.Imm(less), limit, dist, hit)
		if columns {
			own := g.YMM()
			g.VCMPPS(operand.Imm(less), at(limits), dist, own)
			g.VORPS(own, hit, hit)
		}
		g.VMOVMSKPS(hit, found[h].As32())
	}
	g.SHLL(operand.Imm(8), found[1].As32())
	g.ORL(found[1].As32(), found[0].As32())
	g.JE(operand.LabelRef("next"))
	g.Label("hit")
	at, dist, twice := g.GP64(), g.XMM(), g.XMM()
	g.TZCNTL(found[0].As32(), at.As32())
	g.BLSRL(found[0].As32(), found[0].As32())
	g.ADDQ(j, at)
	g.MOVL(at.As32(), operand.Mem{Base: hits, Index: count, Scale: 4})
	g.VADDSS(operand.Mem{Base: norms, Index: at, Scale: 4}, norm.AsX(), dist)
	g.VMOVSS(operand.Mem{Base: dots, Index: at, Scale: 4}, twice)
	g.VADDSS(twice, twice, twice)
	g.VSUBSS(twice, dist, dist)
	g.VMOVSS(dist, operand.Mem{Base: values, Index: count, Scale: 4})
	g.INCQ(count)
	g.TESTL(found[0].As32(), found[0].As32())
	g.JNE(operand.LabelRef("hit"))
	g.Label("next")
	g.ADDQ(operand.Imm(16), j)
	g.CMPQ(j, n)
	g.JL(operand.LabelRef("steps"))
	g.Label("end")
	g.Store(count, g.ReturnIndex(0))
	end()
}

// count describes the count of small squared distances, sixteen at a time: every
// comparison that holds gives −1 in its lane.
func count() {
	v := single
	v.text("countBelow32AVX2", "func(dots, norms []float32, norm, limit float32) int", "countBelow32AVX2 is countBelow32Go for a multiple of 16 dot products.")
	dots, norms := base("dots"), base("norms")
	norm, limit := g.YMM(), g.YMM()
	v.broadcast(slot("norm"), norm)
	v.broadcast(slot("limit"), limit)
	n, j := g.GP64(), g.GP64()
	g.Load(g.Param("dots").Len(), n)
	g.XORQ(j, j)
	sums := times(2)
	v.clear(sums...)
	g.JMP(operand.LabelRef("check"))
	g.Label("steps")
	for h := range 2 {
		at := func(row reg.GPVirtual) operand.Mem {
			return operand.Mem{Base: row, Index: j, Scale: 4, Disp: 32 * h}
		}
		dist, twice := g.YMM(), g.YMM()
		v.add(at(norms), norm, dist)
		v.load(at(dots), twice)
		v.add(twice, twice, twice)
		v.sub(twice, dist, dist)
		g.VCMPPS(operand.Imm(less), limit, dist, dist)
		g.VPSUBD(dist, sums[h], sums[h])
	}
	g.ADDQ(operand.Imm(16), j)
	g.Label("check")
	g.CMPQ(j, n)
	g.JL(operand.LabelRef("steps"))
	total, high := sums[0], g.XMM()
	g.VPADDD(sums[1], total, total)
	g.VEXTRACTI128(operand.Imm(1), total, high)
	low := total.AsX()
	g.VPADDD(high, low, low)
	g.VPHADDD(low, low, low)
	g.VPHADDD(low, low, low)
	answer := g.GP64()
	g.VMOVD(low, answer.As32())
	g.VZEROUPPER()
	g.Store(answer, g.ReturnIndex(0))
	g.RET()
}

// distances describes squared distances from dot products, eight at a time.
func distances() {
	v := single
	v.text("distances32AVX2", "func(dst, dots, norms []float32, norm float32)", "distances32AVX2 is distances32Go for a multiple of 8 dot products.")
	dst, dots, norms := base("dst"), base("dots"), base("norms")
	norm := g.YMM()
	v.broadcast(slot("norm"), norm)
	n, j := g.GP64(), g.GP64()
	g.Load(g.Param("dots").Len(), n)
	g.XORQ(j, j)
	g.JMP(operand.LabelRef("check"))
	g.Label("steps")
	at := func(row reg.GPVirtual) operand.Mem { return operand.Mem{Base: row, Index: j, Scale: 4} }
	dist, twice := g.YMM(), g.YMM()
	v.add(at(norms), norm, dist)
	v.load(at(dots), twice)
	v.add(twice, twice, twice)
	v.sub(twice, dist, dist)
	v.store(dist, at(dst))
	g.ADDQ(operand.Imm(8), j)
	g.Label("check")
	g.CMPQ(j, n)
	g.JL(operand.LabelRef("steps"))
	end()
}

// limitsAtOnce is how many limits countEach compares a value with while it is in a register.
const limitsAtOnce = 6

// countEach describes the count of values below each of some limits: six limits and their
// counts in registers, and the values, from the innermost cache, once for them all.
func countEach() {
	v := single
	v.text("countEach32AVX2", "func(counts []int32, values, limits []float32)", "countEach32AVX2 is countEach32Go for a multiple of 8 values and one of 6 limits.")
	counts, values, limits := base("counts"), base("values"), base("limits")
	n, left := g.GP64(), g.GP64()
	g.Load(g.Param("values").Len(), n)
	g.Load(g.Param("limits").Len(), left)
	g.JMP(operand.LabelRef("more"))
	g.Label("group")
	bounds, sums := times(limitsAtOnce), times(limitsAtOnce)
	for t, b := range bounds {
		v.broadcast(operand.Mem{Base: limits, Disp: 4 * t}, b)
	}
	v.clear(sums...)
	j := g.GP64()
	g.XORQ(j, j)
	g.JMP(operand.LabelRef("check"))
	g.Label("steps")
	x := g.YMM()
	v.load(operand.Mem{Base: values, Index: j, Scale: 4}, x)
	for t, b := range bounds {
		hit := g.YMM()
		g.VCMPPS(operand.Imm(less), b, x, hit)
		g.VPSUBD(hit, sums[t], sums[t])
	}
	g.ADDQ(operand.Imm(8), j)
	g.Label("check")
	g.CMPQ(j, n)
	g.JL(operand.LabelRef("steps"))
	for t, s := range sums {
		high, low, sum := g.XMM(), s.AsX(), g.GP32()
		g.VEXTRACTI128(operand.Imm(1), s, high)
		g.VPADDD(high, low, low)
		g.VPHADDD(low, low, low)
		g.VPHADDD(low, low, low)
		g.VMOVD(low, sum)
		g.ADDL(sum, operand.Mem{Base: counts, Disp: 4 * t})
	}
	g.ADDQ(operand.Imm(4*limitsAtOnce), limits)
	g.ADDQ(operand.Imm(4*limitsAtOnce), counts)
	g.SUBQ(operand.Imm(limitsAtOnce), left)
	g.Label("more")
	g.TESTQ(left, left)
	g.JNE(operand.LabelRef("group"))
	end()
}

// between describes the search for values between two limits, sixteen at a time, of which
// there are hardly any.
func between() {
	v := single
	v.text("between32AVX2", "func(hits []int32, values []float32, low, high float32) int", "between32AVX2 is between32Go for a multiple of 16 values.")
	hits, values := base("hits"), base("values")
	low, high := g.YMM(), g.YMM()
	v.broadcast(slot("low"), low)
	v.broadcast(slot("high"), high)
	n, j, count := g.GP64(), g.GP64(), g.GP64()
	g.Load(g.Param("values").Len(), n)
	g.XORQ(j, j)
	g.XORQ(count, count)
	g.TESTQ(n, n)
	g.JE(operand.LabelRef("end"))
	g.Label("steps")
	found := [2]reg.GPVirtual{g.GP64(), g.GP64()}
	for h := range 2 {
		x, below, above := g.YMM(), g.YMM(), g.YMM()
		v.load(operand.Mem{Base: values, Index: j, Scale: 4, Disp: 32 * h}, x)
		g.VCMPPS(operand.Imm(less), high, x, below)
		g.VCMPPS(operand.Imm(notLess), low, x, above)
		g.VANDPS(above, below, below)
		g.VMOVMSKPS(below, found[h].As32())
	}
	g.SHLL(operand.Imm(8), found[1].As32())
	g.ORL(found[1].As32(), found[0].As32())
	g.JE(operand.LabelRef("next"))
	g.Label("hit")
	at := g.GP64()
	g.TZCNTL(found[0].As32(), at.As32())
	g.BLSRL(found[0].As32(), found[0].As32())
	g.ADDQ(j, at)
	g.MOVL(at.As32(), operand.Mem{Base: hits, Index: count, Scale: 4})
	g.INCQ(count)
	g.TESTL(found[0].As32(), found[0].As32())
	g.JNE(operand.LabelRef("hit"))
	g.Label("next")
	g.ADDQ(operand.Imm(16), j)
	g.CMPQ(j, n)
	g.JL(operand.LabelRef("steps"))
	g.Label("end")
	g.Store(count, g.ReturnIndex(0))
	end()
}
