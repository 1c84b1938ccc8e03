package similarity

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// A representation agrees with itself, and as well turned and stretched.
func TestNeighborhoodsOfTheSame(t *testing.T) {
	x := fixture.Normal(3, 60, 5)
	turned := new(mat.Dense)
	turned.Mul(x, rotation(t, 5))
	turned.Scale(3, turned)
	for _, c := range []struct {
		m    Measure
		want float64
	}{
		{MutualKNN{}, 1}, {LCSKNN{}, 10}, {EditKNN{}, 1}, {CKNNA{}, 1}, {InformationImbalance{}, 2. / 60},
		{InformationImbalance{Neighbors: 7}, 8. / 60}, {MutualKNN{Metric: neighbors.Euclidean{}}, 1},
	} {
		for name, y := range map[string]mat.Matrix{"itself": x, "itself turned": turned} {
			if s, err := c.m.Compare(t.Context(), x, y); err != nil || math.Abs(s.Value-c.want) > 1e-12 {
				t.Errorf("%T with %s: %v, %v, want %v", c.m, name, s.Value, err, c.want)
			}
		}
	}
}

// rotation returns a random orthonormal d × d matrix.
func rotation(t *testing.T, d int) *mat.Dense {
	t.Helper()
	var qr mat.QR
	qr.Factorize(fixture.Normal(77, d, d))
	q := new(mat.Dense)
	qr.QTo(q)
	return q
}

// The lists as text-book algorithms compare them.
func TestListsAgainstTheSlow(t *testing.T) {
	x, y := fixture.Normal(5, 40, 3), fixture.Normal(6, 40, 3)
	y.Add(y, x)
	for _, k := range []int{1, 2, 7, 39} {
		of := func(x mat.Matrix) *neighbors.Graph {
			g, err := neighbors.Exact{Neighbors: k, Metric: neighbors.Cosine{}}.Graph(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		gx, gy := of(x), of(y)
		for _, c := range []struct {
			m   Measure
			row func(a, b []int32) float64
		}{
			{LCSKNN{Neighbors: k}, func(a, b []int32) float64 { return float64(commonSubsequence(a, b)) }},
			{EditKNN{Neighbors: k}, func(a, b []int32) float64 { return 1 - float64(editDistance(a, b))/float64(k) }},
			{MutualKNN{Neighbors: k}, func(a, b []int32) float64 {
				common := 0.
				for _, v := range a {
					if slices.Contains(b, v) {
						common++
					}
				}
				return common / float64(k)
			}},
		} {
			s, err := c.m.Compare(t.Context(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range s.PerRow {
				a, _ := gx.Row(i)
				b, _ := gy.Row(i)
				if want := c.row(a, b); math.Abs(got-want) > 1e-15 {
					t.Errorf("%T, row %d: %v, want %v", c.m, i, got, want)
				}
			}
		}
	}
}

func commonSubsequence(a, b []int32) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			rows[i+1][j+1] = max(rows[i][j+1], rows[i+1][j])
			if a[i] == b[j] {
				rows[i+1][j+1] = rows[i][j] + 1
			}
		}
	}
	return rows[len(a)][len(b)]
}

func editDistance(a, b []int32) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
			case a[i-1] == b[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j-1], rows[i-1][j], rows[i][j-1])
			}
		}
	}
	return rows[len(a)][len(b)]
}

// Measures that are symmetric are so to the last bit, those that are not say so.
func TestWhichWayRound(t *testing.T) {
	x, y := representations()
	for _, c := range []struct {
		m         Measure
		symmetric bool
	}{{MutualKNN{}, true}, {LCSKNN{}, true}, {EditKNN{}, true}, {CycleKNN{Neighbors: 3}, false}, {CKNNA{}, false}, {InformationImbalance{}, false}} {
		a, errA := c.m.Compare(t.Context(), x, y)
		b, errB := c.m.Compare(t.Context(), y, x)
		if err := errors.Join(errA, errB); err != nil || (a.Value == b.Value) != c.symmetric {
			t.Errorf("%T: %v and %v, %v", c.m, a.Value, b.Value, err)
		}
	}
}

// Distances stand for rows: the Euclidean ones give what the rows give.
func TestNeighborhoodsOfDistances(t *testing.T) {
	x, y := representations()
	var pairs []float64
	for i := range 200 {
		for j := i + 1; j < 200; j++ {
			sum := 0.
			for c := range 12 {
				sum += math.Pow(x.At(i, c)-x.At(j, c), 2)
			}
			pairs = append(pairs, math.Sqrt(sum))
		}
	}
	d, err := mat32.NewDistances(200, pairs)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []Measure{MutualKNN{Metric: neighbors.Euclidean{}}, InformationImbalance{}} {
		a, errA := m.Compare(t.Context(), x, y)
		b, errB := m.Compare(t.Context(), d, y)
		if err := errors.Join(errA, errB); err != nil || a.Value != b.Value {
			t.Errorf("%T: %v and %v, %v", m, a.Value, b.Value, err)
		}
	}
	var needed *mat32.RowsNeededError
	if _, err := (CKNNA{}).Compare(t.Context(), d, y); !errors.As(err, &needed) {
		t.Errorf("CKNNA of distances: %v", err)
	}
}

// Fewer cores give the same bits; y with another number of rows, options out of range and
// rows that are all equal are errors that say so.
func TestNeighborhoodPromises(t *testing.T) {
	x, y := representations()
	for _, m := range []Measure{MutualKNN{}, CycleKNN{}, LCSKNN{}, EditKNN{}, CKNNA{}, InformationImbalance{}} {
		want, err := m.Compare(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			got, err := m.Compare(t.Context(), x, y)
			runtime.GOMAXPROCS(old)
			if err != nil || got.Value != want.Value || !slices.Equal(got.PerRow, want.PerRow) {
				t.Errorf("%T on %d cores: %v, %v, want %v", m, procs, got.Value, err, want.Value)
			}
		}
		var shape *mat32.ShapeError
		if _, err := m.Compare(t.Context(), x, y.Slice(0, 199, 0, 8)); !errors.As(err, &shape) {
			t.Errorf("%T of 200 and 199 rows: %v", m, err)
		}
		var degenerate *mat32.DegenerateError
		if _, err := m.Compare(t.Context(), x, mat.NewDense(200, 2, nil)); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), " y ") {
			t.Errorf("%T of rows that are all equal: %v", m, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := m.Compare(ctx, x, y); !errors.Is(err, context.Canceled) {
			t.Errorf("%T after a cancel: %v", m, err)
		}
	}
	var param *mat32.ParamError
	for _, m := range []Measure{MutualKNN{Neighbors: 200}, CKNNA{Neighbors: 1}, CycleKNN{Neighbors: -1}, LCSKNN{MemoryLimit: -1},
		EditKNN{Metric: (*neighbors.Cosine)(nil)}, InformationImbalance{Neighbors: 200}} {
		if _, err := m.Compare(t.Context(), x, y); !errors.As(err, &param) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

// x tells all of a part of it, and the part little of x: the imbalance is which way round.
func TestImbalanceOfBoth(t *testing.T) {
	x := fixture.Normal(2, 250, 3)
	b, err := InformationImbalance{}.Both(t.Context(), x, x.Slice(0, 250, 0, 1))
	if err != nil || b.XToY.Value > .3 || b.YToX.Value < .5 {
		t.Errorf("%v, %v", b, err)
	}
	back, _ := InformationImbalance{}.Compare(t.Context(), x.Slice(0, 250, 0, 1), x)
	if back.Value != b.YToX.Value {
		t.Errorf("%v and %v", back.Value, b.YToX.Value)
	}
}
