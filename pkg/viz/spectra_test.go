package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"gonum.org/v1/gonum/mat"
)

// explained are shares of variance.
type explained []float64

func (e explained) ExplainedVarianceRatio() []float64 { return e }

func (explained) Caption() string { return "PCA" }

// falling are n shares that halve.
func falling(n int) explained {
	e := make(explained, n)
	for i := range e {
		e[i] = math.Exp2(-float64(i + 1))
	}
	return e
}

// linearModel is one whose first columns weigh most, in turn for one component and the other.
type linearModel struct {
	rows, weights *mat.Dense
	explained
}

func (l linearModel) Embedding() *mat.Dense  { return l.rows }
func (l linearModel) Components() *mat.Dense { return l.weights }

func model(n, d int) linearModel {
	w := mat.NewDense(2, d, nil)
	for j := range d {
		sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(d))
		w.SetCol(j, []float64{cos / float64(j+1), sin / float64(j+1)})
	}
	return linearModel{noiseMatrix(n, 2), w, falling(2)}
}

// ranked has a co-ranking matrix of so many ranks, and scores of any neighbourhood.
type ranked int

func (r ranked) Reach() int   { return int(r) }
func (r ranked) Sizes() []int { return []int{1, 2, 4, int(r)} }

func (r ranked) CoRanking(k int) *mat.Dense {
	q := mat.NewDense(k, k, nil)
	for i := range k {
		for j := range k {
			q.Set(i, j, math.Floor(900/float64(1+(i-j)*(i-j)+i)))
		}
	}
	return q
}

func (ranked) score(k int) measure.Score             { return measure.Score{Value: 1 - 0.01*float64(k)} }
func (r ranked) Trustworthiness(k int) measure.Score { return r.score(k) }
func (r ranked) Continuity(k int) measure.Score      { return r.score(2 * k) }
func (r ranked) QNX(k int) measure.Score             { return r.score(3 * k) }
func (r ranked) LCMC(k int) measure.Score            { return r.score(4 * k) }

// curves are those of so many rows.
type curves int

func (c curves) values(n int, scale float64) []float64 {
	y := make([]float64, n)
	for k := range y {
		y[k] = scale / math.Sqrt(float64(k+1))
	}
	return y
}

func (c curves) QNX() []float64     { return c.values(int(c)-1, 1) }
func (c curves) RNX() []float64     { return c.values(int(c)-2, 0.8) }
func (c curves) LCMC() []float64    { return c.values(int(c)-1, 0.6) }
func (c curves) AUC() measure.Score { return measure.Score{Value: 0.5} }
func (c curves) KMax() int          { return 7 }

// slope is a line of that exponent, from 1 at place 1 to place 20.
type slope float64

func (s slope) Line() (places, values []float64) {
	return []float64{1, 20}, []float64{1, math.Pow(20, -float64(s))}
}

// powers are eigenvalues that fall by a power law.
func powers(n int, exponent float64) []float64 {
	v := make([]float64, n)
	for j := range v {
		v[j] = math.Pow(float64(j+1), -exponent)
	}
	return v
}

func probed(n, layers int) []measure.Score {
	var all []measure.Score
	for l := range layers {
		s := measure.Score{Name: "accuracy", PerRow: make([]float64, n)}
		for i := range n {
			if i%layers <= l {
				s.PerRow[i] = 1
				s.Value += 1 / float64(n)
			}
		}
		all = append(all, s)
	}
	return all
}

