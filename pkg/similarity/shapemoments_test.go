package similarity

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// Cycles by Gram matrices are those counted one by one.
func TestCyclesAreThoseOfDistinctRows(t *testing.T) {
	ctx := context.Background()
	const n = 9
	x, y := fixture.Normal(1, n, 3), fixture.Normal(2, n, 4)
	var kx, ky mat.Dense
	kx.Mul(x, x.T())
	ky.Mul(y, y.T())
	for group, groups := range []int{0, 3, 3} {
		group--
		var rows []int
		for i := range n {
			if group < 0 || i%groups != group {
				rows = append(rows, i)
			}
		}
		want, counts := make([]float64, 3), make([]float64, 3)
		var walk func(first, last, length int, product float64)
		walk = func(first, last, length int, product float64) {
			if length%2 == 0 {
				k := length/2 - 1
				want[k] += product * ky.At(rows[last], rows[first])
				counts[k]++
			}
			for i := last + 1; i < len(rows) && length < 6; i++ {
				k := &kx
				if length%2 == 0 {
					k = &ky
				}
				walk(first, i, length+1, product*k.At(rows[last], rows[i]))
			}
		}
		for i := range rows {
			walk(i, i, 1, 1)
		}
		got, err := cycles(ctx, &kx, &ky, 3, group, groups)
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if w := want[k] / counts[k]; math.Abs(got[k]-w) > 1e-12*math.Abs(w) {
				t.Errorf("group %d: moment %d is %v, want %v", group, k+1, got[k], w)
			}
		}
	}
}

// Without variance the polynomial is the one nearest to the root: one degree's is known.
func TestRootPolynomial(t *testing.T) {
	for _, k := range []int{1, 2, 5, 10} {
		cov := mat.NewSymDense(k, nil)
		w, worst, err := rootPolynomial(cov, 1)
		if err != nil {
			t.Fatal(err)
		}
		left, at := 0., 0
		for g := range 1001 {
			x := float64(g) / 1000
			v := -math.Sqrt(x)
			for p, c := range w {
				v += c * math.Pow(x, float64(p+1))
			}
			if math.Abs(v) > left {
				left, at = math.Abs(v), g
			}
		}
		if math.Abs(left-worst) > .002 {
			t.Errorf("degree %d: off by %v at %d, not %v", k, left, at, worst)
		}
		// c·λ − √λ is least at λ = 1/4c², −1/4c, and c − 1 at the end: c = (1 + √2)/2.
		if c := (1 + math.Sqrt2) / 2; k == 1 && (math.Abs(w[0]-c) > 1e-3 || math.Abs(worst-(c-1)) > 1e-3) {
			t.Errorf("degree 1: %v off by %v, want %v by %v", w[0], worst, c, c-1)
		}
		if k == 10 && worst > .05 {
			t.Errorf("degree 10 is off by %v", worst)
		}
	}
	cov := mat.NewSymDense(3, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1})
	if w, _, err := rootPolynomial(cov, 1e-9); err != nil || math.Abs(w[0])+math.Abs(w[1])+math.Abs(w[2]) > 1e-3 {
		t.Errorf("where only variance counts: %v, %v", w, err)
	}
}

// pairwise returns n rows of two representations whose d columns correlate pair by pair:
// their similarity is the correlation.
func pairwise(seed uint64, n, d int, correlation float64) (x, y *mat.Dense) {
	x, y = fixture.Normal(seed, n, d), fixture.Normal(seed+1, n, d)
	y.Apply(func(i, j int, v float64) float64 {
		return correlation*x.At(i, j) + math.Sqrt(1-correlation*correlation)*v
	}, y)
	return x, y
}

// At n ~ d the similarity of the rows is far from that of what they were drawn from, and the
// estimate is not, nor its error from what it says.
func TestShapeMomentsHaveLittleBias(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		n, d        int
		truth, most float64 // of the bias, as a share of that of the plug-in
	}{{40, 20, 0, .1}, {40, 40, 0, .1}, {40, 10, .5, .9}} {
		const draws = 20
		var mean, square, plug, said, bias float64
		for seed := range uint64(draws) {
			x, y := pairwise(1000*seed+1, c.n, c.d, c.truth)
			e, err := ShapeMoments{}.Estimated(t.Context(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			mean += e.Similarity / draws
			square += e.Similarity * e.Similarity / draws
			plug += e.PlugIn / draws
			said += e.StdErr / draws
			bias += e.Bias / draws
		}
		sd := math.Sqrt(square - mean*mean)
		if said < sd/2 || said > 2.5*sd {
			t.Errorf("%+v: the standard error says %v, it is %v", c, said, sd)
		}
		if off := math.Abs(mean - c.truth); off > c.most*math.Abs(plug-c.truth) || off > bias {
			t.Errorf("%+v: estimate %v, plug-in %v", c, mean, plug)
		}
	}
}

// A far larger weight of the bias leaves less of it, and more variance.
func TestBiasWeightTradesBiasForVariance(t *testing.T) {
	x, y := pairwise(1, 60, 8, .5)
	low, err := ShapeMoments{BiasWeight: .01}.Estimated(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	high, err := ShapeMoments{BiasWeight: 100}.Estimated(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	if high.Bias > .9*low.Bias || high.StdErr < 1.1*low.StdErr {
		t.Errorf("weight .01: %v\nweight 100: %v", low, high)
	}
	scaled := mat.DenseCopyOf(y)
	scaled.Scale(1e-3, scaled)
	same, err := ShapeMoments{BiasWeight: 100}.Estimated(t.Context(), x, scaled)
	if err != nil || math.Abs(same.Similarity-high.Similarity) > 1e-9 {
		t.Errorf("in another unit: %v, %v, want %v", same, err, high)
	}
}
