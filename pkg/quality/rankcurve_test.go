package quality_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// The curves are what Rank says at every k, on rows of every kind, and the co-ranking
// matrix of all ranks holds both.
func TestCurvesAgainstRanks(t *testing.T) {
	testenv.Unraced(t)
	all := inputs()
	y := fixture.Normal(4, 120, 2)
	for name, x := range all {
		r, c := compare(t, 119, x, y), curves(t, x, y)
		qnx, rnx, lcmc := c.QNX(), c.RNX(), c.LCMC()
		if len(qnx) != 119 || len(rnx) != 118 || len(lcmc) != 119 || qnx[118] != 1 {
			t.Fatalf("%s: curves of %d, %d and %d values, the first up to %v", name, len(qnx), len(rnx), len(lcmc), qnx[118])
		}
		area, weights := make([]float64, 120), 0.
		for k := 1; k <= 118; k++ {
			s := r.RNX(k)
			if math.Abs(qnx[k-1]-r.QNX(k).Value) > 1e-14 || math.Abs(rnx[k-1]-s.Value) > 1e-14 || math.Abs(lcmc[k-1]-r.LCMC(k).Value) > 1e-14 {
				t.Fatalf("%s at %d: %v, %v, %v, want %v, %v, %v", name, k, qnx[k-1], rnx[k-1], lcmc[k-1], r.QNX(k).Value, s.Value, r.LCMC(k).Value)
			}
			weights += 1 / float64(k)
			for i, v := range s.PerRow {
				area[i] += v / float64(k)
			}
		}
		auc := c.AUC()
		mean := 0.
		for i, v := range auc.PerRow {
			mean += v / 120
			if math.Abs(v-area[i]/weights) > 1e-12 {
				t.Fatalf("%s: the area of row %d is %v, want %v", name, i, v, area[i]/weights)
			}
		}
		if math.Abs(mean-auc.Value) > 1e-12 {
			t.Errorf("%s: the mean of the rows is %v, the area %v", name, mean, auc.Value)
		}

		q := r.CoRanking(119)
		for _, k := range []int{1, 30, 119} {
			if block := mat.Sum(q.Slice(0, k, 0, k)); block != float64(c.Common[k-1]) {
				t.Errorf("%s: the co-ranking matrix has %v pairs up to %d, want %d", name, block, k, c.Common[k-1])
			}
			if !mat.Equal(q.Slice(0, k, 0, k), r.CoRanking(k)) {
				t.Errorf("%s: the co-ranking matrix up to %d is no block of the whole", name, k)
			}
		}
		for k := range 119 {
			if rows, cols := mat.Sum(q.RowView(k)), mat.Sum(q.ColView(k)); rows != 120 || cols != 120 {
				t.Fatalf("%s: rank %d is there %v and %v times", name, k+1, rows, cols)
			}
		}
	}
}

func TestCurvesOfThreeRows(t *testing.T) {
	x := mat.NewDense(3, 1, []float64{1, 2, 4})
	// The published case: all ranks kept, three pairs in each place of the diagonal.
	if q := compare(t, 2, x, x).CoRanking(2); !mat.Equal(q, mat.NewDense(2, 2, []float64{3, 0, 0, 3})) {
		t.Errorf("kept: %v", mat.Formatted(q))
	}
	c := curves(t, x, x)
	if c.AUC().Value != 1 || c.Local().Value != 1 || c.Global().Value != 1 || c.KMax() != 1 {
		t.Errorf("kept: %v", c)
	}
}

func TestCurvesOnAnyCores(t *testing.T) {
	x, y, _ := fixture.Embedding()
	var want *quality.RankCurves
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got := curves(t, x, y)
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d cores give other curves", procs)
		}
	}
}

func TestCurvesOfBadInput(t *testing.T) {
	x, y, _ := fixture.Embedding()
	for _, c := range []struct {
		name string
		x, y mat.Matrix
		c    quality.RankCurve
		want any
	}{
		{"two rows", x.Slice(0, 2, 0, 3), y.Slice(0, 2, 0, 2), quality.RankCurve{}, new(*mat32.ShapeError)},
		{"another length", x, y.Slice(0, 299, 0, 2), quality.RankCurve{}, new(*mat32.ShapeError)},
		{"memory", x, y, quality.RankCurve{MemoryLimit: 100}, new(*mat32.MemoryError)},
		{"negative memory", x, y, quality.RankCurve{MemoryLimit: -1}, new(*mat32.ParamError)},
	} {
		if got, err := c.c.Compare(context.Background(), c.x, c.y); got != nil || !errors.As(err, c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}
