package neighbors_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// proper tells for which metrics the triangle inequality holds.
type proper struct {
	neighbors.Metric
	triangle bool
}

// all returns every metric that compares rows of 4 columns, or of 2 for Haversine.
func all() []proper {
	return []proper{
		{neighbors.Euclidean{}, true}, {neighbors.SquaredEuclidean{}, false}, {neighbors.Cosine{}, false},
		{neighbors.Correlation{}, false}, {neighbors.Manhattan{}, true}, {neighbors.Chebyshev{}, true},
		{neighbors.Minkowski{P: 1.5}, true}, {neighbors.Minkowski{P: 3, Weights: []float64{1, 0, 2, 0.5}}, true},
		{neighbors.Minkowski{P: math.Inf(1)}, true}, {neighbors.Canberra{}, true}, {neighbors.BrayCurtis{}, false},
		{neighbors.Hamming{}, true}, {neighbors.Jaccard{}, true}, {neighbors.Dice{}, false}, {neighbors.Hellinger{}, true},
		{neighbors.Haversine{}, true}, {neighbors.Mahalanobis{}, true}, {neighbors.JensenShannon{}, true},
		{neighbors.Spearman{}, false}, {neighbors.Poincare{}, true},
		{neighbors.Func("difference of sums", func(a, b []float64) float64 {
			return math.Abs((a[0] + a[1] + a[2] + a[3]) - (b[0] + b[1] + b[2] + b[3]))
		}), true},
	}
}

// rowsFor returns rows that m is defined for, some of them equal, with zeros.
func rowsFor(m neighbors.Metric, n int) *mat.Dense {
	d := 4
	if m.String() == "haversine" {
		d = 2
	}
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(3, "metrics", i)
		for j := range d {
			if v := s.Float64(); v > 0.3 {
				x.Set(i, j, v/4)
			}
		}
		if i%9 == 8 {
			x.SetRow(i, x.RawRowView(i-5))
		}
	}
	x.SetRow(7, make([]float64, d))
	x.SetRow(20, make([]float64, d))
	return x
}

func TestMetricsAreMetrics(t *testing.T) {
	for _, m := range all() {
		const n = 40
		x := rowsFor(m.Metric, n)
		d := distancesBy(t, m.Metric, x)
		for i := range n {
			for j := range i {
				v := d.At(i, j)
				if !(v >= 0) || v != d.At(j, i) {
					t.Fatalf("%v: from %d to %d it is %v, back %v", m, i, j, v, d.At(j, i))
				}
				if slices.Equal(x.RawRowView(i), x.RawRowView(j)) && v != 0 {
					t.Fatalf("%v: equal rows %d and %d are at %v", m, i, j, v)
				}
				for k := 0; m.triangle && k < n; k++ {
					if v > d.At(i, k)+d.At(k, j)+1e-14 {
						t.Fatalf("%v: %d to %d is farther than by %d: %v > %v + %v", m, i, j, k, v, d.At(i, k), d.At(k, j))
					}
				}
			}
		}
	}
}

// What zeros mean where a definition leaves 0/0.
func TestRowsOfZeros(t *testing.T) {
	x := mat.NewDense(4, 4, []float64{0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 5, 5, 5, 5})
	for _, c := range []struct {
		m               neighbors.Metric
		zero, row, flat float64 // from the first row to the others
	}{
		{neighbors.Cosine{}, 0, 1, 1},
		{neighbors.Correlation{}, 0, 1, 0},
		{neighbors.Spearman{}, 0, 1, 0},
		{neighbors.Hellinger{}, 0, 1, 1},
		{neighbors.JensenShannon{}, 0, math.Sqrt(math.Ln2), math.Sqrt(math.Ln2)},
		{neighbors.Jaccard{}, 0, 1, 1},
		{neighbors.Dice{}, 0, 1, 1},
		{neighbors.BrayCurtis{}, 0, 1, 1},
		{neighbors.Canberra{}, 0, 3, 4},
	} {
		wide := mat.NewDense(4, 400, nil) // so that it counts as sparse
		wide.Slice(0, 4, 0, 4).(*mat.Dense).Copy(x)
		for name, x := range map[string]mat.Matrix{"dense": x, "sparse": sparse(wide)} {
			flat := c.flat
			if name == "sparse" && flat == 0 {
				flat = 1 // of 400 values, 4 are not 0
			}
			d := distancesBy(t, c.m, x)
			for j, want := range map[int]float64{1: c.row, 2: c.zero, 3: flat} {
				if math.Abs(d.At(0, j)-want) > 1e-15 {
					t.Errorf("%v, %s: from zeros to row %d it is %v, want %v", c.m, name, j, d.At(0, j), want)
				}
			}
		}
	}
}

