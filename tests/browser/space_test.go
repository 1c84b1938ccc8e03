package browser

import (
	"math"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// balls are two clouds of points in three dimensions.
func balls() (*mat.Dense, viz.Points) {
	const n = 400
	y, p := mat.NewDense(n, 3, nil), viz.Points{Names: []string{"left", "right"}}
	for i := range n {
		a, h := 2.4*float64(i), 2*float64(i)/n-1
		r := math.Sqrt(1 - h*h)
		y.SetRow(i, []float64{3*float64(i%2) + r*math.Cos(a), r * math.Sin(a), h})
		p.Labels = append(p.Labels, i%2)
	}
	return y, p
}

// TestSpace: a box in three dimensions is turned by hand, by keys and by itself, zooms, comes back, and its legend shows a class alone.
func TestSpace(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := balls()
	one := viz.Scatter3D(y, p).Viewed(-60, 20)
	s := look(t, page(t, library(t), output(t, one)), patience, nil,
		step{"do": "double", "chart": 0},
		step{"do": "drag", "chart": 0, "dx": 80, "dy": 10},
		step{"do": "double", "chart": 0},
		step{"do": "keys", "chart": 0, "keys": []string{"ArrowLeft", "ArrowUp"}},
		step{"do": "keys", "chart": 0, "keys": []string{"ArrowRight", "ArrowDown"}},
		step{"do": "keys", "chart": 0, "keys": []string{"+", "+", "+"}},
		step{"do": "keys", "chart": 0, "keys": []string{"0"}},
		step{"do": "tool", "chart": 0, "name": "turn 0"},
		step{"do": "double", "chart": 0},
		step{"do": "legend", "chart": 0, "name": "right"},
		step{"do": "legend", "chart": 0, "name": "right"},
		step{"do": "hover", "chart": 0, "series": 0, "point": 3},
	)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	home, whole := s.Steps[0].Text, float64(s.Charts[0].Ink)
	for i, away := range []bool{false, true, false, true, false, true, false, true, false} {
		if got := s.Steps[i].Text; (got != home) != away {
			t.Errorf("after step %d the first point is at %s; in the first view it is at %s", i, got, home)
		}
	}
	if zoomed := float64(s.Steps[5].Ink); zoomed < 1.2*whole {
		t.Errorf("%.0f coloured pixels, and %.0f zoomed in", whole, zoomed)
	}
	if alone, all := float64(s.Steps[9].Ink), float64(s.Steps[10].Ink); alone < 0.25*whole || alone > 0.75*whole || math.Abs(all/whole-1) > 0.01 {
		t.Errorf("%.0f coloured pixels, %.0f of one class alone, then %.0f", whole, alone, all)
	}
	if got := s.Steps[11].Text; !strings.Contains(got, "left") && !strings.Contains(got, "right") || !strings.Contains(got, "row ") {
		t.Errorf("the tooltip says %q", got)
	}
}

// TestSpacesTurnTogether: the panels of a grid whose limits are shared turn as one, others by themselves.
func TestSpacesTurnTogether(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := balls()
	panels := func(limits viz.Limits) *viz.Chart {
		return viz.Grid(viz.Panels{Limits: limits}, viz.Scatter3D(y, p).Titled("one"), viz.Scatter3D(y, viz.Points{}).Titled("other"))
	}
	s := look(t, page(t, library(t), output(t, panels(viz.Shared)), output(t, panels(viz.Own))), patience, nil,
		step{"do": "double", "chart": 0}, step{"do": "drag", "chart": 0, "dx": 40, "dy": 0},
		step{"do": "double", "chart": 1}, step{"do": "drag", "chart": 1, "dx": 40, "dy": 0},
	)
	if err := verdict(s, 2); err != nil {
		t.Fatal(err)
	}
	for at, together := range []bool{true, false} {
		before, after := strings.Fields(s.Steps[2*at].Text), strings.Fields(s.Steps[2*at+1].Text)
		if before[0] == after[0] || (before[1] != after[1]) != together {
			t.Errorf("chart %d: the first points were at %v, and after the first panel was turned at %v", at, before, after)
		}
	}
}

// TestTrajectoryHover: a point of a course says its name, its time and its coordinates.
func TestTrajectoryHover(t *testing.T) {
	testenv.Need(t, "chromium")
	line := mat.NewDense(5, 3, nil)
	for i := range 5 {
		line.SetRow(i, []float64{float64(i), 2 * float64(i), -float64(i)})
	}
	plane := line.Slice(0, 5, 0, 2)
	s := look(t, page(t, library(t),
		output(t, viz.Trajectories(viz.Courses{}, viz.Trajectory{Name: "ray", At: line}, viz.Trajectory{Name: "back", At: line, Time: []float64{5, 6, 7, 8, 9.5}})),
		output(t, viz.Trajectories(viz.Courses{TimeName: "epoch"}, viz.Trajectory{Name: "flat", At: plane})),
	), patience, nil,
		step{"do": "hover", "chart": 0, "series": 0, "point": 2},
		step{"do": "hover", "chart": 1, "series": 0, "point": 2},
		step{"do": "drag", "chart": 1, "dx": 30, "dy": 0},
	)
	if err := verdict(s, 2); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"time: 2", "x: 2", "y: 4", "z: −2"}, {"flat", "epoch: 2", "x: 2", "y: 4"}} {
		for _, w := range want {
			if !strings.Contains(s.Steps[i].Text, w) {
				t.Errorf("chart %d: the tooltip says %q, without %q", i, s.Steps[i].Text, w)
			}
		}
	}
	if strings.Contains(s.Steps[1].Text, "z:") {
		t.Errorf("of a plane the tooltip says %q", s.Steps[1].Text)
	}
}

// TestSameCamera: the page sees the points where the picture shows them, and keeps the picture when it does not.
func TestSameCamera(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := balls()
	good := output(t, viz.Scatter3D(y, p).Viewed(30, 20))
	s := look(t, page(t, library(t), good, strings.Replace(good, `"azimuth":30`, `"azimuth":31`, 1)), patience, nil)
	if len(s.Charts) != 2 || s.Charts[0].State != "drawn" || s.Charts[1].State != "failed" || !s.Charts[1].Picture {
		t.Errorf("got %+v, want the second chart to stay a picture", s.Charts)
	}
}