// spectraSamples are the charts of spectra, quality and classes.
func spectraSamples() map[string]*Chart {
	long := strings.Repeat("a long name ", 8)
	map120, map900 := noiseMatrix(120, 2), noiseMatrix(900, 2)
	local := make([]float64, 900)
	for i := range local {
		local[i] = 2 + float64(i%31)/7
	}
	local[5], local[17] = math.NaN(), 400
	return map[string]*Chart{
		"scree":             Scree(falling(12), Components{Choices: []Choice{{"half", 1}, {"rule", 4}, {"another", 4}}, Chance: []Series{{Name: "chance", Y: []float64{0.2, 0.1, 0.05}}}}).Titled("Scree"),
		"scree one":         Scree(explained{1}, Components{}),
		"scree log":         Scree(falling(60), Components{Log: true, Most: 60}).Rules(Rule{Name: "rounding", At: 1e-6}),
		"lines spectra":     Spectra(Spectrum{Name: "first", Values: powers(100, 1), Law: slope(1), Edge: 0.02}, Spectrum{Name: "second", Values: append(powers(50, 2), 0, 0)}).Titled("Spectra"),
		"biplot":            Biplot(model(120, 5), Columns{Names: names(5, "column")}, Points{Labels: cyclic(120, 3)}).Titled("Biplot"),
		"biplot many":       Biplot(model(2000, 300), Columns{Most: 60}, Points{Values: noiseMatrix(1, 2000).RawRowView(0), ValueName: long}),
		"biplot one":        Biplot(model(1, 1), Columns{Names: []string{long}}, Points{}),
		"heatmap loadings":  Loadings(noiseMatrix(3, 90), Columns{}).Titled("Loadings"),
		"heatmap confusion": Confusion([]int{0, 0, 1, 1, 2, -1}, []int{0, 1, 1, 1, 0, 2}, []string{"zero", "one", "two"}).Titled("Confusion"),
		"heatmap confused":  Confusion(cyclic(3000, 60), cyclic(3000, 59), nil),
		"shepard":           Shepard(noiseMatrix(120, 5), map120).Titled("Shepard"),
		"shepard three":     Shepard(lattice(3), lattice(3)),
		"coranking":         CoRanking(ranked(40), 10).Titled("Co-ranking"),
		"coranking many":    CoRanking(ranked(300), 0),
		"coranking one":     CoRanking(ranked(1), 1),
		"lines rank curves": RankCurves(RankCurve{"PCA", curves(500)}, RankCurve{"", curves(900)}).Titled("Ranks"),
		"lines rank curve":  RankCurves(RankCurve{Of: curves(500)}),
		"lines probes":      Probes(0.1, Probe{Name: "class", Scores: probed(300, 5)}, Probe{Name: "control", Scores: []measure.Score{{Value: 0.1, StdErr: 0.02}, {Value: 0.15, StdErr: 0.02}}, Dashed: true}),
		"density":           Density(map900, Densities{}).Titled("Density"),
		"density one":       Density(lattice(1), Densities{Width: 0.2}),
		"scatter dimension": LocalDimension(map900, measure.Dimension{Method: "MLE", Local: local}).Titled("Local dimension"),
		"grid diagnostic": Diagnostic(map900, Diagnosis{
			Points: Points{Labels: cyclic(900, 4)}, Components: noiseMatrix(900, 5), Dimension: measure.Dimension{Method: "MLE", Local: local},
			Scores: []measure.Score{{Name: "trustworthiness", Neighbors: 15, PerRow: local}},
		}).Titled("Diagnostic"),
		"grid of spectra": Grid(Panels{Columns: 2}, Scree(falling(12), Components{}).Titled("scree"), CoRanking(ranked(40), 10).Titled("ranks"), CoRanking(ranked(20), 5).Titled("fewer"),
			Biplot(model(120, 5), Columns{}, Points{}).Titled("biplot"), Density(map120, Densities{}).Titled("density"), RankScores(ranked(20)).Titled("scores")),
	}
}

