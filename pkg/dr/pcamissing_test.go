package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExamplePCA_Fit_missing() {
	// A plane with a little noise in eight columns; one value in five is lost.
	x := spiked(200, 8, []float64{3, 2}, .1)
	model, err := dr.PCA{Components: 2, Missing: dr.EM}.Fit(context.Background(), holes(x, .2))
	if err != nil {
		fmt.Println(err)
		return
	}
	whole, err := dr.PCA{Components: 2}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f, of the whole data %.1f\n", model.ExplainedVariance(), whole.ExplainedVariance())
	// Output: [9.1 3.9], of the whole data [9.2 3.8]
}

// holes returns x with a share of its values missing.
func holes(x *mat.Dense, share float64) *mat.Dense {
	y := mat.DenseCopyOf(x)
	n, d := x.Dims()
	for i := range n {
		s := rng.New(9, "holes", i)
		for j := range d {
			if s.Float64() < share {
				y.Set(i, j, math.NaN())
			}
		}
	}
	return y
}

// covarianceOf returns what a model says of the columns, of divisor n−1.
func covarianceOf(m *dr.PCAModel) *mat.SymDense {
	k, d := m.Components().Dims()
	c := mat.NewSymDense(d, nil)
	for j := range d {
		c.SetSym(j, j, m.NoiseVariance())
	}
	for r := range k {
		c.SymRankOne(c, m.ExplainedVariance()[r]-m.NoiseVariance(), m.Components().RowView(r))
	}
	return c
}

