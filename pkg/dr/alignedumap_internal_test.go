package dr

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/tests/golden"
)

// The shares of neighbours that rows have in common with their images are those of
// umap-learn.
func TestImagesShareNeighborsAsInUmapLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct{ Shares []float64 }
	golden.Load(t, "alignedumap", &file)
	const rows, size, step = 600, 200, 100
	x := mat.DenseCopyOf(datasets.Digits().X).Slice(0, rows, 0, 64).(*mat.Dense)
	order := make([]int, rows)
	for i := range order {
		order[i] = i
	}
	ink := func(i int) float64 { return mat.Sum(x.RowView(i)) }
	sortStable(order, func(a, b int) bool { return ink(a) < ink(b) })
	relation := make([]int, size)
	for i := range relation {
		relation[i] = max(i-step, -1)
	}
	s := series{AlignedUMAP: AlignedUMAP{UMAP: UMAP{Epochs: None}}}
	for k := range 2 {
		part := mat.NewDense(size, 64, nil)
		for i := range size {
			part.SetRow(i, x.RawRowView(order[step*k+i]))
		}
		if err := s.accept(t.Context(), k, s.UMAP, part); err != nil {
			t.Fatal(err)
		}
		if k == 1 {
			if err := s.relate(0, relation); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.begin(t.Context(), k, part); err != nil {
			t.Fatal(err)
		}
	}
	shares, err := s.alike(t.Context(), 1, 0, s.across(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range file.Shares {
		if math.Abs(float64(shares[i])-want) > 1e-6 {
			t.Errorf("row %d: %v, umap-learn's %v", i, shares[i], want)
		}
	}
	for _, v := range shares[len(file.Shares):] {
		if v != 0 {
			t.Errorf("a row without an image shares %v", v)
		}
	}
}

func sortStable(list []int, less func(a, b int) bool) {
	for i := range list {
		for k := i; k > 0 && less(list[k], list[k-1]); k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
}

// Points that were turned, mirrored and moved come back to where they were, by half of them.
func TestProcrustesUndoesATurn(t *testing.T) {
	const n, dim = 20, 3
	target := narrowed(fixture.Normal(1, n, dim))
	var turned mat.Dense
	var svd mat.SVD
	svd.Factorize(fixture.Normal(2, dim, dim), mat.SVDFull)
	var turn mat.Dense
	svd.UTo(&turn)
	turned.Mul(fixture.Normal(1, n, dim), &turn)
	points := narrowed(&turned)
	of := make([]int32, n)
	for i := range of {
		of[i] = -1
		if i%2 == 0 {
			of[i] = int32(i)
		}
		points[i*dim] += 7
	}
	procrustes(points, target, of, dim)
	for i, v := range points {
		if math.Abs(float64(v-target[i])) > 1e-5 {
			t.Fatalf("number %d is %v, want %v", i, v, target[i])
		}
	}
}

// On a chain of which the first points have images, the others follow one by one; those
// that nothing leads to stay.
func TestFollowersGoHopByHop(t *testing.T) {
	row := func(i int) ([]int32, []float64) {
		return [][]int32{{1}, {0, 2}, {1, 3}, {2}, {5}, {4}}[i], [][]float64{{1}, {3, 1}, {1, .5}, {.5}, {1}, {1}}[i]
	}
	points := []float32{0, 0, 0, 0, 8, 9}
	follow(points, []float32{5, 1}, []int32{1, -1, 0, -1, -1, -1}, 1, row)
	for i, want := range []float32{1, 2, 5, 5, 8, 9} { // (3·1 + 1·5)/4
		if points[i] != want {
			t.Fatalf("%v", points)
		}
	}
}

// Images are found across slices, in both directions, and lost where one between lacks them.
func TestImagesAcrossSlices(t *testing.T) {
	s := series{rows: []int{3, 3, 2}, images: [][]int32{{2, -1, 0}, {1, 0, -1}}}
	for _, c := range []struct {
		from, to int
		want     []int32
	}{{0, 1, []int32{2, -1, 0}}, {0, 2, []int32{-1, -1, 1}}, {2, 0, []int32{-1, 2}}, {2, 1, []int32{1, 0}}, {1, 0, []int32{2, -1, 0}}} {
		got := s.across(c.from, c.to)
		for i := range c.want {
			if len(got) != len(c.want) || got[i] != c.want[i] {
				t.Errorf("from %d to %d: %v, want %v", c.from, c.to, got, c.want)
				break
			}
		}
	}
}
