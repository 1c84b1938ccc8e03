package screen

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The bounds are the contract: whatever the magnitude, offset and type of the
// values, no exact distance may fall outside what the fast one promises, and
// the promise must be tight enough to be of use.
func TestBoundsHold(t *testing.T) {
	testenv.Unraced(t)
	for _, d := range []int{1, 3, 8, 50, 300} {
		for _, size := range []float64{1e-320, 1e-310, 1e-300, 1e-200, 1e-30, 1, 1e30, 1e200, 1e306} {
			for _, offset := range []float64{0, 10, 1e6} {
				if offset*size > 1e306 {
					continue
				}
				t.Run(fmt.Sprintf("d=%d/size=%g/offset=%g", d, size, offset), func(t *testing.T) {
					x := mat.NewDense(60, d, nil)
					for i := range 60 {
						s := rng.New(1, "screen", i)
						for j := range d {
							x.Set(i, j, (s.Normal()*math.Pow(10, -float64(i%7))+offset)*size)
						}
					}
					x.SetRow(59, mat.Row(nil, 58, x))
					bounds(t, x)
					bounds(t, x.T().T())
					if size > 1e-30 && size < 1e30 {
						bounds(t, mat32.Convert(x))
					}
				})
			}
		}
	}
}

func rows(t *testing.T, x mat.Matrix) *Rows {
	t.Helper()
	r, err := New(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func bounds(t *testing.T, x mat.Matrix) {
	t.Helper()
	n, _ := x.Dims()
	r := rows(t, x)
	fast := make([]float32, n)
	for i := range n {
		r.Fast(fast, i, 0)
		for j, f := range fast {
			exact := r.Exact(i, j)
			if math.IsInf(exact, 0) || exact != r.Exact(j, i) {
				t.Fatalf("exact distance %d, %d is %v one way, %v the other", i, j, exact, r.Exact(j, i))
			}
			lo, hi := r.Interval(i, exact)
			if f < lo || f > hi {
				t.Fatalf("%d, %d: fast %v is outside [%v, %v]", i, j, f, lo, hi)
			}
			// It says something, too, where float32 has digits left.
			if width, typical := float64(hi)-float64(max(lo, 0)), math.Pow(r.bounds().fit/r.fit, 2); exact > 1e-310 && width > 4e-4*(typical+float64(f)) {
				t.Fatalf("%d, %d: [%v, %v] says little about %v", i, j, lo, hi, f)
			}
		}
	}
	if d := r.Exact(n-1, n-2); d != 0 {
		t.Fatalf("equal rows are %v apart", d)
	}
}

func TestBoundsHoldForGivenDistances(t *testing.T) {
	const n = 60
	for _, size := range []float64{1e-320, 1e-300, 1e-160, 1e-30, 1, 1e30, 1e200, 1e308} {
		pairs := make([]float64, n*(n-1)/2)
		for k := range pairs {
			s := rng.New(3, "screen", k)
			pairs[k] = size * s.Float64() * math.Pow(10, -float64(k%7))
		}
		pairs[len(pairs)-1] = 0
		pairs[17] = 1.7 * size
		d, err := mat32.NewDistances(n, pairs)
		if err != nil {
			t.Fatal(err)
		}
		bounds(t, d)
		// Every stretch of a row is what it is in the whole.
		r := rows(t, d)
		whole := make([]float32, n)
		for _, i := range []int{0, 1, 30, n - 1} {
			r.Fast(whole, i, 0)
			for lo := range n {
				for _, length := range []int{1, 2, 7, n - lo} {
					part := make([]float32, min(length, n-lo))
					r.Fast(part, i, lo)
					if !slices.Equal(part, whole[lo:lo+len(part)]) {
						t.Fatalf("row %d from %d: %v, in the whole %v", i, lo, part, whole[lo:lo+len(part)])
					}
				}
			}
		}
		if size == 1 && math.Abs(float64(whole[0])/math.Pow(r.Exact(n-1, 0)/r.unit*r.fit, 2)-1) > 1e-6 {
			t.Errorf("the square of %v is %v", r.Exact(n-1, 0), whole[0])
		}
	}
}

func TestSparseRowsAreTheirDenseTwin(t *testing.T) {
	var triplets []mat32.Triplet
	for i := range 50 {
		s := rng.New(5, "screen", i)
		for range 4 {
			triplets = append(triplets, mat32.Triplet{Row: i, Col: s.IntN(300), Value: float32(s.Normal())})
		}
	}
	x, err := mat32.FromTriplets(50, 300, triplets)
	if err != nil {
		t.Fatal(err)
	}
	a, b := rows(t, x), rows(t, mat32.Convert(x))
	fa, fb := make([]float32, 50), make([]float32, 50)
	for i := range 50 {
		a.Fast(fa, i, 0)
		b.Fast(fb, i, 0)
		if !slices.Equal(fa, fb) {
			t.Fatalf("row %d: fast distances differ", i)
		}
		for j := range 50 {
			if a.Exact(i, j) != b.Exact(i, j) {
				t.Fatalf("%d, %d: %v, dense %v", i, j, a.Exact(i, j), b.Exact(i, j))
			}
		}
	}
}

func TestExactIgnoresOffsets(t *testing.T) {
	x, y := mat.NewDense(40, 5, nil), mat.NewDense(40, 5, nil)
	for i := range 40 {
		s := rng.New(2, "screen", i)
		for j := range 5 {
			v := math.Round(s.Normal()*1024) / 1024 // exact after adding 1000, too
			x.Set(i, j, v)
			y.Set(i, j, v+1000)
		}
	}
	a, b := rows(t, x), rows(t, y)
	for i := range 40 {
		for j := range 40 {
			if a.Exact(i, j) != b.Exact(i, j) {
				t.Fatalf("%d, %d: %v, shifted %v", i, j, a.Exact(i, j), b.Exact(i, j))
			}
		}
	}
}