// The likelihood of what is seen is that of a normal distribution, and no step along
// the mean or the covariance of the model raises it: the rounds end at its maximum.
func TestPCAMissingEndsAtTheMaximum(t *testing.T) {
	ctx := context.Background()
	const n, d = 60, 5
	x := holes(spiked(n, d, []float64{3, 2}, .5), .25)
	m := fitPCA(t, dr.PCA{Components: 2, Missing: dr.EM, Tolerance: 1e-15, Rounds: 20_000}, x)
	c := covarianceOf(m)
	got, err := m.LogLikelihood(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	nearAll(t, "log-likelihood", got, normalLogs(x, m.Mean(), c), 1e-9, 1e-9)
	// The maximum is that of the covariance of divisor n.
	ml := mat.NewSymDense(d, nil)
	ml.ScaleSym(float64(n-1)/n, c)
	sum := func(mean []float64, c mat.Symmetric) (s float64) {
		for _, l := range normalLogs(x, mean, c) {
			s += l
		}
		return s
	}
	best := sum(m.Mean(), ml)
	for j := range d {
		for _, step := range []float64{-1e-2, 1e-2} {
			mean := m.Mean()
			mean[j] += step
			if now := sum(mean, ml); now > best {
				t.Errorf("mean %d %+g: %v is more than %v", j, step, now, best)
			}
		}
	}
	noise, w := m.NoiseVariance()*(n-1)/n, mat.NewDense(d, 2, nil)
	for r, v := range m.ExplainedVariance() {
		for j := range d {
			w.Set(j, r, math.Sqrt(v*(n-1)/n-noise)*m.Components().At(r, j))
		}
	}
	at := func(w *mat.Dense, noise float64) float64 {
		c := mat.NewSymDense(d, nil)
		c.SymOuterK(1, w)
		for j := range d {
			c.SetSym(j, j, c.At(j, j)+noise)
		}
		return sum(m.Mean(), c)
	}
	near(t, "the same maximum", at(w, noise), best, 1e-10, 0)
	for _, step := range []float64{-1e-2, 1e-2} {
		if now := at(w, noise*(1+step)); now > best {
			t.Errorf("noise %+g: %v is more than %v", step, now, best)
		}
		for j := range d {
			for r := range 2 {
				moved := mat.DenseCopyOf(w)
				moved.Set(j, r, moved.At(j, r)+step)
				if now := at(moved, noise); now > best {
					t.Errorf("axis %d, %d %+g: %v is more than %v", j, r, step, now, best)
				}
			}
		}
	}
}

// What is not seen of a row is what a normal distribution expects of it.
func TestPCAMissingFillsByExpectation(t *testing.T) {
	testenv.Unraced(t)
	const n, d = 80, 6
	x := holes(spiked(n, d, []float64{3, 2}, .3), .3)
	for j := range d {
		x.Set(7, j, math.NaN()) // nothing is known of it: it is mapped to the mean
	}
	for _, whiten := range []bool{false, true} {
		m := fitPCA(t, dr.PCA{Components: 2, Missing: dr.EM, Whiten: whiten}, x)
		c, mean := covarianceOf(m), m.Mean()
		for i := range n {
			var seen, lost []int
			for j := range d {
				if math.IsNaN(x.At(i, j)) {
					lost = append(lost, j)
				} else {
					seen = append(seen, j)
				}
			}
			e := mat.NewVecDense(d, nil)
			if len(seen) > 0 {
				part, v := mat.NewSymDense(len(seen), nil), mat.NewVecDense(len(seen), nil)
				for a, j := range seen {
					v.SetVec(a, x.At(i, j)-mean[j])
					e.SetVec(j, v.AtVec(a))
					for b, l := range seen {
						part.SetSym(a, b, c.At(j, l))
					}
				}
				var s mat.VecDense
				if err := s.SolveVec(part, v); err != nil {
					t.Fatal(err)
				}
				for _, j := range lost {
					for a, l := range seen {
						e.SetVec(j, e.AtVec(j)+c.At(j, l)*s.AtVec(a))
					}
				}
			}
			var want mat.VecDense
			want.MulVec(m.Components(), e)
			for r, v := range m.ExplainedVariance() {
				if w := want.AtVec(r); whiten {
					want.SetVec(r, w/math.Sqrt(v))
				}
			}
			nearAll(t, fmt.Sprint("row ", i), m.Embedding().RawRowView(i), want.RawVector().Data, 1e-8, 1e-9)
		}
		if notes := m.Embedding().Notes; len(notes) != 1 || !strings.Contains(notes[0], "rounds of EM") {
			t.Errorf("notes %q", notes)
		}
	}
}

func TestPCAMissingNothingIsPCA(t *testing.T) {
	x := spiked(50, 6, []float64{3, 2}, .3)
	a, b := fitPCA(t, dr.PCA{Components: 3, Missing: dr.EM}, x), fitPCA(t, dr.PCA{Components: 3}, x)
	if !mat.Equal(a.Components(), b.Components()) || !mat.Equal(a.Embedding(), b.Embedding()) || a.NoiseVariance() != b.NoiseVariance() {
		t.Error("without missing values it is not PCA")
	}
	// The rounds themselves come to it, too, when next to nothing is missing.
	x.Set(3, 2, math.NaN())
	c := fitPCA(t, dr.PCA{Components: 3, Missing: dr.EM, Tolerance: 1e-14, Rounds: 10_000}, x)
	nearAll(t, "variance", c.ExplainedVariance(), b.ExplainedVariance(), .05, 0)
	again, err := c.Transform(context.Background(), x)
	if err != nil || !mat.Equal(again, c.Embedding()) {
		t.Errorf("the rows of the fit map elsewhere: %v", err)
	}
}

// The plane of what is seen is nearer to that of the whole data than PCA comes when
// values that are missing are the mean.
func TestPCAMissingBeatsTheMean(t *testing.T) {
	testenv.Unraced(t)
	x := spiked(150, 10, []float64{4, 3}, .2)
	y := holes(x, .4)
	filled := mat.DenseCopyOf(y)
	for j := range 10 {
		mean, count := 0., 0.
		for i := range 150 {
			if v := y.At(i, j); v == v {
				mean, count = mean+v, count+1
			}
		}
		for i := range 150 {
			if v := y.At(i, j); v != v {
				filled.Set(i, j, mean/count)
			}
		}
	}
	truth := fitPCA(t, dr.PCA{Components: 2}, x).Components()
	off := func(m *dr.PCAModel) float64 {
		var c mat.Dense
		c.Mul(m.Components(), truth.T())
		return 2 - math.Pow(mat.Norm(&c, 2), 2)
	}
	em, mean := off(fitPCA(t, dr.PCA{Components: 2, Missing: dr.EM}, y)), off(fitPCA(t, dr.PCA{Components: 2}, filled))
	if em > mean/4 {
		t.Errorf("the plane is %.4g off, with means for values %.4g", em, mean)
	}
}

func TestPCAMissingBadInput(t *testing.T) {
	ctx := context.Background()
	x := holes(spiked(20, 4, []float64{3, 2}, .3), .1)
	fit := func(p dr.PCA, x mat.Matrix) error { _, err := p.Fit(ctx, x); return err }
	em := dr.PCA{Components: 2, Missing: dr.EM}
	column := mat.DenseCopyOf(x)
	infinite := mat.DenseCopyOf(x)
	infinite.Set(3, 1, math.Inf(-1))
	same := mat.NewDense(5, 3, []float64{1, 2, 3, 1, 2, 3, 1, math.NaN(), 3, 1, 2, 3, 1, 2, 3})
	for i := range 20 {
		column.Set(i, 1, math.NaN())
	}
	m := fitPCA(t, em, x)
	_, transform := m.Transform(ctx, infinite)
	_, columns := m.Transform(ctx, same)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, late := em.Fit(stopped, x)
	if !errors.Is(late, context.Canceled) {
		t.Errorf("cancelled: %v", late)
	}
	for name, c := range map[string]struct {
		err  error
		want any
	}{
		"NaN without Missing":     {fit(dr.PCA{Components: 2}, x), new(*mat32.NotFiniteError)},
		"an infinity":             {fit(em, infinite), new(*mat32.NotFiniteError)},
		"an infinity, new":        {transform, new(*mat32.NotFiniteError)},
		"other columns":           {columns, new(*mat32.ShapeError)},
		"a column without values": {fit(em, column), new(*mat32.DegenerateError)},
		"equal rows":              {fit(em, same), new(*mat32.DegenerateError)},
		"one row":                 {fit(em, mat.NewDense(1, 4, nil)), new(*mat32.ShapeError)},
		"memory":                  {fit(dr.PCA{Components: 2, Missing: dr.EM, MemoryLimit: 100}, x), new(*mat32.MemoryError)},
	} {
		if c.err == nil || !errors.As(c.err, c.want) {
			t.Errorf("%s: got %v, want a %T", name, c.err, c.want)
		}
	}
	if err := fit(em, mat32.NewDense(0, 3, nil)); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no rows: %v", err)
	}
	few := fitPCA(t, dr.PCA{Components: 2, Missing: dr.EM, Rounds: 2}, x)
	if notes := few.Embedding().Notes; len(notes) != 2 || !strings.Contains(notes[1], "no convergence") {
		t.Errorf("notes %q", notes)
	}
}
