package screen

import (
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// frame is where rows are compared: less a centre, and times a power of two that
// makes their values at most 1. Rounding to float32 costs rows near the centre
// little.
type frame struct {
	center []float64
	scale  float64
}

// fitting returns the frame about a centre for rows within radius of it.
func fitting(center []float64, radius float64) frame {
	f := frame{center, 1}
	if radius > 0 {
		_, exp := math.Frexp(radius)
		f.scale = math.Ldexp(1, min(max(-exp, -500), 500))
	}
	return f
}

// panel is a block of rows in a frame.
type panel struct {
	rows  []int32
	data  []float32
	norms []float32 // squared lengths, less what rounding may add to a squared distance
	slack []float64 // how far each row may have been moved
	most  float64   // the largest of these
}

// lowered returns a squared length less its share in the rounding error of
// Below32 on the products of rows of d columns.
func lowered(norm float64, d int) float32 {
	loss := kernel.DotError32(d) + 5*0x1p-24
	if !(loss < 0.5) {
		return -math.MaxFloat32 / 8 // nothing is known of products this long
	}
	return math.Nextafter32(float32(norm*(1-1.01*loss)), -1)
}

// underflow is what Below32 may be off for products too small for float32.
func underflow(d int) float64 { return float64(2*d+8) * 0x1p-149 }

// fill brings rows of r, in units of unit, into a frame.
func (p *panel) fill(r *Rows, rows []int32, f frame, buf []float64) {
	d := r.d
	p.rows = rows
	p.data = sized(p.data, len(rows)*d)
	p.norms = sized(p.norms, len(rows))
	p.slack = sized(p.slack, len(rows))
	p.most = 0
	for k, i := range rows {
		dst := p.data[k*d : (k+1)*d]
		if r.x32 != nil {
			x := r.x32[int(i)*d:][:len(dst)]
			for j, c := range f.center[:len(dst)] {
				dst[j] = float32((float64(x[j]) - c) * f.scale)
			}
		} else {
			x := r.row(buf, int(i))[:len(dst)]
			for j, c := range f.center[:len(dst)] {
				dst[j] = float32((x[j] - c) * f.scale)
			}
		}
		norm := kernel.DotMixed(dst, dst)
		p.norms[k] = lowered(norm, d)
		p.slack[k] = moved(norm, d)
		p.most = max(p.most, p.slack[k])
	}
}

// moved returns how far rounding may have moved a row of squared length norm, about
// half a unit in the last place of every value.
func moved(norm float64, d int) float64 {
	// Half a unit in the last place of float32 and of the float64
	// subtraction, and the smallest float32 for values that underflow.
	return 1.01 * ((0x1p-24+0x1p-53)*math.Sqrt(norm) + 0x1p-149*math.Sqrt(float64(d)))
}

// sized returns s with n values, of any content.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
