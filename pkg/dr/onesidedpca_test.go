package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleOneSidedPCA_Fit() {
	// Rows along (1, 2, 3) to either side, of which one entry each is missing.
	var seen []mat32.Triplet
	for i := range 90 {
		size := float64(1 - i/3%2*2)
		for j := range 3 {
			if (i+j)%3 != 0 {
				seen = append(seen, mat32.Triplet{Row: i, Col: j, Value: float32(size * float64(j+1))})
			}
		}
	}
	x, err := mat32.FromTriplets(90, 3, seen)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := dr.OneSidedPCA{Components: 1}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	u := model.Components().RawRowView(0)
	fmt.Printf("%.1f %.1f %.1f\n", u[0]/u[0], u[1]/u[0], u[2]/u[0])
	// Output:
	// 1.0 2.0 3.0
}

// glimpses returns rows of a space of k dimensions in d columns, of which only a few
// entries each were observed, and the directions of the space.
func glimpses(t *testing.T, seed uint64, n, d, k, entries int) (x *mat32.CSR, directions *mat.Dense) {
	t.Helper()
	directions = fixture.Normal(seed, k, d)
	z := fixture.Normal(seed+1, n, k)
	var seen []mat32.Triplet
	for i := range n {
		r := rng.New(seed, "glimpses", i)
		order := make([]int, d)
		for j := range order {
			order[j] = j
		}
		r.Shuffle(d, func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, j := range order[:entries] {
			v := 0.
			for c := range k {
				v += z.At(i, c) * directions.At(c, j)
			}
			seen = append(seen, mat32.Triplet{Row: i, Col: j, Value: float32(v)})
		}
	}
	x, err := mat32.FromTriplets(n, d, seen)
	if err != nil {
		t.Fatal(err)
	}
	var svd mat.SVD
	svd.Factorize(directions, mat.SVDThin)
	var v mat.Dense
	svd.VTo(&v)
	return x, mat.DenseCopyOf(v.T())
}

// Of whole rows it is the truncated SVD.
func TestOneSidedPCAOfWholeRowsIsTruncatedSVD(t *testing.T) {
	ctx := context.Background()
	for _, k := range []int{2, 6} {
		x := fixture.Normal(3, 80, 6)
		m, err := dr.OneSidedPCA{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := dr.TruncatedSVD{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, "singular value", m.SingularValues(), want.SingularValues(), 1e-10, 0)
		if !mat.EqualApprox(m.Components(), want.Components(), 1e-9) {
			t.Error("other components")
		}
		if k == 6 && !mat.EqualApprox(m.Embedding(), want.Embedding(), 1e-9) {
			t.Error("another map")
		}
		left := 0.
		for _, v := range x.RawMatrix().Data {
			left += v * v / 480
		}
		for _, v := range want.SingularValues() {
			left -= v * v / 480
		}
		near(t, "noise", m.NoiseVariance(), left, 1e-9, 1e-12)
	}
}

// Two entries of every row show the space of them all, once there are enough rows:
// the more, the nearer. Zeros for what was not observed hide it.
func TestOneSidedPCAFromTwoEntriesPerRow(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const d, k = 30, 2
	last := 0.
	for _, n := range []int{500, 4000, 32000} {
		x, directions := glimpses(t, 5, n, d, k, 2)
		m, err := dr.OneSidedPCA{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		zeros, err := dr.TruncatedSVD{Components: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		found, filled := shared(m.Components(), directions), shared(zeros.Components(), directions)
		t.Logf("%d rows: %.4f of the space is found in %d iterations, %.4f with zeros for what is missing", n, found, m.Iterations(), filled)
		if found < last || n > 1000 && found < filled {
			t.Errorf("%d rows show %.4f of the space; fewer rows %.4f, zeros %.4f", n, found, last, filled)
		}
		last = found
	}
	if last < .97 {
		t.Errorf("%.4f of the space is found at last", last)
	}
	// Half of the entries of few rows: the pairs that are missing are filled in, and so
	// are the rows, by what the others have.
	x, directions := glimpses(t, 6, 120, 20, 2, 10)
	m, err := dr.OneSidedPCA{Components: 2}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if found := shared(m.Components(), directions); found < .95 {
		t.Errorf("of rows half observed %.4f of the space is found", found)
	}
	gaps := mat.DenseCopyOf(x)
	for i := range 120 {
		for j := range 20 {
			if j == i%20 || j == (i+7)%20 {
				gaps.Set(i, j, 0)
			}
		}
	}
	z, err := m.Transform(ctx, gaps)
	if err != nil {
		t.Fatal(err)
	}
	back, err := m.Inverse(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	off, all := 0., 0.
	for i := range 120 {
		for j := range 20 {
			if v := x.At(i, j); v != 0 && gaps.At(i, j) == 0 {
				off += (back.At(i, j) - v) * (back.At(i, j) - v)
				all += v * v
			}
		}
	}
	if all == 0 || off > .1*all {
		t.Errorf("entries that were hidden are off by %.3f of their squares", off/all)
	}
}

func TestOneSidedPCAAtTheEdges(t *testing.T) {
	ctx := context.Background()
	var degenerate *mat32.DegenerateError
	if _, err := (dr.OneSidedPCA{}).Fit(ctx, mat.NewDense(3, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("zeros: %v", err)
	}
	if _, err := (dr.OneSidedPCA{}).Fit(ctx, mat.NewDense(2, 2, []float64{1, 0, 0, 1})); !errors.As(err, &degenerate) {
		t.Errorf("one entry a row: %v", err)
	}
	one, err := dr.OneSidedPCA{}.Fit(ctx, mat.NewDense(3, 1, []float64{1, 0, 2}))
	if err != nil || math.Abs(one.SingularValues()[0]-math.Sqrt(7.5)) > 1e-12 {
		t.Errorf("one column: %v, %v", one, err)
	}
	x, _ := glimpses(t, 8, 60, 12, 2, 2)
	m, err := dr.OneSidedPCA{Components: 2, Iterations: 2}.Fit(ctx, x)
	if err != nil || m.Iterations() != 2 || len(m.Embedding().Notes) != 2 {
		t.Errorf("a fit of two iterations: %v, notes %q", err, m.Embedding().Notes)
	}
	var product mat.Dense
	product.Mul(m.Components(), m.Covariance())
	if u := m.Components(); math.Abs(product.At(0, 3)-mat.Norm(product.RowView(0), 2)*u.At(0, 3)) > 1e-9 {
		t.Error("the components are not eigenvectors of the covariance")
	}
	z, err := m.Transform(ctx, mat.NewDense(2, 12, nil))
	if err != nil || mat.Norm(z, 2) != 0 {
		t.Errorf("rows of which nothing was observed: %v, %v", z, err)
	}
	for _, by := range []float64{1e100, 1e-100} {
		y := mat.DenseCopyOf(x)
		y.Scale(by, y)
		h, err := dr.OneSidedPCA{Components: 2, Iterations: 2}.Fit(ctx, y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "scaled", h.SingularValues()[0]/by, m.SingularValues()[0], 1e-9, 0)
	}
}
