package affinity_test

import (
	"errors"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestFromEdges(t *testing.T) {
	edges := [][2]int{{3, 1}, {0, 3}, {2, 0}, {1, 0}}
	s, err := affinity.FromEdges(5, edges, []float64{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Dims(); n != 5 || s.NNZ() != 8 || !s.Symmetric() {
		t.Fatalf("%v", s)
	}
	for e, ends := range edges {
		if w := float64(e + 1); s.At(ends[0], ends[1]) != w || s.At(ends[1], ends[0]) != w {
			t.Errorf("edge %v weighs %v and %v, want %v", ends, s.At(ends[0], ends[1]), s.At(ends[1], ends[0]), w)
		}
	}
	if s, err = affinity.FromEdges(3, nil, nil); err != nil || s.NNZ() != 0 {
		t.Errorf("three lone nodes: %v, %v", s, err)
	}
	if s, err = affinity.FromEdges(2, [][2]int{{1, 0}}, nil); err != nil || s.At(0, 1) != 1 {
		t.Errorf("one edge: %v, %v", s, err)
	}
}

func TestFromEdgesRefuses(t *testing.T) {
	var param *mat32.ParamError
	for _, edges := range [][][2]int{{{0, 3}}, {{-1, 0}}, {{1, 1}}, {{0, 1}, {1, 2}, {1, 0}}} {
		if _, err := affinity.FromEdges(3, edges, nil); !errors.As(err, &param) {
			t.Errorf("%v: %v", edges, err)
		}
	}
	for _, w := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := affinity.FromEdges(3, [][2]int{{0, 1}}, []float64{w}); !errors.As(err, &param) {
			t.Errorf("weight %v: %v", w, err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := affinity.FromEdges(3, [][2]int{{0, 1}}, []float64{1, 2}); !errors.As(err, &shape) {
		t.Error(err)
	}
	if _, err := affinity.FromEdges(0, nil, nil); !errors.As(err, &shape) {
		t.Error(err)
	}
}