// spectraErrors are bad arguments of these charts, and what the error says.
func spectraErrors() map[string]kindError {
	nan, inf := math.NaN(), math.Inf(1)
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	var none *mat.Dense
	bent := model(5, 3)
	bent.weights = mat.NewDense(1, 3, nil)
	zero := model(5, 3)
	zero.weights = mat.NewDense(2, 3, nil)
	y := lattice(4)
	return map[string]kindError{
		"viz.Scree: the matrix is empty":                       {Scree(nil, Components{}), mat32.ErrEmpty},
		"ExplainedVarianceRatio()[1] is 1.5":                   {Scree(explained{0.5, 1.5}, Components{}), param},
		"ExplainedVarianceRatio()[0] is NaN":                   {Scree(Eigenvalues{0, 0}, Components{}), param},
		"Choices[0].Count is 3, want 0 to 2":                   {Scree(falling(2), Components{Choices: []Choice{{"r", 3}}}), param},
		"viz.Scree: Most is -1":                                {Scree(falling(2), Components{Most: -1}), param},
		`viz.Scree: Series "c": Y[0] is +Inf`:                  {Scree(falling(2), Components{Chance: []Series{{Name: "c", Y: []float64{inf}}}}), param},
		"viz.Spectra: the matrix is empty":                     {Spectra(), mat32.ErrEmpty},
		"Spectra[1]: the matrix is empty":                      {Spectra(Spectrum{Values: []float64{1}}, Spectrum{Values: []float64{0, -1}}), mat32.ErrEmpty},
		"Spectra[0]: Values[1] is NaN":                         {Spectra(Spectrum{Values: []float64{1, nan}}), param},
		"Spectra[0]: Edge is -1":                               {Spectra(Spectrum{Values: []float64{1}, Edge: -1}), param},
		"Law: Line() is [1 20], [1 0]":                         {Spectra(Spectrum{Values: []float64{1}, Law: slope(1e9)}), param},
		"viz.Biplot: the matrix is empty":                      {Biplot[*mat.Dense](nil, Columns{}, Points{}), mat32.ErrEmpty},
		"the model's components has shape 1 × 3":               {Biplot(bent, Columns{}, Points{}), shape},
		"no column has a weight":                               {Biplot(zero, Columns{}, Points{}), &mat32.DegenerateError{}},
		"viz.Biplot: Names has shape 1 × 1":                    {Biplot(model(5, 3), Columns{Names: names(1, "c")}, Points{}), shape},
		"viz.Loadings: the matrix is empty":                    {Loadings(none, Columns{}), mat32.ErrEmpty},
		"Columns: Most is -2":                                  {Loadings(y, Columns{Most: -2}), param},
		"predicted has shape 1 × 1":                            {Confusion([]int{1, 2}, []int{1}, nil), shape},
		"truth[1] is -2":                                       {Confusion([]int{1, -2}, []int{1, 1}, nil), param},
		"predicted[0] is 3, want −1 (unknown), or a class of":  {Confusion([]int{1}, []int{3}, names(2, "n")), param},
		"truth[0] is 200, want below 200":                      {Confusion([]int{200}, []int{3}, nil), param},
		"viz.Confusion: the matrix is empty":                   {Confusion([]int{-1}, []int{0}, nil), mat32.ErrEmpty},
		"Text has shape 1 × 1":                                 {Heatmap(lattice(2), Cells{Text: [][]string{{"a"}}}), shape},
		"viz.Shepard: x: the matrix is empty":                  {Shepard(none, y), mat32.ErrEmpty},
		"y has shape 5 × 2, want 4 rows":                       {Shepard(y, lattice(5)), shape},
		"x has shape 2 × 2, want at least 3 rows":              {Shepard(lattice(2), lattice(2)), shape},
		"viz.Shepard: y: the distances are at most 0":          {Shepard(y, mat.NewDense(4, 2, nil)), &mat32.DegenerateError{}},
		"viz.CoRanking: the matrix is empty":                   {CoRanking(ranked(0), 0), mat32.ErrEmpty},
		"viz.CoRanking: k is 6, want 0 for no mark, to 5":      {CoRanking(ranked(5), 6), param},
		"viz.RankCurves: the matrix is empty":                  {RankCurves(), mat32.ErrEmpty},
		"viz.RankCurves: map 0: the matrix is empty":           {RankCurves(RankCurve{}), mat32.ErrEmpty},
		"viz.RankScores: the matrix is empty":                  {RankScores(nil), mat32.ErrEmpty},
		"viz.Probes: the matrix is empty":                      {Probes(0), mat32.ErrEmpty},
		"viz.Probes: Rules[0]: At[0] is +Inf":                  {Probes(inf, Probe{Scores: probed(9, 2)}), param},
		"viz.Density: Width is 0.9":                            {Density(y, Densities{Width: 0.9}), param},
		"viz.Density: the matrix is empty":                     {Density(none, Densities{}), mat32.ErrEmpty},
		"viz.LocalDimension: TwoNN has no local estimates":     {LocalDimension(y, measure.Dimension{Method: "TwoNN"}), mat32.ErrEmpty},
		"local dimension (MLE) has shape 1 × 1":                {LocalDimension(y, measure.Dimension{Method: "MLE", Local: []float64{1}}), shape},
		"local dimension (MLE): PerRow[0] is +Inf":             {LocalDimension(y, measure.Dimension{Method: "MLE", Local: []float64{inf, 1, 1, 1}}), param},
		"viz.Diagnostic: the matrix is empty":                  {Diagnostic(none, Diagnosis{}), mat32.ErrEmpty},
		"viz.Diagnostic: Components:  has shape 5 × 1, want":   {Diagnostic(y, Diagnosis{Components: lattice(5)}), shape},
		"viz.Diagnostic: stress:  has shape 0 × 1":             {Diagnostic(y, Diagnosis{Scores: []measure.Score{{Name: "stress"}}}), shape},
		"viz.Diagnostic: viz.Grid: panel 0: viz.Scatter: Lab":  {Diagnostic(y, Diagnosis{Points: Points{Labels: []int{1}}}), shape},
		"viz: Axes: viz.Chart: kind is density, want a chart ": {Density(y, Densities{}).Axes(Axis{}, Axis{}), param},
	}
}