// What is near keeps its digits: of rows that differ by 10⁻⁶, the cosine by 10⁻¹².
func TestSmallDistancesKeepTheirDigits(t *testing.T) {
	const h = 0x1p-20
	for _, c := range []struct {
		m    neighbors.Metric
		a, b []float64
		want float64
	}{
		{neighbors.Cosine{}, []float64{1, 0}, []float64{1, h}, h * h / 2 * (1 - 0.75*h*h)},
		{neighbors.Haversine{}, []float64{0, 1}, []float64{h, 1}, h},
		{neighbors.JensenShannon{}, []float64{1, 1}, []float64{1 + h, 1 - h}, math.Sqrt(h * h / 8)},
		{neighbors.Hellinger{}, []float64{1, 1}, []float64{1 + h, 1 - h}, math.Sqrt(h * h / 8)},
		{neighbors.Poincare{}, []float64{0, 0}, []float64{h, 0}, 2 * math.Atanh(h)},
		{neighbors.Minkowski{P: 7}, []float64{1e-60, 0}, []float64{0, 1e-60}, 1e-60 * math.Pow(2, 1./7)},
		{neighbors.Minkowski{P: 7.5}, []float64{1e60, 0}, []float64{0, 1e60}, 1e60 * math.Pow(2, 1/7.5)},
	} {
		d := distancesBy(t, c.m, mat.NewDense(2, 2, append(slices.Clone(c.a), c.b...)))
		if got := d.At(0, 1); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("%v of %v and %v is %v, want %v", c.m, c.a, c.b, got, c.want)
		}
	}
}

func TestGraphsByEveryMetric(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	n, k, procs := 150, 6, []int{1, 2, 7}
	if testing.Short() {
		n, procs = 100, []int{7}
	}
	for _, m := range all() {
		x := rowsFor(m.Metric, n)
		e := neighbors.Exact{Neighbors: n - 1, Metric: m.Metric}
		every, err := e.Graph(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		e.Neighbors = k
		for _, cores := range procs {
			runtime.GOMAXPROCS(cores)
			g, err := e.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				indices, distances := g.Row(i)
				wantI, wantD := every.Row(i)
				if !slices.Equal(indices, wantI[:k]) || !slices.Equal(distances, wantD[:k]) {
					t.Fatalf("%v, %d cores, row %d: %v at %v, want %v at %v", m, cores, i, indices, distances, wantI[:k], wantD[:k])
				}
			}
		}
		// What is within the distance of the farthest of them.
		for _, i := range []int{3, 7, 99} {
			_, distances := every.Row(i)
			radius := distances[k]
			h, err := neighbors.Within{Radius: radius, Metric: m.Metric}.Neighborhoods(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				wantI, wantD := every.Row(i)
				size := 0
				for size < n-1 && wantD[size] <= radius {
					size++
				}
				indices, near := h.Row(i)
				if !slices.Equal(indices, wantI[:size]) || !slices.Equal(near, wantD[:size]) {
					t.Fatalf("%v: within %v of row %d are %v, want %v", m, radius, i, indices, wantI[:size])
				}
			}
			if h.Rows != every.Rows || h.Metric != m.String() {
				t.Errorf("%v: neighbourhoods of %s by %s", m, h.Rows, h.Metric)
			}
		}
	}
}

