package neighbors_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_Recall() {
	truth := &neighbors.Graph{N: 4, K: 2, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 1, 3 and 10
		Indices: []int32{1, 2, 0, 2, 1, 0, 2, 1}, Distances: []float64{1, 3, 1, 2, 2, 3, 7, 9}}
	found := &neighbors.Graph{N: 4, K: 2, Metric: neighbors.Euclidean{}.String(), Method: "guessing",
		Indices: []int32{1, 3, 0, 2, 1, 0, 1, 0}, Distances: []float64{1, 10, 1, 2, 2, 3, 9, 10}}
	r, err := found.Recall(truth, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r)
	fmt.Println(r.PerRow)
	// Output:
	// recall  0.7500
	//   neighbours  2
	//   rows        4
	//   convention  share of the first k found that are no farther than the true k-th
	// [0.5 1 1 0.5]
}

func TestRecall(t *testing.T) {
	for name, x := range inputs() {
		truth := exact(t, x, 20)
		for _, k := range []int{1, 7, 20} {
			r, err := truth.Recall(truth, k)
			if err != nil || r.Value != 1 || r.Neighbors != k {
				t.Errorf("%s: a graph finds %v of itself, %v", name, r.Value, err)
			}
		}
	}
	// On data without ties, every second rank missed is half of the k missed.
	truth := exact(t, inputs()["normal"], 20)
	r, err := torn(truth, 10, func(_, rank int) bool { return rank%2 == 0 }).Recall(truth, 10)
	if err != nil || math.Abs(r.Value-.5) > 1e-12 {
		t.Errorf("half of the neighbours: recall %v, %v", r.Value, err)
	}
}

// A row at the distance of the true k-th is as good as the one that was kept.
func TestRecallCountsTies(t *testing.T) {
	x := mat.NewDense(5, 1, []float64{0, 1, -1, 1, -1})
	truth := exact(t, x, 2)
	found := exact(t, x, 4)
	found.K, found.Method = 2, "the last of ties"
	found.Indices = []int32{3, 4, 0, 3, 0, 4, 0, 1, 0, 2}
	found.Distances = []float64{1, 1, 1, 0, 1, 0, 1, 0, 1, 0}
	for i := range 5 { // sorted: the copy first
		if i > 0 {
			found.Indices[2*i], found.Indices[2*i+1] = found.Indices[2*i+1], found.Indices[2*i]
			found.Distances[2*i], found.Distances[2*i+1] = found.Distances[2*i+1], found.Distances[2*i]
		}
	}
	r, err := found.Recall(truth, 2)
	if err != nil || r.Value != 1 {
		t.Errorf("recall %v, %v: rows 3 and 4 are as near to row 0 as rows 1 and 2", r.PerRow, err)
	}
}
