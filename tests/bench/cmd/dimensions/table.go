package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// table is a comparison of all estimators on all manifolds.
type table struct {
	title   string
	columns []column
	rows    []row

	// scatter is the relative one of theirs, of which they gave none.
	scatter float64
}

// row is a manifold.
type row struct {
	manifold datasets.BenchmarkManifold
	theirs   map[string]values
	ours     map[string]values
}

// values are an estimate on several samples, without those that have none.
type values struct {
	mean, deviation float64 // the latter of one sample
	samples         int
}

func valuesOf(all []float64) values {
	mean, deviation := stat.MeanStdDev(all, nil)
	if len(all) == 1 {
		deviation = 0
	}
	return values{mean, deviation, len(all)}
}

func (t *table) measure(ctx context.Context, seeds int) error {
	for i := range t.rows {
		r := &t.rows[i]
		found := map[string][]float64{}
		for seed := range seeds {
			r.manifold.Seed = uint64(seed)
			set, err := r.manifold.Generate()
			if err != nil {
				return err
			}
			g, err := neighbors.Exact{Neighbors: mostNeighbors}.Graph(ctx, set.X)
			if err != nil {
				return err
			}
			for _, c := range t.columns {
				d, err := c.of(g).Estimate(ctx, set.X)
				var degenerate *mat32.DegenerateError
				if err != nil && !errors.As(err, &degenerate) { // of which the cell stays empty
					return fmt.Errorf("%s on %s: %w", c.name, r.manifold.Name, err)
				}
				if err == nil {
					found[c.name] = append(found[c.name], d.Value)
				}
			}
		}
		r.ours = map[string]values{}
		for name, all := range found {
			r.ours[name] = valuesOf(all)
		}
	}
	return nil
}

// allowed is how far apart two means may be: four standard errors, each side's
// scatter being the larger that was seen, and a hundredth, which scatter of three
// samples may hide.
func (t *table) allowed(c column, ours, theirs values) float64 {
	deviation := max(ours.deviation, theirs.deviation, t.scatter*theirs.mean)
	allowed := 4*deviation*math.Sqrt(1/float64(ours.samples)+1/float64(theirs.samples)) + .01*theirs.mean
	if c.slack != nil {
		allowed += c.slack(theirs)
	}
	return allowed
}

// departs says whether both sides have an estimate, and they are unlike.
func (t *table) departs(c column, r row) bool {
	ours, theirs := r.ours[c.name], r.theirs[c.name]
	return ours.samples > 0 && theirs.samples > 0 && !(math.Abs(ours.mean-theirs.mean) <= t.allowed(c, ours, theirs))
}

func (t *table) departures() []error {
	var all []error
	for _, r := range t.rows {
		for _, c := range t.columns {
			if ours, theirs := r.ours[c.name], r.theirs[c.name]; t.departs(c, r) {
				all = append(all, fmt.Errorf("%s: %s on %s of dimension %d: %.3f, where they have %.3f, and %.3f is allowed",
					t.title, c.name, r.manifold.Name, r.manifold.Dim, ours.mean, theirs.mean, t.allowed(c, ours, theirs)))
			}
		}
	}
	return all
}

// String returns the means, ours before theirs, and below them how far ours is
// from the truth.
func (t *table) String() string {
	var b strings.Builder
	line := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	head := []string{"manifold", "dimension"}
	for _, c := range t.columns {
		head = append(head, c.name)
	}
	fmt.Fprintf(&b, "%s: means over samples, ours / theirs; ! where they are unlike\n\n", t.title)
	line(head...)
	b.WriteString("| --- |" + strings.Repeat(" ---: |", len(head)-1) + "\n")
	for _, r := range t.rows {
		cells := []string{r.manifold.Name, fmt.Sprint(r.manifold.Dim)}
		for _, c := range t.columns {
			cell := number(r.ours[c.name]) + " / " + number(r.theirs[c.name])
			if t.departs(c, r) {
				cell += " !"
			}
			cells = append(cells, cell)
		}
		line(cells...)
	}
	b.WriteString("\nOurs ÷ the true dimension, the median manifold and the worst:\n\n")
	line(append([]string{"dimension", "manifolds"}, head[2:]...)...)
	b.WriteString("| --- |" + strings.Repeat(" ---: |", len(head)-1) + "\n")
	for _, span := range [][2]int{{1, 3}, {4, 12}, {13, 30}, {31, 70}} {
		cells := []string{fmt.Sprintf("%d to %d", span[0], span[1]), ""}
		for _, c := range t.columns {
			var ratios []float64
			for _, r := range t.rows {
				if d := r.manifold.Dim; d >= span[0] && d <= span[1] && r.ours[c.name].samples > 0 {
					ratios = append(ratios, r.ours[c.name].mean/float64(d))
				}
			}
			cells[1] = fmt.Sprint(len(ratios))
			if len(ratios) == 0 {
				cells = append(cells, "–")
				continue
			}
			slices.Sort(ratios)
			off := make([]float64, len(ratios))
			for i, v := range ratios {
				off[i] = math.Abs(math.Log(v))
			}
			cells = append(cells, fmt.Sprintf("%.2f, %.2f", stat.Quantile(.5, stat.LinInterp, ratios, nil), ratios[floats.MaxIdx(off)]))
		}
		line(cells...)
	}
	return b.String()
}

func number(v values) string {
	if v.samples == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", v.mean)
}