// An index finds for its own rows themselves, and then what the graph has.
func TestQueriesByEveryMetric(t *testing.T) {
	n, k := 120, 9
	if testing.Short() {
		n = 60
	}
	ctx := context.Background()
	for _, m := range all() {
		x := rowsFor(m.Metric, n)
		want := distancesBy(t, m.Metric, x)
		single := mat32.Convert(x)
		wantSingle := distancesBy(t, m.Metric, single)
		for name, c := range map[string]struct {
			x, y mat.Matrix
			want *mat.Dense
		}{
			"float64":          {x, x, want},
			"float32":          {single, single, wantSingle},
			"one in the other": {single, mat.DenseCopyOf(single), wantSingle},
			"other in the one": {mat.DenseCopyOf(single), single, wantSingle},
		} {
			ix, err := neighbors.Exact{Metric: m.Metric}.Index(ctx, c.x)
			if err != nil {
				t.Fatal(err)
			}
			a, err := ix.Query(ctx, c.y, k)
			if err != nil {
				t.Fatal(err)
			}
			if a.N != n || a.K != k || a.Metric != m.String() {
				t.Fatalf("%v: %v", m, a)
			}
			for i := range n {
				far := slices.Clone(c.want.RawRowView(i))
				slices.Sort(far)
				indices, distances := a.Row(i)
				for t2, j := range indices {
					slack := 1e-15 + 1e-12*far[t2]
					if math.Abs(distances[t2]-far[t2]) > slack || math.Abs(c.want.At(i, int(j))-far[t2]) > slack ||
						t2 > 0 && distances[t2] == distances[t2-1] && j < indices[t2-1] {
						t.Fatalf("%v, %s, row %d: %v at %v, want %v", m, name, i, indices, distances, far[:k])
					}
				}
			}
			radius := a.Distances[k-1] + 0x1p-30
			h, err := ix.Within(ctx, c.y, radius)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				count := 0
				for _, v := range c.want.RawRowView(i) {
					if v <= radius {
						count++
					}
				}
				if indices, _ := h.Row(i); len(indices) != count {
					t.Errorf("%v, %s: %d rows within %v of row %d, want %d", m, name, len(indices), radius, i, count)
				}
			}
		}
	}
}

// thinRows returns rows of a few values among many columns, negative ones where they may be,
// zeros stored, equal rows, and rows without values.
func thinRows(n int, signed bool) *mat32.CSR {
	const d = 600
	var triplets []mat32.Triplet
	for i := range n {
		s := rng.New(5, "thin", i-i%10/9) // every tenth row is that before it
		if i%25 == 3 {
			continue
		}
		for range 3 + s.IntN(9) {
			u := s.Float64()
			v := float32(1+s.IntN(4)) + float32(s.Float64())*float32(s.IntN(2))
			if signed && s.IntN(2) == 0 {
				v = -v
			}
			if s.IntN(12) == 0 {
				v = 0
			}
			triplets = append(triplets, mat32.Triplet{Row: i, Col: int(u * u * u * d), Value: v})
		}
	}
	x, err := mat32.FromTriplets(n, d, triplets)
	if err != nil {
		panic(err)
	}
	return x
}

