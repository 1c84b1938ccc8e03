package hyperbolic_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func line(at ...float64) *mat.Dense { return mat.NewDense(len(at), 1, at) }

func TestDistortionOfFourPoints(t *testing.T) {
	x := line(0, 1, 2, 4)
	for name, c := range map[string]struct {
		y                                              mat.Matrix
		average, worst, expansion, contraction, scaled float64
	}{
		"the same":     {line(0, 1, 2, 4), 0, 1, 1, 1, 0},
		"another unit": {line(0, 3, 6, 12), 2, 1, 3, 1. / 3, 0},
		"turned":       {line(4, 3, 2, 0), 0, 1, 1, 1, 0},
		// d = 1 2 4 | 1 1 3 | 2 1 2 | 4 3 2, d′ = 1 2 10 | 1 1 9 | 2 1 8 | 10 9 8
		"the last is away": {line(0, 1, 2, 10), (1.5/3 + 2./3 + 3./3 + (1.5+2+3)/3) / 4, 4, 4, 1, .5},
	} {
		s := stretch(t, x, c.y)
		got := []float64{s.Average, s.Worst, s.Expansion, s.Contraction}
		for i, want := range []float64{c.average, c.worst, c.expansion, c.contraction} {
			if math.Abs(got[i]-want) > 1e-14 {
				t.Errorf("%s: got %v, number %d should be %v", name, got, i, want)
			}
		}
		if (s.Least > 1e-14) != (c.scaled > 0) {
			t.Errorf("%s: rescaled by %v it is %v", name, s.Scale, s.Least)
		}
	}
	// Rows that coincide in x say nothing; those that coincide in y alone have no scale.
	if s := stretch(t, line(0, 0, 1), line(0, 2, 1)); s.Average != 0 || len(s.Notes) != 1 {
		t.Errorf("a pair at distance 0: %v", s)
	}
	for _, y := range []*mat.Dense{line(0, 0, 2, 4), line(5, 5, 5, 5)} {
		var degenerate *mat32.DegenerateError
		if _, err := hyperbolic.Distortion(context.Background(), x, y); !errors.As(err, &degenerate) {
			t.Errorf("rows that coincide: %v", err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := hyperbolic.Distortion(context.Background(), x, line(1, 2, 3)); !errors.As(err, &shape) {
		t.Errorf("three rows for four: %v", err)
	}
}

func TestMeanAveragePrecisionOfFivePoints(t *testing.T) {
	path := graph(t, 5, func(i, j int) bool { return j == i+1 })
	for name, c := range map[string]struct {
		at   []float64
		want float64
	}{
		"in order":     {[]float64{0, 1, 2, 3, 4}, 1},
		"ties against": {[]float64{0, 0, 0, 0, 0}, (.25 + .5 + .5 + .5 + .25) / 5},
		// From node 2, node 4 is as near as 1, and 0 as 3; from 4, node 2 is as near as 3.
		"last two swap": {[]float64{0, 1, 2, 4, 3}, (1 + 1 + 1./2 + 1 + 1./2) / 5},
	} {
		if got := precision(t, path, line(c.at...)); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	// A graph's own metric has all neighbours nearest.
	if got := precision(t, karate(t), karate(t)); got != 1 {
		t.Errorf("karate in itself: %v", got)
	}
	lonely := fromEdges(t, 3, [][2]int{{0, 1}}, nil)
	if s, err := hyperbolic.MeanAveragePrecision(context.Background(), lonely, line(0, 1, 5)); err != nil || s.Value != 1 || len(s.Notes) != 1 || !math.IsNaN(s.PerRow[2]) {
		t.Errorf("a node without links: %v, %v", s, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := hyperbolic.MeanAveragePrecision(context.Background(), fromEdges(t, 3, nil, nil), line(0, 1, 5)); !errors.As(err, &degenerate) {
		t.Errorf("no links: %v", err)
	}
	var param *mat32.ParamError
	if _, err := hyperbolic.MeanAveragePrecision(context.Background(), nil, line(0, 1, 5)); !errors.As(err, &param) {
		t.Errorf("no graph: %v", err)
	}
}
