package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// dissimilarities are those between all rows of x: their Euclidean distances, or what
// a mat32.Distances holds.
type dissimilarities struct {
	method string
	n      int
	pairs  []float64 // condensed, in units of unit
	unit   float64   // a power of two: 1 unless squares would leave the range of float64
	most   float64   // the largest, in that unit
}

// scalable checks the shape of x and of the options that all methods of scaling have.
func scalable(method string, n, d int, components *int, limit int64) error {
	if n < 2 {
		return &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"}
	}
	if *components == 0 {
		*components = min(2, n-1)
	}
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return checkRange(method, "Components", *components, 1, n-1, "n−1")
}

// pairsMemory is what dissimilarities of x take, in bytes.
func pairsMemory(x mat.Matrix) int64 {
	if _, ok := x.(*mat32.Distances); ok {
		return 0
	}
	n, _ := x.Dims()
	return 4*int64(n)*int64(n) + screen.Bytes(x)
}

// dissimilaritiesOf measures the rows of x, which are finite and at least two. It is an
// error if all are equal.
func dissimilaritiesOf(ctx context.Context, method string, x mat.Matrix) (*dissimilarities, error) {
	n, _ := x.Dims()
	d := &dissimilarities{method: method, n: n, unit: 1}
	if given, ok := x.(*mat32.Distances); ok {
		d.pairs = given.Condensed()
	} else {
		rows, err := screen.New(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		if !rows.Fit() {
			return nil, &mat32.DegenerateError{Method: method, Reason: "distances exceed the largest float64: rescale the data"}
		}
		d.pairs, err = mds.Condense(ctx, n, func(i int, after []float64) {
			for j := range after {
				after[j] = rows.Exact(i, i+1+j)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	d.most = slices.Max(d.pairs)
	if d.most == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there are no distances to keep"}
	}
	if d.most > 1e100 || d.most < 1e-100 {
		_, exponent := math.Frexp(d.most)
		d.unit = math.Ldexp(1, max(exponent, -1000))
		pairs := make([]float64, len(d.pairs))
		for i, v := range d.pairs {
			pairs[i] = v / d.unit
		}
		d.pairs, d.most = pairs, d.most/d.unit
	}
	return d, nil
}

// place returns the start in n × k, in the unit of d; nil stands for the classical
// layout.
func (d *dissimilarities) place(s Start, k int, seed uint64) *mat.Dense {
	switch s := s.(type) {
	case given:
		y := mat.DenseCopyOf(s.Y)
		y.Apply(func(_, _ int, v float64) float64 { return v / d.unit }, y)
		return y
	case startBy:
		if s == FromRandom {
			square := 0.
			for _, v := range d.pairs {
				square += v * v / float64(len(d.pairs))
			}
			y := mat.NewDense(d.n, k, nil)
			for i := range d.n {
				r := rng.New(seed, "mds/start", i)
				for c := range k {
					y.Set(i, c, r.Normal()*math.Sqrt(square/float64(2*k))) // as far apart as the rows
				}
			}
			return y
		}
	}
	return nil
}

// scaled brings points of d to the units of the data.
func (d *dissimilarities) scaled(points *mat.Dense) error {
	if d.unit != 1 {
		points.Scale(d.unit, points)
	}
	return checkFits(d.method, points)
}

// failed names the method, and tells what numbers were too large.
func (d *dissimilarities) failed(err error) error {
	switch {
	case errors.Is(err, mds.ErrNotFinite):
		return &mat32.DegenerateError{Method: d.method, Reason: "the map or its start exceed the largest float64: rescale the data"}
	case errors.Is(err, mds.ErrUnconnected):
		return &mat32.DegenerateError{Method: d.method, Reason: "the weights leave some rows without a way to the others: where these lie is open"}
	}
	return failed(d.method, err)
}