func TestSparseRowsAreAtTheDistancesOfDenseOnes(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n, k = 130, 8
	for _, c := range []struct {
		neighbors.Metric
		signed bool
	}{
		{neighbors.Euclidean{}, true}, {neighbors.SquaredEuclidean{}, true}, {neighbors.Cosine{}, true}, {neighbors.Correlation{}, true},
		{neighbors.Manhattan{}, true}, {neighbors.Chebyshev{}, true}, {neighbors.Canberra{}, true}, {neighbors.BrayCurtis{}, false},
		{neighbors.Hamming{}, true}, {neighbors.Jaccard{}, true}, {neighbors.Dice{}, true}, {neighbors.Hellinger{}, false},
		{neighbors.JensenShannon{}, false}, {neighbors.Spearman{}, true}, {neighbors.Minkowski{P: 3}, true},
	} {
		x := thinRows(n, c.signed)
		want := distancesBy(t, c.Metric, mat32.Convert(x))
		got := distancesBy(t, c.Metric, x)
		for i := range n {
			for j := range n {
				v, w := got.At(i, j), want.At(i, j)
				if math.Abs(v-w) > 1e-12*(1+w) || v != got.At(j, i) {
					t.Fatalf("%v: rows %d and %d are at %v and %v, want %v", c, i, j, v, got.At(j, i), w)
				}
			}
		}
		near := func(what string, i int, indices []int32, distances []float64, all []float64) {
			t.Helper()
			slices.Sort(all)
			for r, j := range indices {
				if math.Abs(distances[r]-all[r]) > 1e-12*(1+all[r]) || math.Abs(want.At(i, int(j))-all[r]) > 1e-12*(1+all[r]) ||
					r > 0 && nearerThan(distances[r], j, distances[r-1], indices[r-1]) {
					t.Fatalf("%v, %s of row %d: %v at %v, want %v", c, what, i, indices, distances, all[:len(indices)])
				}
			}
		}
		g, err := neighbors.Exact{Neighbors: k, Metric: c.Metric}.Graph(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		ix, err := neighbors.Exact{Metric: c.Metric}.Index(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for _, y := range []mat.Matrix{x, mat32.Convert(x), mat.DenseCopyOf(x)} {
			a, err := ix.Query(ctx, y, k)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				indices, distances := a.Row(i)
				near("query", i, indices, distances, slices.Clone(want.RawRowView(i)))
			}
		}
		radius := g.Distances[3*k+k/2]
		h, err := neighbors.Within{Radius: radius + 1e-9, Metric: c.Metric}.Neighborhoods(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			all := slices.Clone(want.RawRowView(i))
			all = slices.Delete(all, i, i+1)
			indices, distances := g.Row(i)
			near("graph", i, indices, distances, all)
			indices, distances = h.Row(i)
			near("ball", i, indices, distances, all)
			if size := len(indices); size < n-1 && all[size] <= radius || size > 0 && all[size-1] > radius+2e-9 {
				t.Fatalf("%v: %d rows within %v of row %d, at %v", c, size, radius, i, all)
			}
		}
	}
	// With both signs there is a denominator that vanishes.
	if _, err := (neighbors.Exact{Neighbors: 3, Metric: neighbors.BrayCurtis{}}).Graph(ctx, thinRows(n, true)); err != nil {
		t.Error(err)
	}
}

func nearerThan(d float64, i int32, e float64, j int32) bool { return d < e || d == e && i < j }

func TestShiftedColumnsAreAsFarApart(t *testing.T) {
	x := mat.NewDense(60, 4, nil)
	x.Apply(func(i, j int, _ float64) float64 {
		s := rng.New(9, "shift", 4*i+j)
		return math.Round(s.Normal()*1024) / 1024 // exact after the shift, too
	}, x)
	y := mat.NewDense(60, 4, nil)
	y.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, x)
	for _, m := range all() {
		switch m.String() {
		case "euclidean", "sqeuclidean", "manhattan", "chebyshev", "minkowski(p=1.5)", "mahalanobis", "hamming", "correlation", "spearman":
		default:
			continue
		}
		a, b := distancesBy(t, m.Metric, x), distancesBy(t, m.Metric, y)
		for i := range 60 {
			for j := range i {
				if v, w := a.At(i, j), b.At(i, j); math.Abs(v-w) > 1e-8*v {
					t.Fatalf("%v: rows %d and %d are at %v, and shifted at %v", m, i, j, v, w)
				}
			}
		}
	}
}

func TestRowsOutsideTheDomain(t *testing.T) {
	ctx := context.Background()
	negative := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, -6})
	wide := mat.NewDense(3, 200, nil)
	wide.Slice(0, 3, 0, 2).(*mat.Dense).Copy(negative)
	for _, c := range []struct {
		m   neighbors.Metric
		x   mat.Matrix
		row int
	}{
		{neighbors.Hellinger{}, negative, 2},
		{neighbors.Hellinger{}, sparse(wide), 2},
		{neighbors.JensenShannon{}, negative, 2},
		{neighbors.JensenShannon{}, sparse(wide), 2},
		{neighbors.Poincare{}, mat.NewDense(3, 2, []float64{0, 0, 0.6, 0.8, 5, 5}), 1},
	} {
		_, err := neighbors.Exact{Metric: c.m}.Graph(ctx, c.x)
		var domain *neighbors.DomainError
		if !errors.As(err, &domain) || domain.Row != c.row || domain.Metric != c.m.String() {
			t.Errorf("%v, %T: got %v", c.m, c.x, err)
		}
		ix, err := neighbors.Exact{Metric: c.m}.Index(ctx, mat.NewDense(2, 2, []float64{0, 0.1, 0.2, 0.3}))
		if err != nil {
			t.Fatal(err)
		}
		if _, d := c.x.Dims(); d == 2 {
			if _, err := ix.Query(ctx, c.x, 1); !errors.As(err, &domain) || domain.Row != c.row {
				t.Errorf("%v, query: got %v", c.m, err)
			}
		}
	}
}

