package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleBayesianPCA_Fit() {
	// Three directions, in 20 columns of noise.
	model, err := dr.BayesianPCA{}.Fit(context.Background(), spiked(300, 20, []float64{3, 2, 1}, .3))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	// Output:
	// Bayesian PCA of 300 × 20: 3 of 19 axes in use
	//    axis      variance     precision
	//       1        8.8677        2.2554
	//       2        3.4933        5.7252
	//       3       0.85432         23.41
	//   noise      0.091301
}

func fitBayesian(t *testing.T, b dr.BayesianPCA, x mat.Matrix) *dr.BayesianPCAModel {
	t.Helper()
	m, err := b.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bishop runs the rounds of Bishop (1999), equations 12 to 15, in matrices, from the
// maximum of the likelihood: what they come to is w·wᵀ and the noise.
func bishop(x *mat.Dense, q, rounds int) (*mat.Dense, float64) {
	n, d := x.Dims()
	y := mat.DenseCopyOf(x)
	for j := range d {
		mean := 0.
		for i := range n {
			mean += x.At(i, j) / float64(n)
		}
		for i := range n {
			y.Set(i, j, x.At(i, j)-mean)
		}
	}
	var eig mat.EigenSym
	s := mat.NewSymDense(d, nil)
	s.SymOuterK(1/float64(n), y.T())
	if !eig.Factorize(s, true) {
		panic("no eigenvalues")
	}
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	values := eig.Values(nil)
	noise := 0.
	for _, v := range values[:d-q] {
		noise += v / float64(d-q)
	}
	w, alpha := mat.NewDense(d, q, nil), make([]float64, q)
	for r := range q {
		for j := range d {
			w.Set(j, r, math.Sqrt(values[d-1-r]-noise)*vectors.At(j, d-1-r))
		}
	}
	for range rounds {
		for r := range q {
			alpha[r] = float64(d) / math.Max(math.Pow(mat.Norm(w.ColView(r), 2), 2), 1e-60)
		}
		var m, inverse, z, cross, second, ridge mat.Dense
		m.Mul(w.T(), w)
		for r := range q {
			m.Set(r, r, m.At(r, r)+noise)
		}
		if err := inverse.Inverse(&m); err != nil {
			panic(err)
		}
		z.Product(y, w, &inverse) // n × q: expected coordinates
		second.Mul(z.T(), &z)
		inverse.Scale(float64(n)*noise, &inverse)
		second.Add(&second, &inverse)
		cross.Mul(y.T(), &z)
		ridge.CloneFrom(&second)
		for r := range q {
			ridge.Set(r, r, ridge.At(r, r)+noise*alpha[r])
		}
		var turned mat.Dense
		if err := turned.Solve(&ridge, cross.T()); err != nil {
			var c mat.Condition
			if !errors.As(err, &c) {
				panic(err)
			}
		}
		w.Copy(turned.T())
		var own, outer mat.Dense
		own.Mul(w.T(), w)
		outer.Mul(&own, &second)
		total, both := math.Pow(mat.Norm(y, 2), 2), 0.
		for j := range d {
			for r := range q {
				both += cross.At(j, r) * w.At(j, r)
			}
		}
		noise = (total - 2*both + mat.Trace(&outer)) / float64(n*d)
	}
	var c mat.Dense
	c.Mul(w, w.T())
	return &c, noise
}

func TestBayesianPCAIsBishopsFixedPoint(t *testing.T) {
	testenv.Unraced(t)
	for _, shape := range [][3]int{{100, 6, 5}, {60, 10, 9}, {30, 40, 8}} {
		n, d, q := shape[0], shape[1], shape[2]
		x := spiked(n, d, []float64{3, 2}, .5)
		m := fitBayesian(t, dr.BayesianPCA{Components: q, Tolerance: 1e-14, Rounds: 100_000}, x)
		want, noise := bishop(x, q, 4000)
		near(t, fmt.Sprint(shape, " noise"), m.NoiseVariance(), noise, 1e-6, 0)
		k := m.Dimension()
		got := mat.NewDense(d, d, nil)
		for r, u := range m.SignalVariance()[:k] {
			v := m.Components().RowView(r)
			got.RankOne(got, u, v, v)
			// The quadratic that an axis in use satisfies.
			fn, fd, s := float64(n), float64(d), m.NoiseVariance()
			lambda := 0.
			for i := range n {
				row, along := mat.NewVecDense(d, mat.Row(nil, i, x)), 0.
				row.SubVec(row, mat.NewVecDense(d, m.Mean()))
				along = mat.Dot(row, v)
				lambda += along * along / fn
			}
			near(t, fmt.Sprint(shape, " quadratic"), (fn+fd)*u*u+(fn*s+2*fd*s)*u+fd*s*s, fn*lambda*u, 1e-9, 0)
			near(t, fmt.Sprint(shape, " precision"), m.Precisions()[r], fd/u, 1e-12, 0)
		}
		if !mat.EqualApprox(got, want, 1e-5) {
			t.Errorf("%v: the axes are others", shape)
		}
	}
}

// The dimension is that of the data however many axes there are at first.
func TestBayesianPCADimension(t *testing.T) {
	testenv.Unraced(t)
	for _, k := range []int{0, 1, 3, 5} {
		sd := []float64{4, 3, 3, 2, 1.5}[:k]
		for _, shape := range [][2]int{{200, 24}, {120, 50}, {60, 150}} {
			x := spiked(shape[0], shape[1], append(sd, 0), .3)
			for _, q := range []int{0, 5, 10, 20} {
				m := fitBayesian(t, dr.BayesianPCA{Components: q}, x)
				if m.Dimension() != k {
					t.Errorf("%v, %d axes at first: %d dimensions, want %d", shape, q, m.Dimension(), k)
				}
				if r, c := m.Embedding().Dims(); r != shape[0] || c != max(k, 1) {
					t.Errorf("%v: a map of %d × %d", shape, r, c)
				}
				if k == 0 && mat.Norm(m.Embedding(), 2) != 0 {
					t.Errorf("%v: noise has coordinates", shape)
				}
				near(t, fmt.Sprint(shape, k, q, " noise"), m.NoiseVariance(), .09, .15, 0)
			}
		}
	}
}

// Rows come back as far as they are signal, and axes that are out of use stay there.
func TestBayesianPCAInverse(t *testing.T) {
	ctx := context.Background()
	x := spiked(200, 12, []float64{4, 3}, .1)
	m := fitBayesian(t, dr.BayesianPCA{}, x)
	back, err := m.Inverse(ctx, m.Embedding())
	if err != nil {
		t.Fatal(err)
	}
	back.Sub(x, back)
	if rms := mat.Norm(back, 2) / math.Sqrt(200*12); rms > .11 {
		t.Errorf("rows come back %.3g off", rms)
	}
	z, err := m.Transform(ctx, x)
	if err != nil || !mat.Equal(z, m.Embedding()) {
		t.Errorf("the rows of the fit map elsewhere: %v", err)
	}
	for i, p := range m.Precisions() {
		if used := i < m.Dimension(); used == math.IsInf(p, 1) {
			t.Errorf("axis %d has the precision %v", i, p)
		}
	}
	if notes := m.Embedding().Notes; len(notes) != 1 || !strings.Contains(notes[0], "2 of 11 axes are in use") {
		t.Errorf("notes %q", notes)
	}
	// Of exactly low rank: noise ends at its floor.
	exact := spiked(50, 6, []float64{4, 3}, 0)
	if k := fitBayesian(t, dr.BayesianPCA{}, exact).Dimension(); k != 2 {
		t.Errorf("a plane has %d dimensions", k)
	}
	var de *mat32.DegenerateError
	for _, bad := range []mat.Matrix{mat.NewDense(4, 3, nil), mat.NewDense(2, 2, []float64{1e200, 0, -1e200, 1})} {
		if _, err := (dr.BayesianPCA{}).Fit(ctx, bad); !errors.As(err, &de) {
			t.Errorf("got %v, want a *mat32.DegenerateError", err)
		}
	}
}
