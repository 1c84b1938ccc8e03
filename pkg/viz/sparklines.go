package viz

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Sparklines gives each row of x a thumbnail of its values as a small line, from the first column to the last, all rows on one scale: for
// [Points] whose rows are time series, spectra or profiles.
//
//	viz.Scatter(emb, viz.Points{Images: viz.Sparklines(x)})
//
// A row that has fewer than two values, or one that is not finite, has none. A picture costs O(columns).
func Sparklines(x mat.Matrix) Imager {
	if filled(x) != nil {
		return sparklines{}
	}
	s := sparklines{x: x, limits: nothing()}
	n, d := x.Dims()
	for i := range n {
		for j := range d {
			s.limits.add(x.At(i, j))
		}
	}
	return s
}

type sparklines struct {
	x      mat.Matrix
	limits extent
}

// The picture of a row, in pixels.
const (
	sparkWidth  = 72
	sparkHeight = 28
)

// Image draws the line dark on white, each column of pixels from the lowest to the highest that the line has in it.
func (s sparklines) Image(i int) image.Image {
	if s.x == nil {
		return nil
	}
	n, d := s.x.Dims()
	if i < 0 || i >= n || d < 2 {
		return nil
	}
	m := image.NewGray(image.Rect(0, 0, sparkWidth, sparkHeight))
	for k := range m.Pix {
		m.Pix[k] = 0xFF
	}
	sc := scale{low: s.limits.low, high: s.limits.high}
	at := func(p float64) float64 { // the height of the line at a share of its length
		p *= float64(d - 1)
		j := min(d-2, int(p))
		t := p - float64(j)
		return (sparkHeight-3)*(1-(1-t)*sc.share(s.x.At(i, j))-t*sc.share(s.x.At(i, j+1))) + 1
	}
	inner := d/sparkWidth + 2 // places looked at in a column
	for c := range sparkWidth {
		low, high := math.Inf(1), math.Inf(-1)
		for k := range inner + 1 {
			v := at((float64(c) + float64(k)/float64(inner)) / sparkWidth)
			low, high = math.Min(low, v), math.Max(high, v)
		}
		for y := int(low); y <= int(high+0.999) && y < sparkHeight; y++ {
			// A pixel is as dark as the line covers it, which is one and a half pixels thick.
			cover := math.Min(1, math.Max(0, math.Min(float64(y)+1, high+0.75)-math.Max(float64(y), low-0.75)))
			m.SetGray(c, y, color.Gray{uint8(255 - 200*cover)})
		}
	}
	return m
}
