package viz

import "fmt"

// A Coloring is something else that the points of a [Scatter] may be coloured by: values or classes, not both.
type Coloring struct {
	// Name is what the reader chooses the coloring by, and what stands over its legend or colour bar.
	Name string
	// Values colour the rows as those of [Points] do.
	Values []float64
	// Labels and Names colour the rows by class as those of [Points] do.
	Labels []int
	Names  []string
}

// MaxColorings is how many colorings [Points] may have beside their own.
const MaxColorings = 12

// recolored returns the maps of s by what else its points may be coloured by, behind s itself; nil without any.
func (s *scatter) recolored(p Points) ([]*scatter, error) {
	if len(p.Colors) == 0 {
		return nil, nil
	}
	if len(p.Colors) > MaxColorings {
		return nil, pointsParam("len(Colors)", len(p.Colors), fmt.Sprintf("at most %d", MaxColorings))
	}
	for i, c := range p.Colors {
		switch name := fmt.Sprintf("Colors[%d]", i); {
		case c.Name == "":
			return nil, pointsParam(name+".Name", `""`, "a name to choose it by")
		case (len(c.Values) == 0) == (len(c.Labels) == 0):
			return nil, pointsParam(name, c.Name, "either Values or Labels")
		}
	}
	own := p.ValueName
	switch {
	case own != "":
	case len(p.Values) > 0:
		own = "value"
	case len(p.Labels) > 0:
		own = "class"
	default:
		own = "none"
	}
	s.coloring = own
	all := []*scatter{s}
	for i, c := range p.Colors {
		q := Points{Labels: c.Labels, Names: c.Names, Values: c.Values, ValueName: c.Name, Text: p.Text, Images: p.Images, Size: p.Size}
		other := &scatter{x: s.x, y: s.y, limits: s.limits, rows: s.rows, source: s.source, p: q, size: s.size, coloring: c.Name}
		for _, slice := range []struct {
			what string
			len  int
		}{{"Labels", len(c.Labels)}, {"Values", len(c.Values)}} {
			if err := oneEach(fmt.Sprintf("Colors[%d].%s", i, slice.what), slice.len, len(s.x)); err != nil {
				return nil, err
			}
		}
		if err := other.classify(q); err != nil {
			return nil, fmt.Errorf("coloring %d: %w", i, err)
		}
		if err := other.scale(q.Values); err != nil {
			return nil, fmt.Errorf("coloring %d: %w", i, err)
		}
		all = append(all, other)
	}
	for _, other := range all[1:] {
		other.choices = all
	}
	return all, nil
}

// A recoloring is what changes of a chart when the reader chooses another coloring.
type recoloring struct {
	decor
	Legend *legend `json:"legend"`
	Bars   []*bar  `json:"bars"` // of each panel
}

// recolorings returns the chart in each of its colorings; nil without a choice.
func (c *Chart) recolorings() ([]recoloring, error) {
	var figures []figure
	switch f := c.fig.(type) {
	case *scatter:
		for _, other := range f.choices {
			figures = append(figures, other)
		}
	case *multiples:
		for _, other := range f.views {
			figures = append(figures, other)
		}
	}
	var all []recoloring
	for _, f := range figures {
		d := *c
		d.fig = f
		l, err := d.layout()
		if err != nil {
			return nil, err
		}
		one := recoloring{decor: l.decor, Legend: l.Legend}
		for _, p := range l.Panels {
			one.Bars = append(one.Bars, p.Bar)
		}
		all = append(all, one)
	}
	return all, nil
}

// recolor makes the grid in each of its colorings, where all its figures are maps whose colorings have the same names, and their colours are
// common: one list then chooses for all panels.
func (g *multiples) recolor(figures []figure) error {
	maps := make([]*scatter, len(figures))
	for i, f := range figures {
		s, ok := f.(*scatter)
		if !ok || len(s.choices) == 0 || i > 0 && len(s.choices) != len(maps[0].choices) {
			return nil
		}
		for k, other := range s.choices {
			if i > 0 && other.coloring != maps[0].choices[k].coloring {
				return nil
			}
		}
		maps[i] = s
	}
	choices := make([][]*scatter, len(figures)) // of each panel
	var views []*multiples
	for k, name := range maps[0].choices {
		view := g
		if k > 0 {
			view = &multiples{p: g.p, charts: g.charts}
			others := make([]figure, len(figures))
			for i, s := range maps {
				others[i] = s.choices[k]
			}
			if err := view.share(others); err != nil {
				return err
			}
			for _, f := range others {
				view.plots = append(view.plots, f.(plot))
			}
		}
		if g.p.Limits == Own || !view.oneScale(asFigures(view.plots)) {
			return nil
		}
		view.coloring = name.coloring
		views = append(views, view)
		for i, p := range view.plots {
			choices[i] = append(choices[i], p.(*scatter))
		}
	}
	for _, view := range views {
		view.views = views
		for i, p := range view.plots {
			p.(*scatter).choices = choices[i]
		}
	}
	return nil
}

func asFigures(plots []plot) []figure {
	figures := make([]figure, len(plots))
	for i, p := range plots {
		figures[i] = p.(figure)
	}
	return figures
}
