package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// triplet is one value of a sparse matrix under construction.
type triplet struct {
	i, j int
	v    float64
}

// sparseOf returns the matrix with the sums of the triplets.
func sparseOf(rows, cols int, all []triplet) *CSR {
	dense := make([]map[int]float64, rows)
	for i := range dense {
		dense[i] = map[int]float64{}
	}
	for _, t := range all {
		dense[t.i][t.j] += t.v
	}
	start, indices, values := []int{0}, []int32(nil), []float64(nil)
	for _, row := range dense {
		for j := range cols {
			if v, ok := row[j]; ok {
				indices, values = append(indices, int32(j)), append(values, v)
			}
		}
		start = append(start, len(values))
	}
	a, err := NewCSR(rows, cols, start, indices, values)
	if err != nil {
		panic(err)
	}
	return a
}

// sparseRandom has about perRow values a row, and rows without any.
func sparseRandom(rows, cols, perRow int) *CSR {
	var all []triplet
	for i := range rows {
		s := rng.New(3, "sparse", i)
		for range s.IntN(2 * perRow) {
			all = append(all, triplet{i, s.IntN(cols), s.Normal()})
		}
	}
	return sparseOf(rows, cols, all)
}

// laplacian returns the graph Laplacian of weighted edges between n nodes.
func laplacian(n int, edges ...triplet) *CSR {
	var all []triplet
	for i := range n {
		all = append(all, triplet{i, i, 0})
	}
	for _, e := range edges {
		all = append(all, triplet{e.i, e.j, -e.v}, triplet{e.j, e.i, -e.v}, triplet{e.i, e.i, e.v}, triplet{e.j, e.j, e.v})
	}
	return sparseOf(n, n, all)
}

func path(n int) *CSR {
	var edges []triplet
	for i := range n - 1 {
		edges = append(edges, triplet{i, i + 1, 1})
	}
	return laplacian(n, edges...)
}

func ring(n int) *CSR {
	var edges []triplet
	for i := range n {
		edges = append(edges, triplet{i, (i + 1) % n, 1})
	}
	return laplacian(n, edges...)
}

// grid is the Laplacian of a rows × cols lattice.
func grid(rows, cols int) *CSR {
	var edges []triplet
	for i := range rows {
		for j := range cols {
			if j+1 < cols {
				edges = append(edges, triplet{i*cols + j, i*cols + j + 1, 1})
			}
			if i+1 < rows {
				edges = append(edges, triplet{i*cols + j, (i+1)*cols + j, 1})
			}
		}
	}
	return laplacian(rows*cols, edges...)
}

func filled(a *CSR) *mat.Dense {
	d := mat.NewDense(a.rows, a.cols, nil)
	for i := range a.rows {
		columns, values := a.Row(i)
		for k, j := range columns {
			d.Set(i, int(j), values[k])
		}
	}
	return d
}

// onCores calls f with 1, 2 and 7 cores; the matrices it returns must have the
// same bits.
func onCores(t *testing.T, f func() []*mat.Dense) {
	t.Helper()
	var first []*mat.Dense
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got := f()
		runtime.GOMAXPROCS(old)
		if first == nil {
			first = got
		}
		for k := range got {
			if !mat.Equal(got[k], first[k]) {
				t.Errorf("%d cores give other bits in matrix %d", procs, k)
			}
		}
	}
}

func TestSparseProducts(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{1, 1}, {7, 300}, {300, 7}, {270, 130}} {
		a := sparseRandom(shape[0], shape[1], 5)
		full := filled(a)
		for _, b := range []int{1, 3, 4, 8, 17} {
			x, y := random(shape[1], b), random(shape[0], b)
			var want, wantT mat.Dense
			want.Mul(full, x)
			wantT.Mul(full.T(), y)
			onCores(t, func() []*mat.Dense {
				// Views into wider blocks: strides count, and neighbours stay.
				wide, wideT := random(shape[0], b+2), random(shape[1], b+2)
				edge, edgeT := wide.At(0, b+1), wideT.At(0, b+1)
				got, gotT := columns(wide, 1, b+1), columns(wideT, 1, b+1)
				if err := a.Mul(ctx, got, x); err != nil {
					t.Fatal(err)
				}
				if err := a.MulTrans(ctx, gotT, y); err != nil {
					t.Fatal(err)
				}
				if !mat.EqualApprox(got, &want, 1e-12) || !mat.EqualApprox(gotT, &wantT, 1e-12) {
					t.Errorf("%v times %d columns: wrong product", shape, b)
				}
				if wide.At(0, b+1) != edge || wideT.At(0, b+1) != edgeT {
					t.Errorf("%v times %d columns: wrote beyond", shape, b)
				}
				return []*mat.Dense{mat.DenseCopyOf(got), mat.DenseCopyOf(gotT)}
			})
		}
	}
}

