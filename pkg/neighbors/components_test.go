package neighbors_test

import (
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_Components() {
	g := &neighbors.Graph{N: 5, K: 1, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 10, 1, 11 and 3
		Indices: []int32{2, 3, 0, 1, 2}, Distances: []float64{1, 1, 1, 1, 2}}
	c, err := g.Components()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	fmt.Println(c.Labels)
	// Output:
	// 2 components of 3, 2 rows
	// [0 1 0 1 0]
}

// ExampleComponents_String shows many components by the largest of them.
func ExampleComponents_String() {
	c := &neighbors.Components{Count: 10, Sizes: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	fmt.Println(c)
	// Output:
	// 10 components of 10, 9, 8, 7, 6, 5, 4, 3, … rows
}

func TestComponentsAgainstAWalk(t *testing.T) {
	for name, x := range inputs() {
		for _, k := range []int{1, 2, 5} {
			g := exact(t, x, k)
			c, err := g.Components()
			if err != nil {
				t.Fatal(err)
			}
			h, err := g.Union()
			if err != nil {
				t.Fatal(err)
			}
			label := make([]int, g.N)
			var sizes []int
			for i := range label {
				label[i] = -1
			}
			for i := range label {
				if label[i] >= 0 {
					continue
				}
				label[i] = len(sizes)
				sizes = append(sizes, 0)
				for queue := []int32{int32(i)}; len(queue) > 0; {
					at := queue[0]
					queue = queue[1:]
					sizes[len(sizes)-1]++
					indices, _ := h.Row(int(at))
					for _, j := range indices {
						if label[j] < 0 {
							label[j] = label[i]
							queue = append(queue, j)
						}
					}
				}
			}
			if !slices.Equal(c.Labels, label) || !slices.Equal(c.Sizes, sizes) || c.Count != len(sizes) {
				t.Errorf("%s, k = %d: %v, a walk finds %d of %v", name, k, c, len(sizes), sizes)
			}
		}
	}
}

func TestHubness(t *testing.T) {
	// A star: the middle is the neighbour of all, and one of them is its own.
	x := mat.NewDense(5, 4, nil)
	for i := range 4 {
		x.Set(i+1, i, 1)
	}
	h, err := exact(t, x, 1).Hubness()
	if err != nil {
		t.Fatal(err)
	}
	// Counts 4, 1, 0, 0, 0: deviations 3, 0, −1, −1, −1 from 1.
	if !slices.Equal(h.Counts, []int{4, 1, 0, 0, 0}) || h.Antihubs != .6 || h.Hubs != .2 || h.OfHubs != .8 || h.RobinHood != .6 {
		t.Errorf("%+v", h)
	}
	if want := 24. / 5 / 3.718064012359121; h.Skewness-want > 1e-12 || want-h.Skewness > 1e-12 { // (12/5)^1.5
		t.Errorf("skewness %v, want %v", h.Skewness, want)
	}
	// On a ring of rows each is in the lists of both of its neighbours.
	ring := &neighbors.Graph{N: 4, K: 2, Metric: "steps", Indices: []int32{1, 3, 0, 2, 1, 3, 0, 2}, Distances: []float64{1, 1, 1, 1, 1, 1, 1, 1}}
	h, err = ring.Hubness()
	if err != nil || h.Skewness != 0 || h.RobinHood != 0 || h.Antihubs != 0 || h.Hubs != 0 {
		t.Errorf("%+v, %v", h, err)
	}
	r, err := ring.Reciprocity()
	if err != nil || r.Value != 1 {
		t.Errorf("reciprocity %v, %v", r, err)
	}
}

// normal returns normal random rows.
func normal(n, d int) *mat.Dense { return fixture.Normal(11, n, d) }

// The finding of Radovanović, Nanopoulos and Ivanović: skewness grows with the
// dimension of normal data, and does not in the plane.
func TestHubsComeWithDimension(t *testing.T) {
	skewness := func(columns int) float64 {
		h, err := exact(t, normal(400, columns), 10).Hubness()
		if err != nil {
			t.Fatal(err)
		}
		return h.Skewness
	}
	if low, high := skewness(2), skewness(60); low > .5 || high < 1.4 {
		t.Errorf("skewness %.2f in the plane, %.2f in 60 dimensions", low, high)
	}
}

func ExampleGraph_Hubness() {
	g := &neighbors.Graph{N: 5, K: 1, Metric: neighbors.Euclidean{}.String(),
		Indices: []int32{1, 0, 0, 0, 0}, Distances: []float64{1, 1, 1, 1, 1}}
	h, err := g.Hubness()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h)
	// Output:
	// hubness of 5 rows, 1 neighbours each
	//   skewness      1.291
	//   Robin Hood    0.600
	//   antihubs      60.0 % of rows
	//   hubs          20.0 % of rows, in 80.0 % of places
	//   largest N_k   4
}

func ExampleGraph_Reciprocity() {
	g := &neighbors.Graph{N: 4, K: 1, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 1, 3 and 10
		Indices: []int32{1, 0, 1, 2}, Distances: []float64{1, 1, 2, 7}}
	r, err := g.Reciprocity()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r)
	fmt.Println(g.MeanDistances())
	// Output:
	// reciprocity  0.5000
	//   neighbours  1
	//   rows        4
	// [2.75] <nil>
}
