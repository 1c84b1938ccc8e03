package intrinsic

import "math"

// bowl is where a divergence of data from balls of whole dimensions is least.
type bowl struct {
	dimension int   // of the ball of least divergence
	center    int   // dimension of the middle of the balls around it
	beside    []int // the dimensions of these, less that: symmetric about zero
}

// findBowl finds the least divergence from start on: by steps of an eighth of it, which
// double until two have led up, because one may by the chance of the balls; then by
// thirds of what is left; then by a parabola through balls around the least.
func findBowl(start, most int, divergence func(d int) (float64, error)) (bowl, error) {
	var failed error
	known := map[int]float64{}
	at := func(d int) float64 {
		v, ok := known[d]
		if !ok && failed == nil {
			v, failed = divergence(d)
			known[d] = v
		}
		return v
	}
	start = min(max(start, 1), most)
	first := max(1, start/8)
	lo, best, hi := max(start-first, 1), start, start
	rises := 0
	for step, d := first, start; d < most && rises < 2 && failed == nil; step *= 2 {
		d = min(d+step, most)
		if at(d) < at(best) {
			lo, best, hi, rises = best, d, d, 0
			continue
		}
		if rises++; rises == 1 {
			hi = d
		}
	}
	for lo < best && best == start && failed == nil && at(lo) < at(best) {
		best, hi = lo, best
		start, lo = best, max(lo-first, 1)
	}
	for hi-lo > 2 && failed == nil {
		third := (hi - lo) / 3
		if at(lo+third) <= at(hi-third) {
			hi -= third
		} else {
			lo += third
		}
	}
	for d := lo; d <= hi; d++ {
		if at(d) < at(best) {
			best = d
		}
	}
	b := bowl{dimension: best}
	const moves = 4 // of the balls to where their parabola is least
	for c, move := best, 0; failed == nil; move++ {
		// A sixth either way, so that it is not the chance of the balls that bends the
		// parabola. Those beyond the bound tell whether it is least there.
		half := max(1, (c+3)/6)
		b.center, b.beside = max(c, 1+half), b.beside[:0]
		for i := -3; i <= 3; i++ {
			if d := int(math.Round(float64(i*half) / 3)); len(b.beside) == 0 || d > b.beside[len(b.beside)-1] {
				b.beside = append(b.beside, d)
			}
		}
		least := b.least(func(i int) float64 { return at(b.center + b.beside[i]) })
		if failed != nil {
			break
		}
		to := min(max(int(math.Round(least)), b.center-half, 1), b.center+half, most)
		if move == moves || to == c || to > b.center-half && to < b.center+half {
			break
		}
		c = to
	}
	return b, failed
}

// least returns where the parabola of least squares through the divergences of
// the balls is least, and the whole dimension where it opens downwards.
func (b bowl) least(divergence func(i int) float64) float64 {
	var sum, squares, fourths, first, second float64
	for i, beside := range b.beside {
		t, v := float64(beside), divergence(i)
		sum += v
		squares += t * t
		fourths += t * t * t * t
		first += t * v
		second += t * t * v
	}
	count := float64(len(b.beside))
	bend := (count*second - squares*sum) / (count*fourths - squares*squares)
	if !(bend > 0) {
		return float64(b.dimension)
	}
	return float64(b.center) - first/squares/(2*bend)
}

// reaches reports whether d is among the dimensions of the balls.
func (b bowl) reaches(d float64) bool {
	last := float64(b.beside[len(b.beside)-1])
	return math.Abs(d-float64(b.center)) <= last
}

// answer returns the dimension and its error, up to most, where the parabola is least at
// between; asked is the bound that was given, if any. It notes where there is no error.
func (b bowl) answer(between, stdErr float64, asked, most int, integer bool, note func(form string, args ...any)) (value, told float64, minimum string) {
	switch beyond := between >= float64(most); {
	case beyond && asked != 0:
		stdErr = math.NaN()
		note("the divergence is least at the bound MaxDimension = %d: the dimension may be higher, or the data a hypersurface", most)
	case stdErr == 0 || !b.reaches(between) && !(beyond && b.reaches(float64(most))):
		stdErr = math.NaN()
		note("the divergences of balls have no minimum to speak of, and the dimension no error: take more rows or Draws")
	case beyond:
		note("the divergence is least at %.4g, beyond the number of columns, which is the dimension: the error is of the former", between)
	}
	if integer {
		return float64(b.dimension), stdErr, "whole dimension of least divergence"
	}
	return min(max(between, 1), float64(most)), stdErr, "minimum of a parabola"
}