func TestBadMetrics(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(5, 2, []float64{1, 2, 3, 4, 5, 7, 7, 8, 2, 1})
	constant := mat.NewDense(5, 2, []float64{1, 2, 1, 4, 1, 7, 1, 8, 1, 1})
	for name, c := range map[string]struct {
		m    neighbors.Metric
		x    mat.Matrix
		want any
	}{
		"three columns on a sphere":     {neighbors.Haversine{}, mat.NewDense(5, 3, nil), new(*mat32.ShapeError)},
		"power below 1":                 {neighbors.Minkowski{P: 0.5}, x, new(*mat32.ParamError)},
		"power NaN":                     {neighbors.Minkowski{P: math.NaN()}, x, new(*mat32.ParamError)},
		"too few weights":               {neighbors.Minkowski{Weights: []float64{1}}, x, new(*mat32.ParamError)},
		"negative weight":               {neighbors.Minkowski{Weights: []float64{1, -1}}, x, new(*mat32.ParamError)},
		"infinite weight":               {neighbors.Minkowski{Weights: []float64{1, math.Inf(1)}}, x, new(*mat32.ParamError)},
		"singular covariance":           {neighbors.Mahalanobis{}, constant, new(*mat32.DegenerateError)},
		"too few rows for a covariance": {neighbors.Mahalanobis{}, x.Slice(0, 2, 0, 2), new(*mat32.DegenerateError)},
		"covariance of another size":    {neighbors.Mahalanobis{Covariance: mat.NewSymDense(3, nil)}, x, new(*mat32.ParamError)},
		"covariance not definite":       {neighbors.Mahalanobis{Covariance: mat.NewSymDense(2, []float64{1, 2, 2, 1})}, x, new(*mat32.ParamError)},
		"inverse not definite":          {neighbors.Mahalanobis{Inverse: mat.NewSymDense(2, []float64{1, 2, 2, 1})}, x, new(*mat32.ParamError)},
		"covariance NaN":                {neighbors.Mahalanobis{Covariance: mat.NewSymDense(2, []float64{math.NaN(), 0, 0, 1})}, x, new(*mat32.NotFiniteError)},
		"covariance and inverse":        {neighbors.Mahalanobis{Covariance: mat.NewSymDense(2, nil), Inverse: mat.NewSymDense(2, nil)}, x, new(*mat32.ParamError)},
		"no function":                   {neighbors.Func("f", nil), x, new(*mat32.ParamError)},
		"no name":                       {neighbors.Func("", func(a, b []float64) float64 { return 0 }), x, new(*mat32.ParamError)},
		"each other's negative":         {neighbors.BrayCurtis{}, mat.NewDense(2, 2, []float64{1, 2, -1, -2}), new(*mat32.DegenerateError)},
		"sums beyond float64":           {neighbors.Manhattan{}, mat.NewDense(2, 2, []float64{1e308, 1e308, -1e308, 0}), new(*mat32.DegenerateError)},
		"too much memory":               {neighbors.Hellinger{}, mat.NewDense(1000, 1000, nil), new(*mat32.MemoryError)},
	} {
		g, err := neighbors.Exact{Metric: c.m, MemoryLimit: 1 << 23}.Graph(ctx, c.x)
		if g != nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v", name, g, err)
		}
	}
	// A function may return anything; the first such pair is named on any number of cores.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	many := mat.NewDense(100, 1, nil)
	many.Apply(func(i, _ int, _ float64) float64 { return float64(i) }, many)
	for _, bad := range []float64{math.NaN(), -1, math.Inf(1)} {
		f := neighbors.Func("f", func(a, b []float64) float64 {
			if a[0] == 40 && b[0] > 50 || a[0] > 70 {
				return bad
			}
			return math.Abs(a[0] - b[0])
		})
		for _, cores := range testenv.Cores() {
			runtime.GOMAXPROCS(cores)
			_, err := neighbors.Exact{Metric: f}.Graph(ctx, many)
			var distance *mat32.DistanceError
			if !errors.As(err, &distance) || distance.I != 40 || distance.J != 51 && distance.J != 56 ||
				distance.Value != bad && !math.IsNaN(bad) {
				t.Errorf("%v: got %v", bad, err)
			}
		}
	}
}

