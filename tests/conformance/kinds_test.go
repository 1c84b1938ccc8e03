package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// distances says what a variant makes of a mat32.Distances.
type distances int

const (
	refused   distances = iota // by name: it needs rows
	taken                      // but it begins elsewhere than with the rows
	asForRows                  // and the answer is that for the rows
)

// sparseIsTheSame: a sparse matrix gives the bits of the dense one that holds
// the same values.
func sparseIsTheSame(e entry) []error {
	dense := mat32.Convert(random(90, e.columns, 0))
	var stored []mat32.Triplet
	for i := range 90 {
		for j := range e.columns {
			if (i+j)%3 == 0 {
				dense.Set(i, j, 0)
			} else {
				stored = append(stored, mat32.Triplet{Row: i, Col: j, Value: dense.Row(i)[j]})
			}
		}
	}
	sparse, err := mat32.FromTriplets(90, e.columns, stored)
	if err != nil {
		return []error{err}
	}
	want, errD := e.run(context.Background(), dense)
	got, errS := e.run(context.Background(), sparse)
	if err := errors.Join(errD, errS); err != nil {
		return []error{fmt.Errorf("sparse rows: %w", err)}
	}
	a, _ := numbersOf(want)
	b, _ := numbersOf(got)
	if !sameBits(a, b) {
		return []error{errors.New("sparse rows give other bits than the same rows in full")}
	}
	return nil
}

// distancesAreTakenOrRefused: who needs columns says so, and where distances
// are enough they give what the rows give.
func distancesAreTakenOrRefused(e entry) []error {
	x := e.usual()
	var pairs []float64
	for i := range 90 {
		for j := i + 1; j < 90; j++ {
			sum := 0.
			for c := range e.columns {
				sum += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
			}
			pairs = append(pairs, math.Sqrt(sum))
		}
	}
	d, err := mat32.NewDistances(90, pairs)
	if err != nil {
		return []error{err}
	}
	if e.variant.wide {
		return nil // its matrix is made of columns
	}
	result, err := e.run(context.Background(), d)
	if e.variant.distances == refused || e.mapping {
		var needs *mat32.RowsNeededError
		if !errors.As(err, &needs) || !strings.HasPrefix(err.Error(), e.row.method) {
			return []error{fmt.Errorf("distances for rows: got %v, want a *mat32.RowsNeededError of %s (or the row says that it takes them)", err, e.row.method)}
		}
		return nil
	}
	if err != nil {
		return []error{fmt.Errorf("distances for rows: %w", err)}
	}
	problems := finite("distances for rows", result)
	if e.variant.distances != asForRows {
		return problems
	}
	rows, err := e.run(context.Background(), x)
	if err != nil {
		return append(problems, err)
	}
	want, _ := numbersOf(rows)
	got, _ := numbersOf(result)
	if len(got) != len(want) {
		return append(problems, fmt.Errorf("distances for rows give %d numbers, the rows %d", len(got), len(want)))
	}
	for i, w := range want {
		if w.field == ".Dim" {
			continue // which distances do not tell
		}
		if v := got[i].value; !(math.Abs(v-w.value) <= 1e-6*math.Abs(w.value)) && math.Float64bits(v) != math.Float64bits(w.value) {
			return append(problems, fmt.Errorf("distances for rows: the field %q is %v, the rows give %v", w.field, v, w.value))
		}
	}
	return problems
}