// TestScreePlaces: shares stand on the axis at the left, their sum on that at the right, and a choice between the last kept and the next.
func TestScreePlaces(t *testing.T) {
	s := Scree(falling(4), Components{Choices: []Choice{{"rule", 2}}}).Axes(Axis{}, Axis{Max: 1}).fig.(*scree)
	g := s.groups(unit)
	dots := g[len(g)-1]
	for i, want := range []float64{200, 300, 350, 375} {
		at := dots.at[i][0]
		if math.Abs(at[0]-400*(float64(i)+0.5)/4) > 1e-9 || math.Abs(at[1]-want) > 1e-9 {
			t.Errorf("share %d is at %v, want height %g", i, at, want)
		}
	}
	if sums := dots.columns[1].values; !alike(sums, []float64{0.5, 0.75, 0.875, 0.9375}) {
		t.Errorf("sums %v", sums)
	}
	sum := g[len(g)-3].at[0]
	if last := sum[len(sum)-1]; math.Abs(last[1]-25) > 1e-9 {
		t.Errorf("the sum ends at %v", last)
	}
	sh, err := newSheet(nil, &light, height)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(s.axes(sh, unit).Strokes, func(l stroke) bool { return l.Dashed })
	if x := s.axes(sh, unit).Strokes[at].From[0]; math.Abs(x-200) > 1 {
		t.Errorf("the choice of 2 of 4 is at %g", x)
	}
	if got := Eigenvalues([]float64{1, -2, 3}).ExplainedVarianceRatio(); !alike(got, []float64{0.75, 0.25, 0}) {
		t.Errorf("shares of eigenvalues %v", got)
	}
}

