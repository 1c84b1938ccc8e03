package dr

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// smallestMean is the mean of the smallest differences, pair by pair.
func smallestMean(values []float64, pairs int) float64 {
	var all []float64
	for i, v := range values {
		for _, u := range values[:i] {
			all = append(all, math.Abs(v-u))
		}
	}
	slices.Sort(all)
	sum := 0.
	for _, d := range all[:pairs] {
		sum += d
	}
	return sum / float64(pairs)
}

func TestDifferencesWithoutPairs(t *testing.T) {
	for _, n := range []int{2, 3, 10, 57} {
		x := mat.Col(nil, 0, fixture.Normal(uint64(n), n, 1))
		ties := make([]float64, n)
		for i, v := range x {
			ties[i] = math.Round(2*v) / 2
		}
		for name, values := range map[string][]float64{"distinct": x, "tied": ties, "equal": make([]float64, n)} {
			most := n * (n - 1) / 2
			for _, pairs := range []int{1, most / 3, most / 2, most - 1, most} {
				if pairs < 1 {
					continue
				}
				g := newGaps(n)
				got, err := g.mean(context.Background(), values, float64(pairs))
				want := smallestMean(values, pairs)
				if err != nil || !(math.Abs(got-want) <= 1e-9*(1+want)) {
					t.Errorf("%s, %d of %d numbers: %v, want %v", name, pairs, n, got, want)
				}
				if name != "distinct" {
					continue
				}
				// Every number is worth what the mean grows by when it does.
				slopes := slices.Clone(g.slopes(float64(pairs)))
				for i := range values {
					const h = 1e-7
					up, down := slices.Clone(values), slices.Clone(values)
					up[i] += h
					down[i] -= h
					want := (smallestMean(up, pairs) - smallestMean(down, pairs)) / (2 * h)
					// The pair at the edge may be counted or not.
					if math.Abs(slopes[i]-want) > 1.01/float64(pairs) {
						t.Errorf("%d of %d numbers: slope %d is %v, want %v", pairs, n, i, slopes[i], want)
					}
				}
			}
		}
	}
}

// Merged runs are in the order that sorting gives, ties by row.
func TestRankMergesRuns(t *testing.T) {
	const n = 80_000 // three runs
	values := mat.Col(nil, 0, fixture.Normal(1, n, 1))
	want := make([]int32, n)
	for i := range values {
		values[i] = math.Round(1000 * values[i])
		want[i] = int32(i)
	}
	slices.SortStableFunc(want, func(i, j int32) int { return cmp.Compare(values[i], values[j]) })
	g := newGaps(n)
	if err := g.rank(context.Background(), values); err != nil || !slices.Equal(g.order, want) {
		t.Errorf("another order, %v", err)
	}
}