func TestIndexRefuses(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(5, 2, []float64{1, 2, 3, 4, 5, 7, 7, 8, 2, 1})
	ix, err := neighbors.Exact{}.Index(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if n, d := ix.Dims(); n != 5 || d != 2 {
		t.Errorf("an index of %d × %d", n, d)
	}
	if a, err := ix.Query(ctx, mat.NewDense(1, 2, nil), 99); err != nil || a.K != 5 {
		t.Errorf("more than all: %v, %v", a, err)
	}
	distances := mustDistances(t, 2, []float64{1})
	type refusal struct {
		err  error
		want any
	}
	query := func(y mat.Matrix, k int) error { _, err := ix.Query(ctx, y, k); return err }
	within := func(y mat.Matrix, r float64) error { _, err := ix.Within(ctx, y, r); return err }
	index := func(e neighbors.Exact, x mat.Matrix) error { _, err := e.Index(ctx, x); return err }
	ball := func(w neighbors.Within, x mat.Matrix) error { _, err := w.Neighborhoods(ctx, x); return err }
	for name, c := range map[string]refusal{
		"no neighbours":             {query(x, 0), new(*mat32.ParamError)},
		"other columns":             {query(mat.NewDense(1, 3, nil), 1), new(*mat32.ShapeError)},
		"NaN":                       {query(mat.NewDense(1, 2, []float64{0, math.NaN()}), 1), new(*mat32.NotFiniteError)},
		"distances asked":           {query(distances, 1), new(*mat32.RowsNeededError)},
		"distances indexed":         {index(neighbors.Exact{}, distances), new(*mat32.RowsNeededError)},
		"NaN indexed":               {index(neighbors.Exact{}, mat.NewDense(1, 1, []float64{math.NaN()})), new(*mat32.NotFiniteError)},
		"negative limit":            {index(neighbors.Exact{MemoryLimit: -1}, x), new(*mat32.ParamError)},
		"index too large":           {index(neighbors.Exact{MemoryLimit: 10}, x), new(*mat32.MemoryError)},
		"negative radius":           {within(x, -1), new(*mat32.ParamError)},
		"radius NaN":                {within(x, math.NaN()), new(*mat32.ParamError)},
		"ball of negative radius":   {ball(neighbors.Within{Radius: -1}, x), new(*mat32.ParamError)},
		"ball of infinite radius":   {ball(neighbors.Within{Radius: math.Inf(1)}, x), new(*mat32.ParamError)},
		"ball of one row":           {ball(neighbors.Within{}, x.Slice(0, 1, 0, 2)), new(*mat32.ShapeError)},
		"ball with negative limit":  {ball(neighbors.Within{MemoryLimit: -1}, x), new(*mat32.ParamError)},
		"too many in balls":         {ball(neighbors.Within{Radius: 9, MemoryLimit: 9000}, rowsFor(neighbors.Euclidean{}, 100)), new(*mat32.MemoryError)},
		"too many in balls, direct": {ball(neighbors.Within{Radius: 9, Metric: neighbors.Canberra{}, MemoryLimit: 9000}, rowsFor(neighbors.Euclidean{}, 100)), new(*mat32.MemoryError)},
		"too many in balls, sparse": {ball(neighbors.Within{Radius: 9e9, MemoryLimit: 90000}, thinRows(200, true)), new(*mat32.MemoryError)},
	} {
		if !errors.As(c.err, c.want) {
			t.Errorf("%s: got %v", name, c.err)
		}
	}
}

// Searches by a function hear a cancel in whatever stage they are: after it the function,
// which may be slow, is called no more than once by each goroutine that had begun to.
func TestSlowFunctionsHearACancel(t *testing.T) {
	const n = 200
	stops := 6
	if testing.Short() {
		stops = 1
	}
	x := rowsFor(neighbors.Euclidean{}, n)
	line := func(a, b []float64) float64 { return math.Abs(a[0] - b[0]) }
	clumps := mat.DenseCopyOf(x.Slice(0, 90, 0, 1))
	clumps.Apply(func(i, _ int, v float64) float64 { return v + float64(i%3*1000) }, clumps)
	apart, err := neighbors.Within{Radius: 1, Metric: neighbors.Func("f", line)}.Neighborhoods(context.Background(), clumps)
	if err != nil {
		t.Fatal(err)
	}
	// All pairs of so many rows are more than an approximate search looks at.
	descent := func(m neighbors.Metric) neighbors.NNDescent {
		return neighbors.NNDescent{Metric: m, Neighbors: 1, LeafSize: 30, Delta: 1e-3}
	}
	query := x.Slice(0, 20, 0, x.RawMatrix().Cols)
	for name, search := range map[string]func(ctx context.Context, m neighbors.Metric) error{
		"Exact": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.Exact{Metric: m}.Graph(ctx, x))
		},
		"Exact.Index": func(ctx context.Context, m neighbors.Metric) error {
			ix, err := neighbors.Exact{Metric: m}.Index(ctx, x)
			if err != nil {
				return err
			}
			return second(ix.Query(ctx, query, 3))
		},
		"Within": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.Within{Metric: m}.Neighborhoods(ctx, x))
		},
		"MST": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.MST{Metric: m}.Fit(ctx, x))
		},
		"Join": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.Join{Metric: m}.Connect(ctx, clumps, apart))
		},
		"Join.Centroids": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.Join{Metric: m, Centroids: true}.Connect(ctx, clumps, apart))
		},
		"HNSW": func(ctx context.Context, m neighbors.Metric) error {
			return second(neighbors.HNSW{Metric: m, Neighbors: 3}.Graph(ctx, x))
		},
		"HNSW.Index": func(ctx context.Context, m neighbors.Metric) error {
			ix, err := neighbors.HNSW{Metric: m, EfConstruction: 20}.Index(ctx, x)
			if err != nil {
				return err
			}
			return second(ix.Query(ctx, query, 3))
		},
		"NNDescent": func(ctx context.Context, m neighbors.Metric) error {
			return second(descent(m).Graph(ctx, x))
		},
		"NNDescent.Index": func(ctx context.Context, m neighbors.Metric) error {
			ix, err := descent(m).Index(ctx, x)
			if err != nil {
				return err
			}
			return second(ix.Query(ctx, query, 3))
		},
	} {
		if testing.Short() && name != "NNDescent" && name != "HNSW" {
			continue
		}
		var calls atomic.Int64
		counted := neighbors.Func("f", func(a, b []float64) float64 {
			calls.Add(1)
			return line(a, b)
		})
		if err := search(context.Background(), counted); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		heard := 0
		for stop := range int64(stops) {
			last := 1 + calls.Load()*(2*stop+1)/int64(2*stops)
			ctx, cancel := context.WithCancel(context.Background())
			var made, after atomic.Int64
			var at atomic.Pointer[time.Time]
			err := search(ctx, neighbors.Func("f", func(a, b []float64) float64 {
				switch k := made.Add(1); {
				case k == last:
					now := time.Now()
					at.Store(&now)
					cancel()
				case k > last:
					after.Add(1)
					time.Sleep(10 * time.Millisecond)
				}
				return line(a, b)
			}))
			if at.Load() == nil {
				// How many calls a parallel search makes depends on who is first: it was
				// done by fewer than the last one.
				if cancel(); err != nil {
					t.Errorf("%s, not cancelled: %v", name, err)
				}
				continue
			}
			late := time.Since(*at.Load())
			if most := int64(4 + 2*runtime.GOMAXPROCS(0)); !errors.Is(err, context.Canceled) || after.Load() > most || late > 250*time.Millisecond {
				t.Errorf("%s, cancelled after %d of %d calls: got %v, %d calls and %v later", name, last, calls.Load(), err, after.Load(), late)
			}
			cancel()
			heard++
		}
		if heard == 0 || heard < stops-1 {
			t.Errorf("%s: of %d cancels %d came in time", name, stops, heard)
		}
	}
}

