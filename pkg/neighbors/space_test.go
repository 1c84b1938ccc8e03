package neighbors

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Fast numbers order rows as the distances do, up to rounding, for the rows of a space
// and for others, whatever they are made of.
func TestFastNumbersOrderAsDistances(t *testing.T) {
	testenv.Unraced(t)
	const n, d = 60, 40
	x := mat.NewDense(n, d, nil)
	var triplets []mat32.Triplet
	for i := range n {
		s := rng.New(2, "space", i)
		for j := range d {
			if v := float32(s.Float64()); v > 0.4 {
				x.Set(i, j, float64(v)/8)
				triplets = append(triplets, mat32.Triplet{Row: i, Col: j * j, Value: v / 8})
			}
		}
	}
	sparse, err := mat32.FromTriplets(n, 2000, triplets)
	if err != nil {
		t.Fatal(err)
	}
	tiny := mat.NewDense(n, d, nil)
	tiny.Scale(1e-60, x)
	places := mat.DenseCopyOf(x.Slice(0, n, 0, 2))
	ctx := context.Background()
	check := func(name string, a asker) {
		t.Helper()
		to := make([]int32, n)
		for j := range to {
			to[j] = int32(n - 1 - j)
		}
		dst, exact := make([]float32, n), make([]float64, n)
		for i := range int32(n) {
			a.fast(dst, i, to)
			most := 0.
			for k, j := range to {
				exact[k] = a.exact(i, j)
				most = max(most, exact[k])
			}
			for p := range to {
				for q := range to {
					if exact[p] < exact[q]-1e-3*most && !(dst[p] < dst[q]) || math.IsNaN(float64(dst[p])) {
						t.Fatalf("%s, row %d: %v at %v looks no nearer than %v at %v", name, i, dst[p], exact[p], dst[q], exact[q])
					}
				}
			}
		}
	}
	for _, m := range []Metric{
		Euclidean{}, SquaredEuclidean{}, Cosine{}, Correlation{}, Manhattan{}, Chebyshev{}, Minkowski{P: 3}, Canberra{}, BrayCurtis{}, Hamming{},
		Jaccard{}, Dice{}, Hellinger{}, Haversine{}, Mahalanobis{}, JensenShannon{}, Spearman{}, Poincare{},
		Func("f", func(a, b []float64) float64 { return math.Abs(a[0] - b[0]) }),
	} {
		forms := map[string]mat.Matrix{"float64": x, "float32": mat32.Convert(x), "sparse": sparse}
		switch m.String() {
		case "haversine":
			forms = map[string]mat.Matrix{"float64": places, "float32": mat32.Convert(places)}
		case "mahalanobis":
			delete(forms, "sparse") // more columns than rows
		case "manhattan", "chebyshev", "euclidean", "minkowski(p=3)":
			forms["tiny"] = tiny
		}
		for name, form := range forms {
			s, called, err := spaceOf(ctx, m, form)
			if err != nil || called != m.String() {
				t.Fatalf("%v: %q, %v", m, called, err)
			}
			if bytesOf(m, form) < 0 {
				t.Errorf("%v, %s: %d bytes", m, name, bytesOf(m, form))
			}
			check(m.String()+", "+name, s)
			for other, y := range forms {
				if name == "tiny" || other == "tiny" || (name == "sparse") != (other == "sparse") {
					continue
				}
				q, err := s.ask(ctx, y)
				if err != nil {
					t.Fatal(err)
				}
				check(m.String()+", "+name+" asked by "+other, q)
			}
		}
	}
	distances, err := mat32.NewDistances(3, []float64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	s, called, err := spaceOf(ctx, Cosine{}, distances)
	if err != nil || called != Precomputed || s.exact(1, 2) != 3 {
		t.Errorf("of given distances: %q, %v", called, err)
	}
}

// Every pair of blocks has one task, and every task one.
func TestTriangle(t *testing.T) {
	for n := 1; n < 60; n++ {
		task := 0
		for i := range n {
			for j := i; j < n; j++ {
				if a, b := triangle(task, n); a != i || b != j {
					t.Fatalf("task %d of %d rows is (%d, %d), want (%d, %d)", task, n, a, b, i, j)
				}
				task++
			}
		}
	}
	const n = 1 << 25 // blocks of 2³¹ rows
	for _, task := range []int{0, n - 1, n, n * (n + 1) / 4, n*(n+1)/2 - 2, n*(n+1)/2 - 1} {
		i, j := triangle(task, n)
		if at := i*(2*n-i+1)/2 + j - i; at != task || j < i || j >= n {
			t.Errorf("task %d is (%d, %d), which is task %d", task, i, j, at)
		}
	}
}
