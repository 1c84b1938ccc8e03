package bench

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// symmetric returns the Gram matrix of digits plus the identity, as input and as gonum has it.
func symmetric(t *testing.T, n int) (*mat32.Dense, *mat.SymDense) {
	t.Helper()
	x := sample(t, n)
	var gram mat.Dense
	gram.Mul(x, x.T())
	for i := range n {
		gram.Set(i, i, gram.At(i, i)+1)
	}
	a := mat32.Convert(&gram)
	return a, leading(a)
}

// off judges the arrays, right and then with a change of some size in one value.
func off(t *testing.T, m Measure, in []*mat32.Dense, rows int, arrays map[string]any, change func()) {
	t.Helper()
	of := func() float64 {
		v, err := m.Of(in, wire.Options{}, reply(t, rows, arrays))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	right := of()
	change()
	if wrong := of(); !(right < 1e-6) || !(wrong > 1e-3) {
		t.Errorf("%s: %v, and after a change %v", m.Name, right, wrong)
	}
}

func TestProductMeasure(t *testing.T) {
	x := sample(t, 40)
	var p mat.Dense
	p.Mul(x, x.T())
	off(t, productError, []*mat32.Dense{x, x}, 40, map[string]any{"product": p.RawMatrix().Data},
		func() { p.Set(39, 39, p.At(39, 39)*1.01) })
}

func TestDecompositionMeasures(t *testing.T) {
	const n = 30
	x, a := symmetric(t, n)
	var e mat.EigenSym
	if !e.Factorize(a, true) {
		t.Fatal("no decomposition")
	}
	var v mat.Dense
	e.VectorsTo(&v)
	vectors := mat.DenseCopyOf(v.T())
	for i, change := range []func(){
		func() { vectors.SetRow(n-1, vectors.RawRowView(0)) }, // a vector that belongs to another value
		func() { vectors.SetRow(n-1, vectors.RawRowView(0)) },
	} {
		vectors.Copy(v.T())
		m := decompositionMeasures[i]
		r := reply(t, n, map[string]any{"vectors": vectors.RawMatrix().Data})
		values := reply(t, 1, map[string]any{"values": e.Values(nil)})
		both := &wire.Reply{Arrays: append(r.Arrays, values.Arrays...)}
		of := func() float64 {
			got, err := m.Of([]*mat32.Dense{x}, wire.Options{}, both)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		right := of()
		change()
		both.Arrays[0] = reply(t, n, map[string]any{"vectors": vectors.RawMatrix().Data}).Arrays[0]
		if wrong := of(); !(right < 1e-12) || !(wrong > 1e-3) {
			t.Errorf("%s: %v, and after a change %v", m.Name, right, wrong)
		}
	}
}

func TestFactorMeasure(t *testing.T) {
	const n = 30
	x, a := symmetric(t, n)
	var c mat.Cholesky
	if !c.Factorize(a) {
		t.Fatal("no factor")
	}
	var u mat.TriDense
	c.UTo(&u)
	values := mat.DenseCopyOf(&u).RawMatrix().Data
	off(t, factorError, []*mat32.Dense{x}, n, map[string]any{"upper": values}, func() { values[0] = math.Abs(values[0]) * 2 })
}