// TestSpectraKeepTheirLaw: dots fall, zeros are left out and said, and the line is the law's, named by its exponent, in their colour.
func TestSpectraKeepTheirLaw(t *testing.T) {
	l := Spectra(Spectrum{Name: "a", Values: []float64{0.25, 0, 1, 0.5}, Law: slope(1.5)}).fig.(*lines)
	if !alike(l.series[0].X, []float64{1, 2, 3}) || !alike(l.series[0].Y, []float64{1, 0.5, 0.25}) || !strings.Contains(l.caption(), "1 eigenvalues") {
		t.Errorf("%+v, %q", l.series[0], l.caption())
	}
	law := l.series[1]
	if law.Name != "a, α = 1.50" || law.marked() {
		t.Errorf("the law is %q, marked: %v", law.Name, law.marked())
	}
	if l.tints[1] != l.tints[0] {
		t.Errorf("dots have the colour %d, and their law %d", l.tints[0], l.tints[1])
	}
	for i, x := range law.X {
		if math.Abs(law.Y[i]/math.Pow(x, -1.5)-1) > 1e-9 {
			t.Errorf("the law is %g at %g", law.Y[i], x)
		}
	}
}

// TestBiplotArrows: arrows keep their proportions and the longest are shown; the rows lie where the axes say.
func TestBiplotArrows(t *testing.T) {
	m := model(30, 8)
	b := Biplot(m, Columns{Most: 3}, Points{}).fig.(*biplot)
	if len(b.arrows) != 3 || b.arrows[2].name != "0" || b.arrows[0].name != "2" {
		t.Fatalf("arrows %+v", b.arrows)
	}
	for _, a := range b.arrows {
		want := a.to[0] / b.arrows[2].to[0]
		if got := a.at[0] / b.arrows[2].at[0]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g of the longest, want %g", a.name, got, want)
		}
	}
	g := b.groups(unit)
	for k, title := range g[0].titles {
		var i int
		if _, err := fmt.Sscanf(title, "row %d", &i); err != nil {
			t.Fatal(err)
		}
		want := place(unit, b.x, b.y, m.rows.At(i, 0), m.rows.At(i, 1))
		if at := g[0].at[k][0]; math.Hypot(at[0]-want[0], at[1]-want[1]) > 1e-9 {
			t.Errorf("row %d is at %v, its axes say %v", i, at, want)
		}
	}
	if !strings.Contains(b.x.Name, "(50.0 %)") || !strings.Contains(b.caption(), "the 3 longest of 8 columns") {
		t.Errorf("%q, %q", b.x.Name, b.caption())
	}
}

// TestConfusionCounts: rows without both are left out, shares are those of a row, and counts are what stands in the cells.
func TestConfusionCounts(t *testing.T) {
	h := Confusion([]int{0, 0, 0, 1, -1, 1}, []int{0, 0, 1, 1, 1, -1}, nil).fig.(*heatmap)
	if h.rows != 2 || !alike([]float64{h.x.At(0, 0), h.x.At(0, 1), h.x.At(1, 0), h.x.At(1, 1)}, []float64{2. / 3, 1. / 3, 0, 1}) {
		t.Errorf("shares %v", mat.Formatted(h.x))
	}
	if got := fmt.Sprint(h.cells.Text); got != "[[2 1] [ 1]]" {
		t.Errorf("counts %s", got)
	}
	if c := h.caption(); c != "right: 0.7500 of 4 · 2 without a label or prediction" {
		t.Errorf("caption %q", c)
	}
}

