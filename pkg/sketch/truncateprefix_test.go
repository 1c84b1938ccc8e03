package sketch_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

func TestTruncatePrefixKeepsTheFirstColumns(t *testing.T) {
	x := mat32.Convert(fixture.Normal(1, 20, 9))
	for j := range 4 {
		x.Set(3, j, 0)
	}
	plain := done(t)(sketch.TruncatePrefix{Dim: 4}.Apply(context.Background(), x))
	unit := done(t)(sketch.TruncatePrefix{Dim: 4, Normalize: true}.Apply(context.Background(), x))
	back := done(t)(sketch.TruncatePrefix{Dim: 4}.ApplyT(context.Background(), plain, 9))
	for i := range 20 {
		length := 0.
		for j := range 4 {
			length = math.Hypot(length, x.At(i, j))
		}
		for j := range 9 {
			want := 0.
			if j < 4 {
				want = x.At(i, j)
				if v := want / max(length, 1e-300); plain.At(i, j) != want || math.Abs(unit.At(i, j)-v) > 1e-6 {
					t.Fatalf("value (%d, %d): %v and %v, want %v and %v", i, j, plain.At(i, j), unit.At(i, j), want, v)
				}
			}
			if back.At(i, j) != want {
				t.Fatalf("back, value (%d, %d) is %v, want %v", i, j, back.At(i, j), want)
			}
		}
	}
}

// The curve against neighbours by brute force, for every type of matrix; all
// rows are asked about.
func TestPrefixCurveByBruteForce(t *testing.T) {
	const n, d, k = 60, 6, 4
	x, y := mat32.Convert(fixture.Normal(2, n, 5)), mat32.Convert(fixture.Normal(3, n, d))
	near := func(x mat.Matrix, m int) (lists [][]int) {
		for i := range n {
			list, far := []int{}, make([]float64, n)
			for j := range n {
				for c := range m {
					far[j] = math.Hypot(far[j], x.At(i, c)-x.At(j, c))
				}
				if j != i {
					list = append(list, j)
				}
			}
			slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
			lists = append(lists, list[:k])
		}
		return lists
	}
	var stored []mat32.Triplet
	for i := range n {
		for j, v := range y.Row(i) {
			stored = append(stored, mat32.Triplet{Row: i, Col: j, Value: v})
		}
	}
	csr, err := mat32.FromTriplets(n, d, stored)
	if err != nil {
		t.Fatal(err)
	}
	truth := near(x, 5)
	for name, y := range map[string]mat.Matrix{"float32": y, "float64": mat.DenseCopyOf(y), "sparse": csr, "transposed": mat.DenseCopyOf(y.T()).T()} {
		c, err := sketch.PrefixCurve{Neighbors: k}.Compare(context.Background(), x, y)
		if err != nil || !slices.Equal(c.Dims, []int{1, 2, 4, 6}) || c.Rows != n || c.Neighbors != k {
			t.Fatalf("%s: %+v, %v", name, c, err)
		}
		for at, m := range c.Dims {
			want := 0.
			for i, list := range near(y, m) {
				for _, j := range list {
					if slices.Contains(truth[i], j) {
						want += 1. / (n * k)
					}
				}
			}
			if math.Abs(c.Recall[at]-want) > 1e-12 || c.StdErr[at] != 0 {
				t.Errorf("%s, %d columns: recall %v ± %v, want %v", name, m, c.Recall[at], c.StdErr[at], want)
			}
		}
		if v := c.Variance[len(c.Variance)-1]; v != 1 || !slices.IsSorted(c.Variance) {
			t.Errorf("%s: shares of the variance %v", name, c.Variance)
		}
	}
}

// All columns against themselves find everything; rows that are drawn come near
// what all rows say, within the error given, and another seed draws others; equal
// rows are their own neighbours last.
func TestPrefixCurveDrawsRows(t *testing.T) {
	n := 900
	if testing.Short() {
		n = 300
	}
	x := fixture.Normal(4, n, 8)
	for i := range n {
		for j := range 8 {
			x.Set(i, j, x.At(i, j)/float64(1+j))
		}
		if i%3 == 1 {
			x.SetRow(i, x.RawRowView(i-1))
		}
	}
	of := func(queries int, seed uint64) *sketch.Curve {
		c, err := sketch.PrefixCurve{Queries: queries, Seed: seed}.Compare(context.Background(), x, x)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	all, a, b := of(0, 1), of(150, 1), of(150, 2)
	if all.Recall[3] != 1 || a.Recall[3] != 1 || !slices.IsSorted(all.Recall) {
		t.Errorf("recall of all columns: %v and %v", all.Recall, a.Recall)
	}
	if slices.Equal(a.Recall, b.Recall) || !reflect.DeepEqual(a, of(150, 1)) || a.Rows != 150 {
		t.Error("another seed should draw other rows, the same seed the same")
	}
	for i := range 3 {
		if math.Abs(a.Recall[i]-all.Recall[i]) > 5*a.StdErr[i] || a.StdErr[i] == 0 {
			t.Errorf("%d columns: %v ± %v of rows drawn, %v of all", a.Dims[i], a.Recall[i], a.StdErr[i], all.Recall[i])
		}
	}
	if m := all.Least(.3); m != all.Dims[slices.IndexFunc(all.Recall, func(v float64) bool { return v >= .3 })] || all.Least(2) != 0 || all.Least(0) != 1 {
		t.Errorf("the shortest prefix with a recall of 0.3 is %d of %v", m, all)
	}
	var pe *mat32.ParamError
	for _, dims := range [][]int{{0}, {9}, {2, 2}, {3, 1}} {
		if _, err := (sketch.PrefixCurve{Dims: dims}).Compare(context.Background(), x, x); !errors.As(err, &pe) || pe.Param != "Dims" {
			t.Errorf("%v: %v", dims, err)
		}
	}
}
