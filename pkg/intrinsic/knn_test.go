package intrinsic_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// The lengths of the whole data and of samples, by the graphs of package neighbors.
func TestKNNByDefinition(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(5, 400, 3)
	for _, whole := range []bool{false, true} {
		d := estimate(t, intrinsic.KNN{Whole: whole}, x)
		if math.Abs(d.Value-3) > .35 || whole && d.Value != 3 {
			t.Errorf("a cube: %v", d)
		}
	}
	// Two sizes, of which the smaller is half: the slope has a closed form.
	e := intrinsic.KNN{From: 200, To: 400, Sizes: 2, Repeats: 40, Neighbors: 3}
	var half, all float64
	for r := range 40 {
		order := make([]int, 400)
		for i := range order {
			order[i] = i
		}
		s := rng.New(0, "intrinsic.KNN", r)
		s.Shuffle(400, func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, part := range [][]int{order[:200], order[200:], order} {
			g, err := neighbors.Exact{Neighbors: 3}.Graph(context.Background(), mat32.Select(x, part))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range g.Distances {
				if len(part) == 200 {
					half += v / 80
				} else {
					all += v / 40
				}
			}
		}
	}
	near(t, "two sizes", estimate(t, e, x).Value, 1/(1-math.Log(all/half)/math.Ln2), 1e-9)
}

func TestErrorOfKNN(t *testing.T) {
	square := func(seed uint64) *mat.Dense { return fixture.Uniform(seed, 150, 2) }
	honest(t, "square", intrinsic.KNN{Repeats: 2}, 60, square, .7, 2.5)
}

func ExampleKNN_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.KNN{Whole: true, Repeats: 1}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Value)
	// Output: 2
}
