package mat32

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// apart returns condensed distances between n rows, the i-th pair being drawn
// from the i-th stream.
func apart(n int) []float64 {
	pairs := make([]float64, n*(n-1)/2)
	for k := range pairs {
		s := rng.New(4, "apart", k)
		pairs[k] = 0.1 + s.Float64()
	}
	return pairs
}

func square(n int, condensed []float64) *mat.Dense {
	x := mat.NewDense(n, n, nil)
	k := 0
	for i := range n {
		for j := i + 1; j < n; j++ {
			x.Set(i, j, condensed[k])
			x.Set(j, i, condensed[k])
			k++
		}
	}
	return x
}

func TestDistancesAreTheSquareMatrix(t *testing.T) {
	for _, n := range []int{1, 2, 3, 40} {
		x := square(n, apart(n))
		d, err := NewDistances(n, apart(n))
		if err != nil {
			t.Fatal(err)
		}
		from, err := DistancesFrom(x)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(d, x) || !mat.Equal(from, x) || !mat.Equal(d.T(), x) || d.SymmetricDim() != n {
			t.Errorf("n = %d: other values", n)
		}
		if !slices.Equal(from.Condensed(), apart(n)) {
			t.Errorf("n = %d: other condensed values", n)
		}
		if err := Check(d); err != nil {
			t.Error(err)
		}
		buf := make([]float64, n)
		for i := range n {
			if !slices.Equal(Row(buf, i, d), x.RawRowView(i)) {
				t.Errorf("n = %d: row %d is %v", n, i, buf)
			}
		}
		if f := Fingerprint(d); f != Fingerprint(from) {
			t.Errorf("n = %d: equal distances have two fingerprints", n)
		} else if f == Fingerprint(x) {
			t.Errorf("n = %d: distances and rows of the same numbers have one fingerprint", n)
		}
	}
	a, b := apart(5), apart(5)
	b[9] += 1e-15
	da, _ := NewDistances(5, a)
	db, _ := NewDistances(5, b)
	if Fingerprint(da) == Fingerprint(db) {
		t.Error("other distances have the same fingerprint")
	}
}

func TestDistancesRefuseWhatNoRowsCanBe(t *testing.T) {
	change := func(i, j int, v float64) mat.Matrix {
		x := square(4, apart(4))
		x.Set(i, j, v)
		return x
	}
	var shape *ShapeError
	for _, n := range []int{-1, 0, 2, 4, 1 << 62} {
		if _, err := NewDistances(n, make([]float64, 3)); !errors.As(err, &shape) {
			t.Errorf("3 distances of %d rows: got %v", n, err)
		}
	}
	if _, err := DistancesFrom(mat.NewDense(2, 3, nil)); !errors.As(err, &shape) {
		t.Errorf("2 × 3: got %v", err)
	}
	if _, err := DistancesFrom(nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("nil: got %v", err)
	}
	var de *DistanceError
	for _, c := range []struct {
		i, j int
		v    float64
	}{{2, 2, 1e-300}, {1, 3, 2}, {3, 3, -1}} {
		_, err := DistancesFrom(change(c.i, c.j, c.v))
		if !errors.As(err, &de) || de.I != c.i || de.J != c.j || de.Value != c.v {
			t.Errorf("%v at %d, %d: got %v", c.v, c.i, c.j, err)
		}
	}
	var nf *NotFiniteError
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := DistancesFrom(change(3, 1, bad)); !errors.As(err, &nf) || nf.Row != 3 || nf.Col != 1 {
			t.Errorf("%v: got %v", bad, err)
		}
		pairs := apart(4)
		pairs[4] = bad
		if _, err := NewDistances(4, pairs); !errors.As(err, &nf) || nf.Row != 1 || nf.Col != 3 {
			t.Errorf("%v: got %v", bad, err)
		}
	}
	pairs := apart(4)
	pairs[5] = -1
	if _, err := NewDistances(4, pairs); !errors.As(err, &de) || de.I != 2 || de.J != 3 || de.Value != -1 {
		t.Errorf("−1: got %v", err)
	}
	if _, err := DistancesFrom(square(4, pairs)); !errors.As(err, &de) || de.I != 2 || de.J != 3 {
		t.Errorf("−1: got %v", err)
	}
	for _, empty := range []mat.Matrix{(*Distances)(nil), &Distances{}} {
		if err := Check(empty); !errors.Is(err, ErrEmpty) {
			t.Errorf("%v: got %v, want ErrEmpty", empty, err)
		}
	}
}

