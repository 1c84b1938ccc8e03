package kmeans

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// groups returns rows around centers, far from the origin; row i is of group i mod k.
func groups(n, d, k int, spread float64) blas32.General {
	centers, noise := fixture.Normal(3, k, d), fixture.Normal(4, n, d)
	x := blas32.General{Rows: n, Cols: d, Stride: d, Data: make([]float32, n*d)}
	for i := range n {
		for j := range d {
			x.Data[i*d+j] = float32(1000 + 10*centers.At(i%k, j) + spread*noise.At(i, j))
		}
	}
	return x
}

var ways = map[string]KMeans{"Lloyd": {Clusters: 7, Seed: 2}, "batches": {Clusters: 7, Batch: 100, Seed: 2}}

func TestGroupsAreFound(t *testing.T) {
	x := groups(700, 5, 7, .3)
	for name, k := range ways {
		c, err := k.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range c.Labels {
			if l != c.Labels[i%7] {
				t.Fatalf("%s: row %d is in cluster %d, others of its group in %d", name, i, l, c.Labels[i%7])
			}
		}
		if c.Centers.Rows != 7 || slices.ContainsFunc(c.Sizes, func(s int) bool { return s != 100 }) {
			t.Errorf("%s: sizes %v", name, c.Sizes)
		}
	}
}

// At the end of Lloyd's iteration every row is with its nearest centre, every centre
// is the mean of its rows, and the sum of squares is theirs.
func TestFixedPoint(t *testing.T) {
	x := groups(300, 3, 2, 20)
	c, err := KMeans{Clusters: 9, Tolerance: 1e-30}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, 9*3)
	inertia := 0.
	for i := range 300 {
		square := func(l int) (s float64) {
			for j := range 3 {
				s += math.Pow(float64(x.Data[i*3+j]-c.Centers.Data[l*3+j]), 2)
			}
			return s
		}
		own := square(int(c.Labels[i]))
		inertia += own
		for l := range 9 {
			if square(l) < own*(1-1e-3) {
				t.Errorf("row %d is nearer to %d than to %d", i, l, c.Labels[i])
			}
		}
		for j := range 3 {
			sums[int(c.Labels[i])*3+j] += float64(x.Data[i*3+j])
		}
	}
	if math.Abs(inertia-c.Inertia) > 1e-3*inertia {
		t.Errorf("inertia %v, want %v", c.Inertia, inertia)
	}
	for l, size := range c.Sizes {
		for j := range 3 {
			if m := sums[l*3+j] / float64(size); math.Abs(m-float64(c.Centers.Data[l*3+j])) > 1e-2 {
				t.Errorf("centre %d of %d rows is at %v, their mean at %v", l, size, c.Centers.Data[l*3+j], m)
			}
		}
	}
}

func TestFewerDifferentRowsThanClusters(t *testing.T) {
	x := groups(60, 4, 3, 0)
	for name, k := range ways {
		k.Batch = min(k.Batch, 20)
		c, err := k.Fit(context.Background(), x)
		if err != nil || c.Centers.Rows != 3 || c.Inertia > 1e-3 {
			t.Errorf("%s: %d centres, inertia %v: %v", name, c.Centers.Rows, c.Inertia, err)
		}
	}
	one, err := KMeans{Clusters: 1}.Fit(context.Background(), groups(1, 4, 1, 0))
	if err != nil || one.Sizes[0] != 1 {
		t.Errorf("one row: %v, %v", one, err)
	}
	for _, k := range []int{0, 61} {
		if _, err := (KMeans{Clusters: k}).Fit(context.Background(), x); err == nil {
			t.Errorf("%d clusters of 60 rows", k)
		}
	}
}

// The start spreads: its sum of squares is within the factor that is expected of it
// (8·(ln k + 2) times the least) for every one of some seeds.
func TestStartSpreads(t *testing.T) {
	x := groups(500, 2, 20, .1)
	r, err := newRows(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]int32, 500)
	best, err := KMeans{Clusters: 20, Seed: 1}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(5) {
		c, err := KMeans{Clusters: 20, Seed: seed}.start(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := assign(context.Background(), r.x, c, labels, nil)
		if err != nil || sum > 8*(math.Log(20)+2)*best.Inertia {
			t.Errorf("seed %d: the start has %v, the end %v: %v", seed, sum, best.Inertia, err)
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	x := groups(400, 4, 3, 15)
	for name, k := range ways {
		var first *Clusters
		for _, cores := range testenv.Cores() {
			before := runtime.GOMAXPROCS(cores)
			c, err := k.Fit(context.Background(), x)
			runtime.GOMAXPROCS(before)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = c
			}
			if !slices.Equal(c.Centers.Data, first.Centers.Data) || !slices.Equal(c.Labels, first.Labels) || c.Inertia != first.Inertia {
				t.Errorf("%s on %d cores gives other bits", name, cores)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	x := groups(4000, 20, 10, 20)
	for name, k := range ways {
		k.Clusters = 200
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if _, err := k.Fit(ctx, x); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}
