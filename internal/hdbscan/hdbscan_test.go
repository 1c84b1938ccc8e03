package hdbscan_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/hdbscan"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/tests/golden"
)

// between measures the distances of points.
func between(points [][]float64) func(i int, dst []float64) {
	return func(i int, dst []float64) {
		for j, p := range points {
			dst[j] = math.Hypot(p[0]-points[i][0], p[1]-points[i][1])
		}
	}
}

func labels(t *testing.T, o hdbscan.Options, points [][]float64) []int32 {
	t.Helper()
	got, err := o.Labels(context.Background(), len(points), between(points))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// By distances alone no two joins are equal, and labels are those of scikit-learn. By core
// distances many are: a row whose own joins two clusters belongs to one of them there, by
// chance, and to neither here.
func TestAgainstScikitLearn(t *testing.T) {
	var file struct {
		Clusterings []struct {
			Points     [][]float64
			Size, Core int
			Single     bool
			Labels     []int32
		}
	}
	golden.Load(t, "steadiness", &file)
	if len(file.Clusterings) < 8 {
		t.Fatalf("%d clusterings in the file", len(file.Clusterings))
	}
	for c, want := range file.Clusterings {
		got := labels(t, hdbscan.Options{MinSize: want.Size, Core: want.Core, Single: want.Single}, want.Points)
		names, back := map[int32]int32{}, map[int32]int32{}
		alone := 0
		for i, label := range got {
			theirs := want.Labels[i]
			if label == hdbscan.Noise && theirs != hdbscan.Noise && want.Core > 1 {
				alone++
				continue
			}
			if name, known := names[label]; known && name != theirs || (label == hdbscan.Noise) != (theirs == hdbscan.Noise) {
				t.Errorf("clustering %d, row %d: %d where scikit-learn has %d", c, i, label, theirs)
			}
			if name, known := back[theirs]; known && name != label {
				t.Errorf("clustering %d, row %d: %d where scikit-learn has %d", c, i, label, theirs)
			}
			names[label], back[theirs] = theirs, label
		}
		if alone > len(got)/20 {
			t.Errorf("clustering %d: %d rows are noise here only", c, alone)
		}
		if !want.Single && len(names) < 3 {
			t.Errorf("clustering %d: found %v", c, names)
		}
	}
}

// Whole numbers for distances leave nothing but equal joins: the order of the rows must not
// matter.
func TestOrderDoesNotMatter(t *testing.T) {
	draw := rng.New(1, "hdbscan", 0)
	points := make([][]float64, 60)
	for i := range points {
		points[i] = []float64{float64(draw.IntN(7) + 12*(i%2)), float64(draw.IntN(7))}
	}
	for _, o := range []hdbscan.Options{{MinSize: 5, Core: 5}, {MinSize: 2, Core: 1}, {MinSize: 4, Core: 2, Single: true}} {
		want := labels(t, o, points)
		order := make([]int, len(points))
		for i := range order {
			order[i] = i
		}
		for range 5 {
			draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			moved := make([][]float64, len(points))
			for i, p := range order {
				moved[i] = points[p]
			}
			names := map[int32]int32{hdbscan.Noise: hdbscan.Noise}
			for i, label := range labels(t, o, moved) {
				name, known := names[label]
				if !known {
					name = want[order[i]]
					names[label] = name
				}
				if name != want[order[i]] {
					t.Fatalf("%+v: row %d is in another cluster where the rows are in another order", o, order[i])
				}
			}
		}
	}
}

func TestSmallAndEqual(t *testing.T) {
	const no = hdbscan.Noise
	line := func(at ...float64) (points [][]float64) {
		for _, v := range at {
			points = append(points, []float64{v, 0})
		}
		return points
	}
	for _, c := range []struct {
		what   string
		o      hdbscan.Options
		points [][]float64
		want   []int32
	}{
		{"no rows", hdbscan.Options{MinSize: 2, Core: 1}, nil, []int32{}},
		{"one row", hdbscan.Options{MinSize: 2, Core: 1, Single: true}, line(3), []int32{no}},
		{"two rows", hdbscan.Options{MinSize: 2, Core: 5, Single: true}, line(3, 4), []int32{0, 0}},
		{"two rows that may not be one", hdbscan.Options{MinSize: 2, Core: 5}, line(3, 4), []int32{no, no}},
		{"fewer than a cluster", hdbscan.Options{MinSize: 5, Core: 5, Single: true}, line(0, 1, 2, 9), []int32{0, 0, 0, 0}},
		{"equal rows", hdbscan.Options{MinSize: 3, Core: 2}, line(5, 5, 5, 0, 0, 0, 9), []int32{0, 0, 0, 1, 1, 1, 0}},
		{"all equal", hdbscan.Options{MinSize: 2, Core: 2, Single: true}, line(1, 1, 1), []int32{0, 0, 0}},
		{"two pairs of a line", hdbscan.Options{MinSize: 2, Core: 1}, line(0, 10, 1, 11, 30), []int32{0, 1, 0, 1, no}},
		{"one cluster keeps those that stay", hdbscan.Options{MinSize: 2, Core: 1, Single: true}, line(0, 1, 3, 7), []int32{0, 0, no, no}},
	} {
		if got := labels(t, c.o, c.points); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestCancel(t *testing.T) {
	points := make([][]float64, 50)
	for i := range points {
		points[i] = []float64{float64(i * i), 0}
	}
	for _, after := range []int{0, 30, 80} {
		ctx, cancel := context.WithCancel(context.Background())
		rows := 0
		_, err := hdbscan.Options{MinSize: 5, Core: 5}.Labels(ctx, 50, func(i int, dst []float64) {
			between(points)(i, dst)
			if rows++; rows >= after {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || rows > after+1 {
			t.Errorf("cancelled at row %d: %v, after %d rows", after, err, rows)
		}
		cancel()
	}
}