func TestDistancesFromTakesTheMeanOfRoundedPairs(t *testing.T) {
	x := square(3, []float64{1, 2, 3})
	x.Set(2, 0, 2+1e-9)
	d, err := DistancesFrom(x)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.At(0, 2); got <= 2 || got >= 2+1e-9 || got != d.At(2, 0) {
		t.Errorf("got %v, want between the two", got)
	}
	if d, err = DistancesFrom(square(2, []float64{math.SmallestNonzeroFloat64})); err != nil || d.At(0, 1) == 0 {
		t.Errorf("the smallest distance became %v, %v", d.At(0, 1), err)
	}
}

func TestDistinctAndSelectOfDistances(t *testing.T) {
	// Rows 0, 2 and 4 of a line of points coincide, and so do 1 and 3.
	at := []float64{5, 1, 5, 1, 5, 7}
	var pairs []float64
	for i, v := range at {
		for _, w := range at[i+1:] {
			pairs = append(pairs, math.Abs(v-w))
		}
	}
	d, err := NewDistances(len(at), pairs)
	if err != nil {
		t.Fatal(err)
	}
	keep := Distinct(d)
	if !slices.Equal(keep, []int{0, 1, 5}) {
		t.Fatalf("distinct: %v", keep)
	}
	s, ok := Select(d, keep).(*Distances)
	if !ok || !slices.Equal(s.Condensed(), []float64{4, 2, 6}) {
		t.Errorf("selected %v", s)
	}
	if s := Select(d, nil).(*Distances); s.n != 0 {
		t.Error("no rows are not empty")
	}
	if s := Select(d, []int{5, 0, 5}).(*Distances); !slices.Equal(s.Condensed(), []float64{2, 0, 2}) {
		t.Errorf("selected %v in another order", s.Condensed())
	}
}

func TestCheckRowsNamesTheMethod(t *testing.T) {
	d, _ := NewDistances(2, []float64{1})
	var need *RowsNeededError
	if err := CheckRows("dr.PCA", d); !errors.As(err, &need) || need.Method != "dr.PCA" {
		t.Errorf("got %v", err)
	}
	if err := CheckRows("dr.PCA", mat.DenseCopyOf(d)); err != nil {
		t.Error(err)
	}
}

func TestBinaryFormOfDistances(t *testing.T) {
	for _, n := range []int{0, 1, 2, 6} {
		d, err := NewDistances(n, apart(max(n, 1)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got Distances
		if err := got.UnmarshalBinary(b); err != nil || got.n != n || !slices.Equal(got.pairs, d.pairs) {
			t.Errorf("%d rows came back as %d: %v", n, got.n, err)
		}
		for i := range b {
			bad := slices.Clone(b)
			bad[i] ^= 0x41
			var fe *FileError
			if err := got.UnmarshalBinary(bad); !errors.As(err, &fe) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
}

func FuzzDistancesUnmarshal(f *testing.F) {
	d, err := NewDistances(4, apart(4))
	if err != nil {
		f.Fatal(err)
	}
	good, err := d.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:len(good)-8])
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Distances
		if err := d.UnmarshalBinary(sum(b)); err != nil {
			if !errors.As(err, new(*FileError)) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if _, err := DistancesFrom(&d); err != nil && d.n > 0 {
			t.Fatalf("reads as what is refused: %v", err)
		}
	})
}
