package contingency

import (
	"math"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	a, b := []int{0, 0, 1, 1, 2, -1, 0}, []int{1, 1, 0, 1, -1, 0, 0}
	got := Of(a, b, 3, 2)
	if got.Rows != 5 || !slices.Equal(got.A, []float64{3, 2, 0}) || !slices.Equal(got.B, []float64{2, 3}) ||
		!slices.Equal(got.Cells, []Cell{{0, 0, 1}, {0, 1, 2}, {1, 0, 1}, {1, 1, 1}}) {
		t.Errorf("got %+v", got)
	}
	// One pair is together in both, of 10; 3+1 in a, 1+3 in b.
	if want := (1 - 1.6) / (4 - 1.6); math.Abs(got.AdjustedRand()-want) > 1e-15 {
		t.Errorf("the adjusted Rand index is %v, want %v", got.AdjustedRand(), want)
	}
}

func TestAdjustedRandAtItsEnds(t *testing.T) {
	for name, c := range map[string]struct {
		a, b []int
		want float64
	}{
		"other names":        {[]int{0, 0, 1, 1, 2}, []int{2, 2, 0, 0, 1}, 1},
		"one cluster":        {[]int{0, 0, 0}, []int{0, 0, 0}, 1},
		"as many as rows":    {[]int{0, 1, 2}, []int{1, 2, 0}, 1},
		"one row":            {[]int{0}, []int{0}, 1},
		"one against all":    {[]int{0, 0, 0}, []int{0, 1, 2}, 0},
		"nothing is shared":  {[]int{0, 0, 1, 1}, []int{0, 1, 0, 1}, -.5},
		"the unknown is out": {[]int{0, 0, 1, 1, -1}, []int{0, 0, 1, 1, 0}, 1},
	} {
		if got := Of(c.a, c.b, 3, 3).AdjustedRand(); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
