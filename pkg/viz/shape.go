package viz

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// A shape is the outline of a marker.
type shape string

// shapes are in the order in which classes get them. All have about the same area, so that none looks more important.
var shapes = [...]shape{"circle", "rect", "triangle", "diamond", "cross", "down"}

// outlines holds the corners of each shape within a circle of radius 1; the circle has none. y points down, as on a page.
var outlines = map[shape][][2]float64{
	"rect":     {{-0.87, -0.87}, {0.87, -0.87}, {0.87, 0.87}, {-0.87, 0.87}},
	"triangle": {{0, -1.25}, {1.16, 0.8}, {-1.16, 0.8}},
	"diamond":  {{0, -1.25}, {1.1, 0}, {0, 1.25}, {-1.1, 0}},
	"cross": {
		{-0.4, -1.1}, {0.4, -1.1}, {0.4, -0.4}, {1.1, -0.4}, {1.1, 0.4}, {0.4, 0.4}, {0.4, 1.1}, {-0.4, 1.1}, {-0.4, 0.4}, {-1.1, 0.4},
		{-1.1, -0.4}, {-0.4, -0.4},
	},
	"down": {{0, 1.25}, {-1.16, -0.8}, {1.16, -0.8}},
	onward: {{1.25, 0}, {-0.8, 1.16}, {-0.8, -1.16}},
}

// onward is the head of an arrow to the right, which no class gets.
const onward shape = "onward"

// outline returns the path around a marker.
func (s *sheet) outline(sh shape, x, y, radius length) vg.Path {
	corners, ok := outlines[sh]
	if !ok {
		var p vg.Path
		center := s.at(x, y)
		p.Move(center.Add(vg.Point{X: pt(radius)}))
		p.Arc(center, pt(radius), 0, 2*math.Pi)
		p.Close()
		return p
	}
	points := make([]vg.Point, len(corners))
	for i, c := range corners {
		points[i] = s.at(x+radius*c[0], y+radius*c[1])
	}
	return closed(points...)
}

// symbol returns the shape as ECharts takes it: by name or as a path.
func (s shape) symbol() string {
	corners, ok := outlines[s]
	if !ok {
		return string(s)
	}
	p := []byte("path://")
	for i, c := range corners {
		p = append(p, "ML"[min(i, 1)])
		p = strconv.AppendFloat(p, 100*c[0], 'f', 0, 64)
		p = append(p, ',')
		p = strconv.AppendFloat(p, 100*c[1], 'f', 0, 64)
	}
	return string(append(p, 'Z'))
}
