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

func ExamplePrincipalComponentPursuit_Fit() {
	// A table of products, in which three entries are wrong.
	x := mat.NewDense(20, 15, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64((i + 1) * (j + 1)) }, x)
	x.Set(2, 3, 999)
	x.Set(10, 0, -500)
	x.Set(17, 14, 0)
	model, err := dr.PrincipalComponentPursuit{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	low := model.LowRank()
	fmt.Printf("rank %d, %d entries are wrong\n", model.Rank(), model.Entries())
	fmt.Printf("%.3f %.3f %.3f\n", low.At(2, 3), low.At(10, 0), low.At(17, 14))
	// Output:
	// rank 1, 3 entries are wrong
	// 12.000 11.000 270.000
}

// corrupted returns a matrix of low rank with entries of standard deviation 1, and
// it with a share of entries, in no pattern, set off by ±size.
func corrupted(seed uint64, n, d, rank int, share, size float64) (low, x *mat.Dense) {
	low = new(mat.Dense)
	low.Mul(fixture.Normal(seed, n, rank), fixture.Normal(seed+50, rank, d))
	low.Scale(1/math.Sqrt(float64(rank)), low)
	x = mat.DenseCopyOf(low)
	for i := range n {
		r := rng.New(seed, "corrupted", i)
		for j := range d {
			if u := r.Float64(); u < share/2 {
				x.Set(i, j, x.At(i, j)+size)
			} else if u < share {
				x.Set(i, j, x.At(i, j)-size)
			}
		}
	}
	return low, x
}

// offBy returns ‖a − b‖ beside ‖b‖.
func offBy(a, b mat.Matrix) float64 {
	var e mat.Dense
	e.Sub(a, b)
	return mat.Norm(&e, 2) / mat.Norm(b, 2)
}

// In the regime of the paper (its table 1: ranks of a twentieth of the order, a
// twentieth and a tenth of the entries wrong, errors about 1e-6) both matrices are
// found, whatever the size of what is wrong; where all entries are off, they are not.
func TestPursuitFindsBothParts(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for _, c := range []struct {
		n, d, rank             int
		share, size, tolerance float64 // of the data, of which what is wrong may be most
	}{{120, 120, 6, .05, 1, 0}, {120, 120, 6, .1, 5, 0}, {300, 60, 3, .1, 1e4, 1e-10}, {60, 300, 3, .1, 2, 0}} {
		low, x := corrupted(1, c.n, c.d, c.rank, c.share, c.size)
		m, err := dr.PrincipalComponentPursuit{Tolerance: c.tolerance}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		var wrong mat.Dense
		wrong.Sub(x, low)
		count := 0
		for _, v := range wrong.RawMatrix().Data {
			if v != 0 {
				count++
			}
		}
		t.Logf("%+v: rank %d, %d entries of %d, errors %.2g and %.2g, %d iterations", c, m.Rank(), m.Entries(), count, offBy(m.LowRank(), low), offBy(m.Sparse(), &wrong), m.Iterations())
		if m.Rank() != c.rank || m.Entries() != count {
			t.Errorf("%+v: rank %d and %d entries, which are %d", c, m.Rank(), m.Entries(), count)
		}
		if e := offBy(m.LowRank(), low); e > 5e-7 {
			t.Errorf("%+v: the matrix of low rank is off by %.2g", c, e)
		}
		if e := offBy(m.Sparse(), &wrong); e > 5e-7 {
			t.Errorf("%+v: the sparse matrix is off by %.2g", c, e)
		}
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil || !mat.EqualApprox(back, m.LowRank(), 1e-9*mat.Norm(low, 2)) {
			t.Errorf("%+v: the coordinates are not those of the matrix of low rank: %v", c, err)
		}
		if len(m.Embedding().Notes) > 0 {
			t.Error(m.Embedding().Notes)
		}
	}
	low, x := corrupted(2, 100, 100, 5, 1, 1)
	m, err := dr.PrincipalComponentPursuit{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if e := offBy(m.LowRank(), low); e < .1 {
		t.Errorf("all entries are wrong, and the error is %.2g", e)
	}
}

func TestPursuitAtTheEdges(t *testing.T) {
	ctx := context.Background()
	low, x := corrupted(3, 80, 50, 2, .05, 3)
	m, err := dr.PrincipalComponentPursuit{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []float64{1e250, 1e-250} {
		var y mat.Dense
		y.Scale(by, x)
		h, err := dr.PrincipalComponentPursuit{}.Fit(ctx, &y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "scaled", h.SingularValues()[0]/by, m.SingularValues()[0], 1e-9, 0)
		if h.Entries() != m.Entries() {
			t.Errorf("scaled by %v: %d entries, and %d", by, h.Entries(), m.Entries())
		}
	}
	short, err := dr.PrincipalComponentPursuit{Iterations: 2}.Fit(ctx, x)
	if err != nil || len(short.Embedding().Notes) != 1 || short.Iterations() != 2 {
		t.Errorf("two iterations: %v, %v", short, err)
	}
	// A sparse matrix that costs next to nothing takes all; one that costs much, nothing.
	all, err := dr.PrincipalComponentPursuit{Sparsity: 1e-6}.Fit(ctx, x)
	if err != nil || all.Rank() != 0 || len(all.Embedding().Notes) != 1 || mat.Norm(all.LowRank(), 2) != 0 {
		t.Errorf("all sparse: %v, %v", all, err)
	}
	none, err := dr.PrincipalComponentPursuit{Sparsity: 1e6}.Fit(ctx, low)
	if err != nil || none.Entries() != 0 || none.Rank() != 2 {
		t.Errorf("nothing sparse: %v, %v", none, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (dr.PrincipalComponentPursuit{}).Fit(ctx, mat.NewDense(4, 3, nil)); !errors.As(err, &degenerate) {
		t.Errorf("zeros: %v", err)
	}
}
