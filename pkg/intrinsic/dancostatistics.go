package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// statistics are what DANCo compares.
type statistics struct {
	likeliest     float64 // dimension, given the ratios of distances
	direction     float64 // mean ν over rows
	concentration float64 // mean τ over rows
}

// concentration holds the statistics and what every row has to do with them.
type concentration struct {
	statistics
	directions, concentrations []float64
	score                      []float64 // what every row adds to the likeliest dimension, times n
	tied                       int       // rows whose ratio is 1
}

// concentrate measures angles and norms around every row: angles between the
// first k neighbours, and the ratio of the first to the last of k+1.
func (s *distinct) concentrate(ctx context.Context, method string, x mat.Matrix, k int) (concentration, error) {
	c := concentration{directions: make([]float64, s.n), concentrations: make([]float64, s.n), score: make([]float64, s.n)}
	err := s.eachPatch(ctx, method, "angles and norms", x, k, func(p *patch, i int) {
		p.fromRow(ctx, i)
		c.directions[i], c.concentrations[i] = vonMises(p.gram, k)
	})
	if err != nil {
		return c, err
	}
	l := ratioLikelihood{near: 1, far: float64(k + 1)}
	ratios := s.ratios(1, k+1)
	for i, y := range ratios {
		c.direction += c.directions[i] / float64(s.n)
		c.concentration += c.concentrations[i] / float64(s.n)
		if y > 0 {
			l.y = append(l.y, y)
			l.sum += y
		} else {
			c.tied++
		}
	}
	rows := float64(len(l.y))
	if rows == 0 {
		return c, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the %d nearest neighbours of every distinct row are all equally far, as on a lattice, which no dimension explains: take more Neighbors", k+1)}
	}
	c.likeliest = l.most(rows)
	_, slope := l.score(c.likeliest, rows)
	for i, y := range ratios {
		if y > 0 {
			c.score[i] = l.of(y, c.likeliest) * rows / -slope
		}
	}
	return c, ctx.Err()
}

// vonMises returns the mean direction of the angles between k vectors, given
// their products, and their concentration by the approximation of Best and
// Fisher (1981, The bias of the maximum likelihood estimators of the von
// Mises-Fisher concentration parameters). Vectors so short beside the longest that
// float64 has no product of them have no angle, and are left out.
func vonMises(gram []float64, k int) (direction, concentration float64) {
	// Angles that are all equal have no finite concentration: rows at the end of
	// a curve do not outweigh all others with this one, which is 100.
	const most = .995
	var sines, cosines, pairs float64
	for j := range k {
		for l := range j {
			lengths := math.Sqrt(gram[j*k+j] * gram[l*k+l])
			if lengths == 0 {
				continue
			}
			pairs++
			c := min(max(gram[j*k+l]/lengths, -1), 1)
			cosines += c
			sines += math.Sqrt(1 - c*c)
		}
	}
	r := min(math.Hypot(sines, cosines)/max(pairs, 1), most)
	direction = math.Atan2(sines, cosines)
	switch {
	case r < .53:
		return direction, 2*r + r*r*r + 5*math.Pow(r, 5)/6
	case r < .85:
		return direction, -.4 + 1.39*r + .43/(1-r)
	}
	return direction, 1 / (r*r*r - 4*r*r + 3*r)
}
