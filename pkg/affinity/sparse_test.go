package affinity_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc64"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleNewSparse() {
	// Three rows in a line, the last one twice as near.
	s, err := affinity.NewSparse(3, []int{0, 1, 3, 4}, []int32{1, 0, 2, 1}, []float64{1, 1, 2, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	fmt.Println(s.Degrees(), s.Components())
	// Output:
	// weights of 3 rows, 1.3 each on average
	// [1 3 2] 1 component of 3 rows
}

// must returns v, and ends the test where there is an error.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// sparse returns the weights that a square matrix holds.
func sparse(t testing.TB, x mat.Matrix) *affinity.Sparse {
	n, _ := x.Dims()
	start := []int{0}
	var indices []int32
	var weights []float64
	for i := range n {
		for j := range n {
			if v := x.At(i, j); v != 0 {
				indices, weights = append(indices, int32(j)), append(weights, v)
			}
		}
		start = append(start, len(weights))
	}
	return must[*affinity.Sparse](t)(affinity.NewSparse(n, start, indices, weights))
}

// someWeights returns a random matrix of weights, a share of which is not zero. With
// groups above 1, rows weigh only those of the same remainder.
func someWeights(seed uint64, n int, share float64, groups int, symmetric bool) *mat.Dense {
	x := mat.NewDense(n, n, nil)
	for i := range n {
		s := rng.New(seed, "weights", i)
		for j := range n {
			if v := s.Float64(); s.Float64() < share && i%groups == j%groups {
				x.Set(i, j, v+1e-3)
			}
		}
	}
	if symmetric {
		x.Add(x, mat.DenseCopyOf(x.T()))
	}
	return x
}

// path returns the matrix of the path graph of n rows, or of the cycle.
func path(n int, cycle bool) *mat.Dense {
	x := mat.NewDense(n, n, nil)
	for i := range n - 1 {
		x.Set(i, i+1, 1)
		x.Set(i+1, i, 1)
	}
	if cycle {
		x.Set(0, n-1, 1)
		x.Set(n-1, 0, 1)
	}
	return x
}

func TestSparseIsTheMatrix(t *testing.T) {
	for _, c := range []struct {
		name      string
		x         *mat.Dense
		symmetric bool
	}{
		{"one row", mat.NewDense(1, 1, nil), true},
		{"itself", mat.NewDense(1, 1, []float64{2}), true},
		{"no weights", mat.NewDense(5, 5, nil), true},
		{"symmetric", someWeights(1, 150, .1, 1, true), true},
		{"directed", someWeights(2, 150, .1, 1, false), false},
		{"one way only", mat.NewDense(2, 2, []float64{0, 1, 0, 0}), false},
		{"another weight back", mat.NewDense(2, 2, []float64{0, 1, math.Nextafter(1, 2), 0}), false},
		{"path", path(300, false), true},
	} {
		s := sparse(t, c.x)
		n, _ := c.x.Dims()
		if !mat.Equal(s, c.x) || !mat.Equal(s.T(), c.x.T()) || s.Symmetric() != c.symmetric {
			t.Errorf("%s: it is another matrix, or symmetric: %v", c.name, s.Symmetric())
		}
		for i, d := range s.Degrees() {
			if want := mat.Sum(c.x.RowView(i)); math.Abs(d-want) > 1e-13*want {
				t.Errorf("%s: the weights of row %d sum to %v, not %v", c.name, i, d, want)
			}
		}
		x := mat.NewDense(n, 3, nil)
		x.Apply(func(i, j int, _ float64) float64 { return float64(i%7 - j) }, x)
		var want mat.Dense
		want.Mul(c.x, x)
		got := mat.NewDense(n, 3, nil)
		if err := s.Mul(context.Background(), got, x); err != nil || !mat.EqualApprox(got, &want, 1e-12) {
			t.Errorf("%s: its product with a block is another (%v)", c.name, err)
		}
	}
}

func TestNewSparseRefusesWhatIsNone(t *testing.T) {
	var shape *mat32.ShapeError
	var torn *mat32.SparseError
	one := []float64{1}
	for name, c := range map[string]struct {
		n       int
		start   []int
		indices []int32
		weights []float64
		want    any
	}{
		"no rows":            {0, []int{0}, nil, nil, &shape},
		"negative rows":      {-1, nil, nil, nil, &shape},
		"too few offsets":    {2, []int{0, 1}, []int32{0}, one, &shape},
		"offsets end early":  {1, []int{0, 0}, []int32{0}, one, &shape},
		"offsets begin late": {1, []int{1, 1}, []int32{0}, one, &shape},
		"fewer weights":      {1, []int{0, 1}, []int32{0}, nil, &shape},
		"falling offsets":    {3, []int{0, 2, 1, 2}, []int32{0, 1}, []float64{1, 1}, &torn},
		"offset beyond":      {2, []int{0, 3, 1}, []int32{0}, one, &torn},
		"column below 0":     {1, []int{0, 1}, []int32{-1}, one, &torn},
		"column beyond":      {1, []int{0, 1}, []int32{1}, one, &torn},
		"columns that fall":  {2, []int{0, 2, 2}, []int32{1, 0}, []float64{1, 1}, &torn},
		"a column twice":     {2, []int{0, 2, 2}, []int32{1, 1}, []float64{1, 1}, &torn},
		"weight 0":           {1, []int{0, 1}, []int32{0}, []float64{0}, &torn},
		"negative weight":    {1, []int{0, 1}, []int32{0}, []float64{-1}, &torn},
		"NaN":                {1, []int{0, 1}, []int32{0}, []float64{math.NaN()}, &torn},
		"infinity":           {1, []int{0, 1}, []int32{0}, []float64{math.Inf(1)}, &torn},
	} {
		if _, err := affinity.NewSparse(c.n, c.start, c.indices, c.weights); !errors.As(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestComponentsOfWeights(t *testing.T) {
	for name, c := range map[string]struct {
		x     *mat.Dense
		sizes []int
	}{
		"no weights":      {mat.NewDense(3, 3, nil), []int{1, 1, 1}},
		"one way only":    {mat.NewDense(3, 3, []float64{0, 0, 1, 0, 0, 0, 0, 0, 0}), []int{2, 1}},
		"itself":          {mat.NewDense(2, 2, []float64{1, 0, 0, 1}), []int{1, 1}},
		"path":            {path(200, false), []int{200}},
		"three remainder": {someWeights(3, 100, .3, 3, true), []int{34, 33, 33}},
	} {
		got := sparse(t, c.x).Components()
		if got.Count != len(c.sizes) || !slices.Equal(got.Sizes, c.sizes) {
			t.Errorf("%s: %v", name, got)
		}
		for i, l := range got.Labels {
			if name == "three remainder" && l != i%3 {
				t.Errorf("%s: row %d is in component %d", name, i, l)
			}
		}
	}
}

func TestWeightsAreChecked(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{0, 1, 2, 3, 4, 5, 6, 7})
	s := sparse(t, path(4, false))
	if err := s.Check("m", "Affinity", x); err != nil {
		t.Errorf("weights of unknown rows: %v", err)
	}
	s.Rows = mat32.Fingerprint(x)
	if err := s.Check("m", "Affinity", x); err != nil {
		t.Errorf("weights of these rows: %v", err)
	}
	other := mat.DenseCopyOf(x)
	other.Set(0, 0, 9)
	for name, c := range map[string]struct {
		s *affinity.Sparse
		x *mat.Dense
	}{
		"nil":                {nil, x},
		"the zero value":     {new(affinity.Sparse), x},
		"other rows":         {s, other},
		"fewer rows":         {s, mat.NewDense(3, 2, nil)},
		"depends on the way": {sparse(t, someWeights(1, 4, .5, 1, false)), x},
	} {
		var pe *mat32.ParamError
		if err := c.s.Check("m", "Affinity", c.x); !errors.As(err, &pe) || pe.Method != "m" || pe.Param != "Affinity" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFingerprintTellsWeightsApart(t *testing.T) {
	seen := map[string]string{}
	for name, x := range map[string]*mat.Dense{
		"path": path(5, false), "cycle": path(5, true), "longer path": path(6, false),
		"another weight": func() *mat.Dense { x := path(5, false); x.Set(0, 1, 2); return x }(),
	} {
		f := sparse(t, x).Fingerprint()
		if other, ok := seen[f]; ok {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		if f != sparse(t, x).Fingerprint() {
			t.Errorf("%s: the fingerprint differs from call to call", name)
		}
		seen[f] = name
	}
}

func TestSavedWeightsAreTheSame(t *testing.T) {
	s := sparse(t, someWeights(4, 300, .05, 1, true))
	s.Kernel, s.Metric, s.Rows, s.Notes = "by hand", "m", "abc", []string{"one", ""}
	s.Scales = make([]float64, 300)
	s.Scales[3] = math.Inf(1)
	for name, s := range map[string]*affinity.Sparse{"all of it": s, "none": sparse(t, mat.NewDense(1, 1, nil)), "directed": sparse(t, someWeights(5, 50, .2, 1, false))} {
		b := must[[]byte](t)(s.MarshalBinary())
		back := new(affinity.Sparse)
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(b, must[[]byte](t)(back.MarshalBinary())) || !mat.Equal(s, back) || s.String() != back.String() || s.Symmetric() != back.Symmetric() {
			t.Errorf("%s: read back it is %v, not %v", name, back, s)
		}
		var file bytes.Buffer
		if err := gob.NewEncoder(&file).Encode(s); err != nil {
			t.Fatal(err)
		}
		again := new(affinity.Sparse)
		if err := gob.NewDecoder(&file).Decode(again); err != nil || !mat.Equal(again, s) {
			t.Errorf("%s: gob makes %v of it, %v", name, again, err)
		}
	}
}

func TestDamagedWeights(t *testing.T) {
	s := sparse(t, someWeights(6, 20, .2, 1, true))
	s.Scales, s.Notes = make([]float64, 20), []string{"a note"}
	good := must[[]byte](t)(s.MarshalBinary())
	before := fmt.Sprint(s)
	for i := 0; i < len(good); i += 1 + i/40 {
		bad := slices.Clone(good)
		bad[i] ^= 0x21
		for what, b := range map[string][]byte{"changed": bad, "cut": good[:i]} {
			var fe *mat32.FileError
			if err := s.UnmarshalBinary(b); !errors.As(err, &fe) {
				t.Errorf("%s at %d: %v", what, i, err)
			}
		}
	}
	if after := fmt.Sprint(s); after != before {
		t.Errorf("files that were refused changed %v to %v", before, after)
	}
}

// sum adds the checksum of a file to what it covers.
func sum(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(slices.Clone(b), crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)))
}

// Whatever a file holds, reading it gives a *mat32.FileError, or what is written
// back as the same bytes. The checksum is made to match, or nothing behind it would
// ever be tried.
func FuzzReadSparse(f *testing.F) {
	whole := sparse(f, someWeights(7, 20, .2, 1, true))
	whole.Kernel, whole.Scales, whole.Notes = "k", make([]float64, 20), []string{"a note"}
	for _, s := range []*affinity.Sparse{whole, sparse(f, mat.NewDense(1, 1, nil)), sparse(f, path(4, false))} {
		b := must[[]byte](f)(s.MarshalBinary())
		f.Add(b[:len(b)-8])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		s := new(affinity.Sparse)
		if err := s.UnmarshalBinary(sum(b)); err != nil {
			var fe *mat32.FileError
			if !errors.As(err, &fe) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		once := must[[]byte](t)(s.MarshalBinary())
		again := new(affinity.Sparse)
		if err := again.UnmarshalBinary(once); err != nil {
			t.Fatalf("written, and cannot be read: %v", err)
		}
		if twice := must[[]byte](t)(again.MarshalBinary()); !bytes.Equal(once, twice) {
			t.Fatal("read back it is another")
		}
	})
}
