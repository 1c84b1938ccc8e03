package neighbors_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_Union() {
	g := &neighbors.Graph{N: 4, K: 1, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 1, 3 and 10
		Indices: []int32{1, 0, 1, 2}, Distances: []float64{1, 1, 2, 7}}
	either, err := g.Union()
	if err != nil {
		fmt.Println(err)
		return
	}
	both, err := g.Mutual()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(either)
	fmt.Println(both)
	fmt.Println(either.Row(1))
	// Output:
	// neighbourhoods of 4 rows, 1 to 2 neighbours each, 1.5 on average, euclidean distance
	// neighbourhoods of 4 rows, 0 to 1 neighbours each, 0.5 on average, euclidean distance
	// [0 2] [1 2]
}

func TestSymmetric(t *testing.T) {
	for name, x := range inputs() {
		g := exact(t, x, 6)
		listed := func(i, j int) bool {
			indices, _ := g.Row(i)
			return slices.Contains(indices, int32(j))
		}
		for kind, c := range map[string]struct {
			make func() (*neighbors.Neighborhoods, error)
			is   func(a, b bool) bool
		}{
			"union":  {g.Union, func(a, b bool) bool { return a || b }},
			"mutual": {g.Mutual, func(a, b bool) bool { return a && b }},
		} {
			h, err := c.make()
			if err != nil {
				t.Fatal(err)
			}
			far, step := exact(t, x, g.N-1), 1
			if testing.Short() {
				step = 9
			}
			for i := 0; i < g.N; i += step {
				// What the list must be, from the list of all rows.
				var want []int32
				var at []float64
				all, distances := far.Row(i)
				for k, j := range all {
					if c.is(listed(i, int(j)), listed(int(j), i)) {
						want, at = append(want, j), append(at, distances[k])
					}
				}
				indices, got := h.Row(i)
				if !slices.Equal(indices, want) || !slices.Equal(got, at) {
					t.Fatalf("%s, %s: row %d has %v, want %v", name, kind, i, indices, want)
				}
			}
		}
	}
}

// A function that is no metric may be longer one way: both rows get the shorter.
func TestUnionOfWhatIsNoMetric(t *testing.T) {
	g := &neighbors.Graph{N: 3, K: 2, Metric: "one way", Indices: []int32{1, 2, 2, 0, 1, 0}, Distances: []float64{1, 2, 3, 4, 5, 6}}
	h, err := g.Union()
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 2, 1, 3, 2, 3}; !slices.Equal(h.Distances, want) {
		t.Errorf("got %v, want %v", h.Distances, want)
	}
}

func TestSubsetIsThatOfTheSearchAmongTheRows(t *testing.T) {
	for name, x := range inputs() {
		n, d := x.Dims()
		g := exact(t, x, n/2)
		var rows []int
		for i := 0; i < n; i += 1 + i%3 {
			rows = append(rows, i)
		}
		h, err := g.Subset(rows)
		if err != nil {
			t.Fatal(err)
		}
		sample := mat.NewDense(len(rows), d, nil)
		for i, row := range rows {
			sample.SetRow(i, x.RawRowView(row))
		}
		want := exact(t, sample, len(rows)-1)
		least := n
		for i := range rows {
			indices, distances := h.Row(i)
			all, at := want.Row(i)
			if !slices.Equal(indices, all[:len(indices)]) {
				t.Fatalf("%s: row %d of the sample has %v, want %v …", name, i, indices, all[:len(indices)])
			}
			for k := range distances {
				// Rescaled by another largest value, the last digit may differ.
				if diff := distances[k] - at[k]; diff > 1e-12*at[k] || -diff > 1e-12*at[k] {
					t.Fatalf("%s: row %d has a neighbour at %v, want %v", name, i, distances[k], at[k])
				}
			}
			least = min(least, len(indices))
		}
		if least > 0 {
			cut, err := h.Nearest(least)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if indices, _ := cut.Row(0); !slices.Equal(indices, want.Indices[:least]) {
				t.Errorf("%s: the nearest %d are %v", name, least, indices)
			}
		}
		var pe *mat32.ParamError
		if _, err := h.Nearest(least + 1); !errors.As(err, &pe) || pe.Param != "k" {
			t.Errorf("%s: one neighbour more than all rows have: %v", name, err)
		}
	}
}

func TestNeighborhoodsThatNothingMakes(t *testing.T) {
	good := func() *neighbors.Neighborhoods {
		return &neighbors.Neighborhoods{N: 3, Metric: "m", Start: []int{0, 1, 3, 3}, Indices: []int32{1, 0, 2}, Distances: []float64{1, 1, 2}}
	}
	if _, err := good().Components(); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(h *neighbors.Neighborhoods){
		"no starts":        func(h *neighbors.Neighborhoods) { h.Start = nil },
		"negative size":    func(h *neighbors.Neighborhoods) { h.N, h.Start = -1, nil },
		"falling starts":   func(h *neighbors.Neighborhoods) { h.Start[1], h.Start[2] = 3, 1 },
		"starts beyond":    func(h *neighbors.Neighborhoods) { h.Start[1], h.Start[2] = 9, 9 },
		"negative start":   func(h *neighbors.Neighborhoods) { h.Start[1] = -1 },
		"late first start": func(h *neighbors.Neighborhoods) { h.Start[0] = 1 },
		"fewer distances":  func(h *neighbors.Neighborhoods) { h.Distances = h.Distances[:2] },
		"index too large":  func(h *neighbors.Neighborhoods) { h.Indices[2] = 3 },
		"not sorted":       func(h *neighbors.Neighborhoods) { h.Distances[1] = 5 },
		"of other rows":    func(h *neighbors.Neighborhoods) { h.Of = 3 },
	} {
		h := good()
		f(h)
		for operation, err := range map[string]error{"Components": second(h.Components()), "Nearest": second(h.Nearest(1))} {
			var pe *mat32.ParamError
			if !errors.As(err, &pe) || pe.Param != "Neighborhoods" {
				t.Errorf("%s, %s: got %v", name, operation, err)
			}
		}
	}
}