// TestShepardOfAMultiple: a map that doubles every distance has no stress, and all pairs on the line; one that only keeps their order has
// none after isotonic regression.
func TestShepardOfAMultiple(t *testing.T) {
	x := noiseMatrix(40, 3)
	var y, bent mat.Dense
	y.Scale(2, x)
	f, err := newShepard(x, &y)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.source, "stress-1 0.000, nonmetric 0.000 · all 780 pairs of 40 rows") {
		t.Errorf("%q", f.source)
	}
	pairs := 0.0
	for i, v := range f.cells {
		if v != v {
			continue
		}
		pairs += v
		row, column := i/f.columns, i%f.columns
		at := [2]float64{f.x.low + (float64(column)+0.5)/float64(f.columns)*(f.x.high-f.x.low), f.y.high - (float64(row)+0.5)/float64(f.rows)*(f.y.high-f.y.low)}
		if math.Abs(at[1]-2*at[0]) > 2*(f.x.high-f.x.low)/float64(f.columns)+(f.y.high-f.y.low)/float64(f.rows) {
			t.Errorf("pairs at %v", at)
		}
	}
	if pairs != 780 {
		t.Errorf("%g pairs in the cells", pairs)
	}
	// Distances on a line, squared: another proportion, the same order.
	line := mat.NewDense(3, 1, []float64{0, 1, 3})
	bent.Apply(func(i, _ int, _ float64) float64 { return []float64{0, 1, 5}[i] }, line)
	if f, err = newShepard(line, &bent); err != nil || !strings.Contains(f.source, "nonmetric 0.000") || strings.Contains(f.source, "stress-1 0.000") {
		t.Errorf("%v, %v", f, err)
	}
}

// TestDrawnPairs: all pairs where there are few, else one of each stretch, in order, none twice.
func TestDrawnPairs(t *testing.T) {
	for n, most := range map[int]int{2: 10, 7: 100, 90: 1000, 5000: 20_000} {
		pairs := drawnPairs(n, most)
		all := n * (n - 1) / 2
		if len(pairs) != min(all, most) {
			t.Fatalf("n = %d: %d pairs", n, len(pairs))
		}
		last := -1
		for k, p := range pairs {
			i, j := p[0], p[1]
			place := i*(2*n-i-1)/2 + j - i - 1
			if i < 0 || i >= j || j >= n || place <= last || place < part(all, len(pairs), k) || place >= part(all, len(pairs), k+1) {
				t.Fatalf("n = %d: pair %d is %v", n, k, p)
			}
			last = place
		}
	}
}

// TestCoRankingCells: a cell counts the pairs of its ranks, in squares where there are too many.
func TestCoRankingCells(t *testing.T) {
	for reach, side := range map[int]int{40: 1, 300: 3} {
		f := CoRanking(ranked(reach), 0).fig.(*surface)
		q := ranked(reach).CoRanking(reach)
		var want, got float64
		for a := range side {
			for b := range side {
				want += q.At(side+a, 2*side+b)
			}
		}
		if got = f.cells[f.columns+2]; got != want {
			t.Errorf("%d ranks: cell 1, 2 has %g pairs, want %g", reach, got, want)
		}
		if (side > 1) != strings.Contains(f.caption(), "3 × 3 ranks") {
			t.Errorf("caption %q", f.caption())
		}
	}
}

// TestDensitySteps: the share of rows in sparser places is what the rows themselves say, and two maps are comparable.
func TestDensitySteps(t *testing.T) {
	y := noiseMatrix(700, 2)
	f := Density(y, Densities{}).fig.(*surface)
	s, err := newScatter(y, Points{})
	if err != nil {
		t.Fatal(err)
	}
	_, at := s.spread(0.01)
	in := make([]int, densitySteps)
	for i := range 700 {
		v := f.cells[at(i)]
		if v != v {
			t.Fatalf("row %d is nowhere", i)
		}
		in[f.level(v, densitySteps)]++
	}
	for step, n := range in {
		if n < 55 || n > 85 {
			t.Errorf("step %d has %d of 700 rows, want a tenth", step, n)
		}
	}
	if e := f.reach(); e.low != 0 || e.high > 100 {
		t.Errorf("%+v", e)
	}
}

