package datasets

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	// standardRows is the sample that Tenenbaum, de Silva and Langford (2000)
	// show, and a size at which every method of Flatland answers within seconds.
	standardRows = 1000

	mostRows = math.MaxInt32
	mostDims = 1 << 20

	// Lengths within [smallest, largest] keep squared distances inside the range
	// of float32, in which the fast kernels work.
	smallest = 1e-15
	largest  = 1e15
)

// options fills in and checks the options of one generator and keeps the first
// complaint.
type options struct {
	generator string
	err       error
}

func check[T int | float64](o *options, name string, value *T, standard, lo, hi T) {
	if *value == 0 {
		*value = standard
		return
	}
	if *value >= lo && *value <= hi { // never true for NaN
		return
	}
	o.refuse(name, *value, fmt.Sprintf("%v ≤ %s ≤ %v, or 0 for %v", lo, name, hi, standard))
}

func (o *options) refuse(name string, value any, want string) {
	if o.err == nil {
		o.err = &mat32.ParamError{Method: o.generator, Param: name, Value: value, Want: want}
	}
}

// checkMemory refuses a sample that would not fit, given its float64 values per
// row. Rows and values are at most 2³¹ and 2²³, so that the forecast fits int64.
func checkMemory(generator string, rows, values int) error {
	return mat32.CheckMemory(generator, 8*int64(rows)*int64(values), 0, "ask for fewer Rows or dimensions")
}

// eachRow calls f for every row with the row's own random numbers, on all
// cores.
func eachRow(n int, seed uint64, purpose string, f func(i int, s *rng.Stream)) {
	const block = 256
	// The one error of Blocks is that of its context, which is never cancelled.
	_ = par.Blocks(context.Background(), n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s := rng.New(seed, purpose, i)
			f(i, &s)
		}
	})
}

// noisy returns a copy of clean with normal noise of standard deviation sigma on
// every value. Noise has a stream of its own: it moves the rows and does not
// draw others.
func noisy(clean *mat.Dense, sigma float64, seed uint64, purpose string) *mat.Dense {
	x := mat.DenseCopyOf(clean)
	if sigma == 0 {
		return x
	}
	n, _ := x.Dims()
	eachRow(n, seed, purpose, func(i int, s *rng.Stream) {
		row := x.RawRowView(i)
		for j := range row {
			row[j] += sigma * s.Normal()
		}
	})
	return x
}