// What was made under a context answers when that is done.
func TestIndexesOutliveTheirContext(t *testing.T) {
	const n = 150
	if testing.Short() {
		t.Skip("many indexes")
	}
	background := context.Background()
	for name, c := range map[string]struct {
		m neighbors.Metric
		x mat.Matrix
	}{
		"a function": {neighbors.Func("f", func(a, b []float64) float64 { return math.Abs(a[0] - b[0]) }), rowsFor(neighbors.Euclidean{}, n)},
		"float32":    {neighbors.Canberra{}, mat32.Convert(rowsFor(neighbors.Euclidean{}, n))},
		"prepared":   {neighbors.JensenShannon{}, rowsFor(neighbors.JensenShannon{}, n)},
		"sparse":     {neighbors.Manhattan{}, thinRows(n, true)},
	} {
		type index interface {
			Query(ctx context.Context, y mat.Matrix, k int) (*neighbors.Answer, error)
		}
		for kind, make := range map[string]func(ctx context.Context) (index, error){
			"Exact": func(ctx context.Context) (index, error) { return neighbors.Exact{Metric: c.m}.Index(ctx, c.x) },
			"HNSW":  func(ctx context.Context) (index, error) { return neighbors.HNSW{Metric: c.m}.Index(ctx, c.x) },
			"NNDescent": func(ctx context.Context) (index, error) {
				return neighbors.NNDescent{Metric: c.m, Neighbors: 2}.Index(ctx, c.x)
			},
		} {
			ctx, cancel := context.WithCancel(background)
			ix, err := make(ctx)
			cancel()
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			lasting, err := make(background)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			got, err1 := ix.Query(background, c.x, 5)
			want, err2 := lasting.Query(background, c.x, 5)
			if err1 != nil || err2 != nil || !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
				t.Errorf("%s, %s: other answers, %v, %v", name, kind, err1, err2)
			}
			if h, ok := ix.(*neighbors.HNSWIndex); ok {
				got, err1 := h.Neighbors(background, 5)
				want, err2 := lasting.(*neighbors.HNSWIndex).Neighbors(background, 5)
				if err1 != nil || err2 != nil || !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
					t.Errorf("%s, %s: other neighbours, %v, %v", name, kind, err1, err2)
				}
			}
		}
	}
}