// TestOneScaleForCoRanking: panels of one grid count pairs by the same colours, unless each has its own.
func TestOneScaleForCoRanking(t *testing.T) {
	few, many := CoRanking(ranked(20), 5), CoRanking(ranked(300), 5)
	for limits, same := range map[Limits]bool{Comparable: true, Own: false} {
		g := Grid(Panels{Limits: limits}, few, many).fig.(*multiples)
		a, b := g.plots[0].(*surface).colors, g.plots[1].(*surface).colors
		if (*a == *b) != same || !a.log {
			t.Errorf("limits %d: %+v and %+v", limits, *a, *b)
		}
	}
	if *few.fig.(*surface).colors == *many.fig.(*surface).colors {
		t.Error("a grid changes its panels")
	}
}

// TestCrowdedGrid: where legend, colour bars and numbers leave panels no room, they are small, but there.
func TestCrowdedGrid(t *testing.T) {
	var panels []*Chart
	for range 9 {
		panels = append(panels, Scree(falling(12), Components{Chance: []Series{{Name: strings.Repeat("a long name ", 9), Y: []float64{1}}}}), CoRanking(ranked(40), 10), Biplot(model(9, 3), Columns{}, Points{}))
	}
	l, err := Grid(Panels{Columns: 6}, panels[:24]...).layout()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range l.Panels {
		if p.Frame.W < leastFrame || p.Frame.H < leastFrame {
			t.Errorf("panel %d is %+v", i, p.Frame)
		}
	}
}

// TestWilson: the interval of a share is Wilson's, of an error twice it, and of neither none.
func TestWilson(t *testing.T) {
	low, high := interval(measure.Score{Value: 0.8, PerRow: append(slices.Repeat([]float64{1}, 8), 0, 0, math.NaN())})
	if math.Abs(low-0.4902) > 1e-4 || math.Abs(high-0.9433) > 1e-4 {
		t.Errorf("8 of 10: %g to %g", low, high)
	}
	if low, high = interval(measure.Score{Value: 0.5, StdErr: 0.1}); low != 0.3 || high != 0.7 {
		t.Errorf("with an error: %g to %g", low, high)
	}
	if low, high = interval(measure.Score{Value: 0.5, PerRow: []float64{0.2, 0.8}}); low != high {
		t.Errorf("of numbers: %g to %g", low, high)
	}
}

// TestRowsWithoutANumber: what is NaN is not drawn and counted in words; what lies far out keeps its number as text.
func TestRowsWithoutANumber(t *testing.T) {
	values := make([]float64, 300)
	for i := range values {
		values[i] = float64(i)
	}
	values[7], values[8] = math.NaN(), 1e6
	s := LocalDimension(noiseMatrix(300, 2), measure.Dimension{Method: "MLE", Local: values}).fig.(*scatter)
	if !strings.Contains(s.caption(), "1 rows without a number") || !strings.Contains(s.caption(), "1st to 99th") {
		t.Errorf("caption %q", s.caption())
	}
	if s.colors.high > 299 || s.p.Text[7] != "beyond the colours: 1e+06" || s.p.Text[100] != "" {
		t.Errorf("colours to %g, %q", s.colors.high, s.p.Text[7])
	}
	if values[8] != 1e6 {
		t.Error("the caller's numbers are changed")
	}
}

// TestSurfaceOfThePage: what the page is given has one number for each cell, within its budget.
func TestSurfaceOfThePage(t *testing.T) {
	testenv.Unraced(t)
	f := CoRanking(ranked(120), 10).fig.(*surface)
	for _, share := range []float64{1, 0.005} {
		data, err := f.data(unit, page{share: share})
		if err != nil {
			t.Fatal(err)
		}
		p := data.(*surfacePayload)
		if most := int(share*cellBytes*4/3) + 1; len(p.Cells) > most || (p.Columns < f.columns) != (share < 1) {
			t.Errorf("share %g: %d columns in %d bytes of %d", share, p.Columns, len(p.Cells), most)
		}
	}
}
