package conformance

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
)

// shuffled returns 0 … n−1 in a random order.
func shuffled(n int) []int {
	s := rng.New(4, "shuffled", 0)
	p := make([]int, n)
	for i := range p {
		j := s.IntN(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}

// groups returns n rows in three groups that are far apart, in d columns, and
// which group each is of.
func groups(seed uint64, n, d int) sample {
	x := fixture.Normal(seed, n, d)
	labels := make([]int, n)
	for i := range n {
		labels[i] = i % 3
		x.Set(i, i%3%d, x.At(i, i%3%d)+20)
	}
	return sample{x: x, labels: labels}
}

// shuffledLabels returns s with the labels of other rows.
func shuffledLabels(s sample) sample {
	labels := make([]int, len(s.labels))
	for i, j := range shuffled(len(labels)) {
		labels[i] = s.labels[j]
	}
	s.labels = labels
	return s
}

// flat returns n rows of normal data of dimension dim, turned into d columns.
func flat(seed uint64, n, dim, d int) *mat.Dense {
	var x mat.Dense
	x.Mul(fixture.Normal(seed, n, dim), fixture.Normal(seed+100, dim, d))
	return &x
}

// nearest returns the k rows of x nearest to row i, by differences.
func nearest(x mat.Matrix, i, k int) []int {
	n, d := x.Dims()
	distances := make([]float64, n)
	rows := make([]int, 0, n)
	for j := range n {
		for c := range d {
			distances[j] = math.Hypot(distances[j], x.At(i, c)-x.At(j, c))
		}
		if j != i {
			rows = append(rows, j)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(distances[a], distances[b]) })
	return rows[:k]
}

// sameLabel returns the share of rows whose nearest row in y bears their label.
func sameLabel(y mat.Matrix, labels []int) float64 {
	hits := 0.
	for i, l := range labels {
		if labels[nearest(y, i, 1)[0]] == l {
			hits++
		}
	}
	return hits / float64(len(labels))
}