// The powers that have a metric of their own are that, in either form.
func TestMinkowskiIsTheMetricsItNames(t *testing.T) {
	for _, x := range []mat.Matrix{rowsFor(neighbors.Euclidean{}, 50), thinRows(50, true)} {
		for p, m := range map[float64]neighbors.Metric{1: neighbors.Manhattan{}, 2: neighbors.Euclidean{}, math.Inf(1): neighbors.Chebyshev{}} {
			want, err := neighbors.Exact{Metric: m}.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			got, err := neighbors.Exact{Metric: neighbors.Minkowski{P: p}}.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
				t.Errorf("%T: power %v is not %v", x, p, m)
			}
		}
	}
}

func TestDirectSearchesHearACancel(t *testing.T) {
	x := mat.NewDense(2500, 100, nil)
	for i := range 2500 {
		s := rng.New(1, "cancel", i)
		for j := range 100 {
			x.Set(i, j, s.Float64())
		}
	}
	for name, search := range map[string]func(ctx context.Context) error{
		"powers": func(ctx context.Context) error {
			_, err := neighbors.Exact{Metric: neighbors.Minkowski{P: 2.5}}.Graph(ctx, x)
			return err
		},
		"balls": func(ctx context.Context) error {
			_, err := neighbors.Within{Radius: 1, Metric: neighbors.Canberra{}}.Neighborhoods(ctx, x)
			return err
		},
		"sparse": func(ctx context.Context) error {
			_, err := neighbors.Exact{Metric: neighbors.Chebyshev{}}.Graph(ctx, thinRows(12000, true))
			return err
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 && at.IsZero() {
				at = time.Now()
				cancel()
			}
		})
		err := search(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: got %v", name, err)
		}
		if late := time.Since(at); late > 250*time.Millisecond {
			t.Errorf("%s: returned %v after the cancel", name, late)
		}
		cancel()
	}
}
