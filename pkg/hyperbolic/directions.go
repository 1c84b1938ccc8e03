package hyperbolic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// directions returns, for every number of edges at a node of the tree, as many directions
// spread over the sphere, and the least angle between any two of them.
func (t *tree) directions(ctx context.Context, d int) (codes map[int]*mat.Dense, angle float64, err error) {
	codes, angle = map[int]*mat.Dense{}, math.Pi
	for _, m := range t.degree {
		if codes[m] != nil {
			continue
		}
		c, least, err := spread(ctx, m, d)
		if err != nil {
			return nil, 0, err
		}
		codes[m], angle = c, min(angle, least)
	}
	return codes, angle, nil
}

// spread returns m unit vectors of d numbers that are far apart, and the least angle between
// two: even steps round the circle, the ends of axes where they are enough, and else vectors
// that have pushed each other apart.
func spread(ctx context.Context, m, d int) (*mat.Dense, float64, error) {
	x := mat.NewDense(m, d, nil)
	switch {
	case d == 2:
		for i := range m {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(m))
			x.SetRow(i, []float64{cos, sin})
		}
		return x, 2 * math.Pi / float64(max(m, 2)), nil
	case m <= 2*d:
		for i := range m {
			x.Set(i, i/2, float64(1-i%2*2))
		}
		if m <= 2 {
			return x, math.Pi, nil
		}
		return x, math.Pi / 2, nil
	}
	for i := range m {
		s := rng.New(0, "hyperbolic.directions", i)
		row := x.RawRowView(i)
		for c := range row {
			row[c] = s.Normal()
		}
		scale(row, row, 1/norm(row))
	}
	// As charges whose force falls with the power d of the distance, by steps that shorten.
	// Of very many, each is pushed by a number of others that follow it in turn.
	const rounds, most = 64, 512
	forces := mat.NewDense(m, d, nil)
	typical := math.Pow(float64(m), -1/float64(d-1)) // of the distance to the nearest
	for round := range rounds {
		err := par.Blocks(ctx, m, 16, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row, force := x.RawRowView(i), forces.RawRowView(i)
				clear(force)
				for k := 1; k <= min(m-1, most); k++ {
					j := (i + k + round*most) % m
					if m-1 <= most {
						j = (i + k) % m
					}
					if j == i {
						continue
					}
					other, square := x.RawRowView(j), 0.
					for c, v := range row {
						square += (v - other[c]) * (v - other[c])
					}
					push := math.Pow(typical*typical/max(square, 1e-6*typical*typical), float64(d+2)/2)
					for c, v := range row {
						force[c] += push * (v - other[c])
					}
				}
			}
		})
		if err != nil {
			return nil, 0, err
		}
		step := .5 * typical * float64(rounds-round) / rounds
		for i := range m {
			row, force := x.RawRowView(i), forces.RawRowView(i)
			away := 0.
			for c, v := range row {
				away += v * force[c]
			}
			for c, v := range row {
				force[c] -= away * v
			}
			length := norm(force)
			if length == 0 {
				continue
			}
			for c := range row {
				row[c] += min(step, step*length) * force[c] / length
			}
			scale(row, row, 1/norm(row))
		}
	}
	nearest := make([]float64, m)
	err := par.Blocks(ctx, m, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			nearest[i] = math.Inf(1)
			for j := range m {
				if j == i {
					continue
				}
				square := 0.
				for c, v := range x.RawRowView(i) {
					w := v - x.At(j, c)
					square += w * w
				}
				nearest[i] = min(nearest[i], square)
			}
		}
	})
	least := 4.
	for _, v := range nearest {
		least = min(least, v)
	}
	return x, 2 * math.Asin(min(1, math.Sqrt(least)/2)), err
}
