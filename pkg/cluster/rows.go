package cluster

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// checked returns the shape of x, which is finite and has at least least rows.
func checked(ctx context.Context, method string, x mat.Matrix, least int) (n, d int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	n, d = x.Dims()
	if n < least {
		return n, d, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows", least)})
	}
	return n, d, nil
}

// some fills in a number that is 0 and refuses one out of its range.
func some(method, param string, value *int, standard, least, most int, why string) error {
	if *value == 0 {
		*value = standard
	}
	if *value < least || *value > most {
		return &mat32.ParamError{Method: method, Param: param, Value: *value, Want: fmt.Sprintf("%d ≤ %s ≤ %s, or 0 for %d", least, param, why, standard)}
	}
	return nil
}

// limited refuses a limit of memory below 0.
func limited(method string, limit int64) error {
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return nil
}

// most is up to how often anything is repeated: more is no use.
const most = 1 << 20

// scaled holds rows less their mean, in a unit that is a power of two, so that all values lie
// within ±2 and an offset costs no digits.
type scaled struct {
	n, d     int
	rows     []float64 // n × d
	mean     []float64 // in units
	exponent int       // of the unit
}

func (s *scaled) row(i int) []float64 { return s.rows[i*s.d : (i+1)*s.d] }

// in writes a row of the data to dst as the rows are kept.
func (s *scaled) in(dst, row []float64) {
	for j, v := range row {
		dst[j] = math.Ldexp(v, -s.exponent) - s.mean[j]
	}
}

// out writes a row as it is kept to dst as the data have it.
func (s *scaled) out(dst, row []float64) {
	for j, v := range row {
		dst[j] = math.Ldexp(v+s.mean[j], s.exponent)
	}
}

// newScaled copies x.
func newScaled(ctx context.Context, x mat.Matrix) (*scaled, error) {
	n, d := x.Dims()
	s := &scaled{n: n, d: d, rows: make([]float64, n*d), mean: make([]float64, d)}
	most := 0.
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := s.row(i)
		copy(row, mat32.Row(row, i, x))
		for _, v := range row {
			most = max(most, math.Abs(v))
		}
	}
	_, s.exponent = math.Frexp(most)
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := s.row(i)
		for j, v := range row {
			row[j] = math.Ldexp(v, -s.exponent)
			s.mean[j] += row[j]
		}
	}
	for j := range s.mean {
		s.mean[j] /= float64(n)
	}
	for i := range n {
		row := s.row(i)
		for j := range row {
			row[j] -= s.mean[j]
		}
	}
	return s, nil
}

// numbered numbers labels anew, from 0 by their first rows, but leaves −1, and returns the
// sizes of the clusters and the old number of each.
func numbered(labels []int) (sizes, old []int) {
	number := map[int]int{}
	for i, l := range labels {
		if l < 0 {
			continue
		}
		k, ok := number[l]
		if !ok {
			k = len(number)
			number[l] = k
			sizes, old = append(sizes, 0), append(old, l)
		}
		labels[i] = k
		sizes[k]++
	}
	return sizes, old
}