// A transpose that was given up is not kept.
func TestTransposingIsCanceled(t *testing.T) {
	a, x := sparseRandom(40, 30, 5), random(40, 3)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := mat.NewDense(30, 3, nil)
	if err := a.MulTrans(ctx, got, x); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := a.MulTrans(context.Background(), got, x); err != nil {
		t.Fatal(err)
	}
	var want mat.Dense
	want.Mul(filled(a).T(), x)
	if !mat.EqualApprox(got, &want, 1e-12) {
		t.Error("wrong product after a cancel")
	}
}

// Scaled and shifted operators, sparse, dense and unknown ones, in one pass or two.
func TestAffineOperators(t *testing.T) {
	ctx := context.Background()
	a := grid(9, 11)
	full := filled(a)
	x, y := random(99, 5), random(99, 5)
	for name, op := range map[string]Operator{"sparse": a, "dense": Dense{full}, "unknown": opaque{a}} {
		got := mat.DenseCopyOf(y)
		if err := applyAffine(ctx, Affine{Of: op, Scale: -2, Shift: 3}, got, x, mat.NewDense(99, 5, nil), 0.5, -1, 0.25); err != nil {
			t.Fatal(err)
		}
		var want, part mat.Dense
		want.Mul(full, x)
		want.Scale(-1, &want)
		part.Scale(0.5, x) // 0.5·3 − 1
		want.Add(&want, &part)
		part.Scale(0.25, y)
		want.Add(&want, &part)
		if !mat.EqualApprox(got, &want, 1e-12) {
			t.Errorf("%s: wrong product", name)
		}
	}
}

// opaque hides everything but the interface.
type opaque struct{ a Operator }

func (o opaque) Dim() int { return o.a.Dim() }

func (o opaque) Apply(ctx context.Context, dst, x *mat.Dense) error { return o.a.Apply(ctx, dst, x) }

func TestGershgorinEnclosesTheSpectrum(t *testing.T) {
	for name, a := range map[string]*CSR{"path": path(40), "grid": grid(5, 9), "empty": sparseOf(3, 3, nil),
		"mixed": sparseOf(2, 2, []triplet{{0, 0, -3}, {0, 1, 2}, {1, 0, 2}, {1, 1, 1}})} {
		values, _, err := eigenAscending(context.Background(), filled(a), 1)
		if err != nil {
			t.Fatal(err)
		}
		low, high := a.bounds()
		if low > values[0]+1e-12 || high < values[len(values)-1]-1e-12 {
			t.Errorf("%s: [%v, %v] does not enclose %v … %v", name, low, high, values[0], values[len(values)-1])
		}
	}
}

func TestSparseInputIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		rows, cols int
		start      []int
		indices    []int32
		values     []float64
	}{
		"negative shape":    {-1, 2, []int{0}, nil, nil},
		"offsets missing":   {2, 2, []int{0, 0}, nil, nil},
		"no offsets":        {0, 2, nil, nil, nil},
		"values missing":    {1, 2, []int{0, 2}, []int32{0, 1}, []float64{1}},
		"offsets fall":      {2, 2, []int{0, 2, 1}, []int32{0}, []float64{1}},
		"column outside":    {1, 2, []int{0, 1}, []int32{2}, []float64{1}},
		"column negative":   {1, 2, []int{0, 1}, []int32{-1}, []float64{1}},
		"columns unordered": {1, 2, []int{0, 2}, []int32{1, 0}, []float64{1, 1}},
		"column twice":      {1, 2, []int{0, 2}, []int32{1, 1}, []float64{1, 1}},
		"NaN":               {1, 2, []int{0, 1}, []int32{1}, []float64{math.NaN()}},
		"infinity":          {1, 2, []int{0, 1}, []int32{1}, []float64{math.Inf(-1)}},
	} {
		_, err := NewCSR(c.rows, c.cols, c.start, c.indices, c.values)
		var wrong *InputError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzNewCSR(f *testing.F) {
	f.Add(2, 2, []byte{0, 1, 2}, []byte{0, 1})
	f.Add(1, 3, []byte{0, 2}, []byte{0, 5})
	f.Fuzz(func(t *testing.T, rows, cols int, offsets, places []byte) {
		start, indices, values := make([]int, len(offsets)), make([]int32, len(places)), make([]float64, len(places))
		for i, o := range offsets {
			start[i] = int(int8(o))
		}
		for k, p := range places {
			indices[k], values[k] = int32(int8(p)), float64(p)
		}
		a, err := NewCSR(rows, cols, start, indices, values)
		if err != nil {
			return
		}
		if cols > 1000 || cols == 0 || rows == 0 {
			return
		}
		x, y := mat.NewDense(cols, 3, nil), mat.NewDense(rows, 3, nil)
		if err := a.Mul(context.Background(), y, x); err != nil {
			t.Fatal(err)
		}
		if err := a.MulTrans(context.Background(), x, y); err != nil {
			t.Fatal(err)
		}
	})
}
