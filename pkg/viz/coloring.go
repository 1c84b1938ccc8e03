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
			return nil, fmt.Errorf("Colors[%d]: %w", i, err)
		}
		if err := other.scale(q.Values); err != nil {
			return nil, fmt.Errorf("Colors[%d]: %w", i, err)
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
	Bar    *bar    `json:"bar"`
}

// recolorings returns the chart in each of its colorings; nil without a choice.
func (c *Chart) recolorings() ([]recoloring, error) {
	s, ok := c.fig.(*scatter)
	if !ok || s.choices == nil {
		return nil, nil
	}
	var all []recoloring
	for _, other := range s.choices {
		d := *c
		d.fig = other
		l, err := d.layout()
		if err != nil {
			return nil, err
		}
		all = append(all, recoloring{l.decor, l.Legend, l.Panels[0].Bar})
	}
	return all, nil
}
