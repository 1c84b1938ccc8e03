package viz

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// told is a map that says where it comes from.
type told struct {
	*mat.Dense
	caption string
}

func (t told) Caption() string { return t.caption }

// TestGridCaption: what all panels say is said once, at the end; the rest with the names of those that say it.
func TestGridCaption(t *testing.T) {
	m := lattice(30)
	chart := func(title, caption string) *Chart { return Scatter(told{m, caption}, Points{}).Titled(title) }
	pca, tsne := "PCA · digits · n = 30", "t-SNE, perplexity 30 · digits · n = 30"
	for _, test := range []struct {
		grid *Chart
		want string
	}{
		{Grid(Panels{}, chart("one", pca), chart("two", pca)), pca},
		{Grid(Panels{}, chart("one", pca), chart("two", tsne), chart("three", tsne)), "one: PCA; two, three: t-SNE, perplexity 30; digits · n = 30"},
		{Grid(Panels{Letters: true}, chart("one", pca), chart("two", tsne)), "a: PCA; b: t-SNE, perplexity 30; digits · n = 30"},
		{Grid(Panels{}, chart("one", pca), Lines(Series{Y: []float64{1, 2}}), chart("", tsne)), "one: " + pca + "; panel 3: " + tsne},
		{Grid(Panels{}, Lines(Series{Y: []float64{1, 2}})), ""},
	} {
		if got := test.grid.fig.caption(); got != test.want {
			t.Errorf("caption %q, want %q", got, test.want)
		}
	}
	long := Grid(Panels{}, chart("one", strings.Repeat("a long story ", 15)), chart("two", strings.Repeat("another story ", 15)))
	l, err := long.layout()
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range l.Labels {
		if strings.HasSuffix(label.Text, "…") {
			t.Errorf("cut: %q", label.Text)
		}
		if label.Y > l.Height {
			t.Errorf("%q is at %g of %g", label.Text, label.Y, l.Height)
		}
	}
}

// TestGridLetters: letters stand before titles, in the picture and in words.
func TestGridLetters(t *testing.T) {
	c := Grid(Panels{Letters: true}, Lines(Series{Y: []float64{1, 2}}).Titled("one"), Lines(Series{Y: []float64{1, 2}}))
	l, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, label := range l.Labels {
		has[label.Text] = has[label.Text] || label.Bold
	}
	if !has["a  one"] || !has["b"] {
		t.Errorf("labels %v", has)
	}
	if s := c.String(); !strings.Contains(s, "\n  a  one: Lines of") || !strings.Contains(s, "\n  b  Lines of") {
		t.Errorf("in words: %s", s)
	}
}

// TestGridComparesScales: barcodes and diagrams of one grid have the same ends, unless each shall have its own.
func TestGridComparesScales(t *testing.T) {
	short := intervals{{0, 0, 1}, {1, 0.5, 0.75}}
	long := intervals{{0, 0, 8}}
	ends := func(limits Limits) (got [4]float64) {
		g := Grid(Panels{Limits: limits}, Barcode(short), PersistenceDiagram(short), Barcode(long), PersistenceDiagram(long))
		if g.err != nil {
			t.Fatal(g.err)
		}
		for i, p := range g.fig.arrange().plots {
			switch p := p.(type) {
			case *barcode:
				got[i] = p.x.high
			case *persistenceDiagram:
				got[i] = p.y.high
			}
		}
		return got
	}
	if got := ends(Comparable); got[0] != got[2] || got[1] != got[3] || got[0] < 8 {
		t.Errorf("comparable ends %v", got)
	}
	if got := ends(Own); got[0] >= got[2] || got[1] >= got[3] || got[0] > 2 {
		t.Errorf("own ends %v", got)
	}
}

// TestGridLegendFindsRoom: a legend longer than its panels are high stands below the colour bar in full.
func TestGridLegendFindsRoom(t *testing.T) {
	c := Grid(Panels{}, Scatter(lattice(60), Points{Labels: cyclic(60, 9)}), Scatter(lattice(60), Points{Values: lattice(60).RawMatrix().Data[:60]}), Scatter(lattice(60), Points{}))
	l, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	if names, more := l.Legend.rows(); more || len(names) != 9 {
		t.Errorf("legend %q of a height of %g", names, l.Legend.H)
	}
	if bottom := l.Legend.Y + l.Legend.H; bottom > l.Height || l.Legend.Y < l.bars[0].bottom() {
		t.Errorf("the legend reaches from %g to %g of %g, and the bar to %g", l.Legend.Y, bottom, l.Height, l.bars[0].bottom())
	}
}

// TestRuleNamesHideLittle: the name of a rule stands where no marker is, if there is such a place, and names do not cover each other.
func TestRuleNamesHideLittle(t *testing.T) {
	c := Lines(Series{Y: []float64{1, 3, 2, 2.03}, Dots: true}).Rules(Rule{Name: "the true value", At: 2}, Rule{Name: "another", At: 2.02})
	l, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSheet(nil, &light, height)
	if err != nil {
		t.Fatal(err)
	}
	m := c.fig.(*lines)
	var boxes []rect
	for _, label := range l.Labels {
		if !label.Backed {
			continue
		}
		box := rect{label.X, label.Y - axisSize, s.measure(regular, axisSize, label.Text), 1.3 * axisSize}
		for i, y := range m.series[0].Y {
			if at := place(l.Panels[0].Frame, m.x, m.y, float64(i), y); box.has(at) {
				t.Errorf("%q hides point %d", label.Text, i)
			}
		}
		for _, b := range boxes {
			if b.X < box.right() && box.X < b.right() && b.Y < box.bottom() && box.Y < b.bottom() {
				t.Errorf("%q lies on another name", label.Text)
			}
		}
		boxes = append(boxes, box)
	}
	if len(boxes) != 2 {
		t.Errorf("%d names", len(boxes))
	}
}
