package viz

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestAListOfColoringsIsForAllPanels: panels whose colorings have the same names share a list, one scale and one legend; others have none.
func TestAListOfColoringsIsForAllPanels(t *testing.T) {
	y := lattice(30)
	rising := func(from float64) []float64 {
		v := make([]float64, 30)
		for i := range v {
			v[i] = from + float64(i)
		}
		return v
	}
	points := func(from float64, name string) Points {
		return Points{Labels: cyclic(30, 3), Colors: []Coloring{{Name: name, Values: rising(from)}, {Name: "group", Labels: cyclic(30, 2)}}}
	}
	one, two := Scatter(y, points(0, "height")).Titled("one"), Scatter(y, points(100, "height")).Titled("two")
	html := func(c *Chart) string {
		t.Helper()
		s, err := c.HTML()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	grid := Grid(Panels{}, one, two)
	views, err := grid.recolorings()
	if err != nil || len(views) != 3 {
		t.Fatalf("%d views, %v", len(views), err)
	}
	if n := len(views[0].Legend.Entries); n != 3 || views[0].Bars[0] != nil {
		t.Errorf("by class there are %d entries and the bar %v", n, views[0].Bars[0])
	}
	if b := views[1].Bars; views[1].Legend != nil || len(b) != 2 || b[0] != b[1] || b[0].Low != 0 || b[0].High != 129 {
		t.Errorf("by height the bars are %+v", b)
	}
	if n := len(views[2].Legend.Entries); n != 2 {
		t.Errorf("by group there are %d entries", n)
	}
	s := html(grid)
	if strings.Count(s, `"low":0,"high":129`) < 3 || strings.Count(s, `"choice":`) != 1 || strings.Count(s, `"views":`) != 1 {
		t.Error("the page has not one list, or scales of their own")
	}
	if own, err := one.recolorings(); err != nil || own[1].Bars[0].High != 29 {
		t.Errorf("the grid changed the scale of a chart in it: %+v, %v", own[1].Bars[0], err)
	}
	for name, c := range map[string]*Chart{
		"other names":  Grid(Panels{}, one, Scatter(y, points(0, "depth"))),
		"other scales": Grid(Panels{Limits: Own}, one, two),
		"no maps":      Grid(Panels{}, one, Scatter3D(mat.NewDense(30, 3, nil), Points{})),
		"no colorings": Grid(Panels{}, one, Scatter(y, Points{})),
	} {
		if s := html(c); strings.Contains(s, `"choice":`) || strings.Contains(s, `"views":`) {
			t.Errorf("%s: there is a list", name)
		}
	}
}
