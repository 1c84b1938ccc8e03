package viz

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Network3D draws a graph in three dimensions: the rows of y, which has three columns, as points in a box, and its edges as lines between
// them: the mesh of a surface, or the neighbours that a method works with. What is far away is paler, and interrupted where it passes behind
// something.
//
//	viz.Network3D(d.X, viz.Links{Edges: edges, Nodes: viz.Points{Labels: d.Labels}})
//
// It is turned as [Scatter3D], and its edges are coloured and named as those of [Network]; links have no Disk. Of more than some thousand edges
// the saved chart holds a part, and says so; the picture shows all.
//
// What is wrong with the arguments is the chart's error: those of [Network], for three columns, and a [*mat32.ParamError] for a Disk. It
// costs O((n + edges)·log).
func Network3D(y mat.Matrix, l Links) *Chart {
	s, err := newNetwork3D(y, l)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Network3D: %w", err)}
	}
	return &Chart{fig: s}
}

func newNetwork3D(y mat.Matrix, l Links) (*space, error) {
	if l.Disk {
		return nil, param("Links", "Disk", true, "false: Poincaré's disk is a plane; see viz.Network")
	}
	s, err := newSpace("network3d", y, l.Nodes, 3, "3 columns: choose three with Slice, or see viz.Network for two")
	if err != nil {
		return nil, err
	}
	if err := l.check(len(s.x)); err != nil {
		return nil, err
	}
	s.links, s.width = l, l.width()
	if len(l.Values) > 0 {
		e := nothing()
		e.add(l.Values...)
		s.tones = &scale{name: l.ValueName, low: e.low, high: e.high, inked: true}
		if err := s.tones.paint("Links", l.Palette, l.Middle); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *space) linksInWords() string {
	said := fmt.Sprintf("Network in 3-D of %d edges", len(s.links.Edges))
	if s.tones != nil {
		name := s.tones.name
		if name == "" {
			name = "value"
		}
		e := nothing()
		e.add(s.links.Values...)
		said += fmt.Sprintf(" by %s, %s to %s", name, tick(e.low), tick(e.high))
	}
	return said + "; " + strings.TrimPrefix(s.scatter.summary(), "Scatter of ")
}
