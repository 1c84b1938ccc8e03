package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Filling is what stands in for a missing value.
type Filling string

const (
	// FillMean is the mean of the column.
	FillMean Filling = "mean"

	// FillMedian is the median of the column.
	FillMedian Filling = "median"

	// FillMostFrequent is the most frequent value of the column, of several the
	// smallest.
	FillMostFrequent Filling = "most frequent"

	// FillConstant is a number that is given.
	FillConstant Filling = "constant"

	// FillNearest is the mean of the nearest rows that have the value. The squared
	// distance of two rows is summed over the columns that both have, and scaled up
	// by the share of these in all.
	FillNearest Filling = "nearest"
)

// Impute fills in missing values, which are NaN; infinities remain errors. As the
// first method of a Chain it opens every other method to data with gaps.
//
// Sparse rows stay sparse: what is missing is stored as NaN, and zeros that are not
// stored are values. Float32 rows stay float32.
//
// Time O(n·d), for FillMedian and FillMostFrequent O(n·d·log n); for FillNearest
// O(m·n·d) for m rows with gaps. Memory 8·n·d bytes for the result, and 16·n·d
// more for FillNearest, whose model keeps the rows with all zeros.
//
// Source: O. Troyanskaya, M. Cantor, G. Sherlock and others (2001), Missing value
// estimation methods for DNA microarrays, with the distances of J. Dixon (1979),
// Pattern recognition with partly missing data.
type Impute struct {
	// Missing is what stands in for a missing value. Default FillMean.
	Missing Filling

	// Value is that of FillConstant, in units of the data. Default 0. It is ignored
	// otherwise.
	Value float64

	// Neighbors is how many rows are averaged, for FillNearest. More of them smooth
	// more. Where fewer have the value, these are taken. Default 5. It is ignored
	// otherwise.
	Neighbors int

	// ByDistance weighs a row by the inverse of its distance, for FillNearest; rows
	// at distance 0 then outweigh all others. Default false: all weigh the same.
	ByDistance bool
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (m Impute) Resolve(n, d int) (Impute, error) {
	if m.Missing == "" {
		m.Missing = FillMean
	}
	if m.Neighbors == 0 {
		m.Neighbors = 5
	}
	fillings := []Filling{FillMean, FillMedian, FillMostFrequent, FillConstant, FillNearest}
	switch {
	case !slices.Contains(fillings, m.Missing):
		return m, &mat32.ParamError{Method: imputeName, Param: "Missing", Value: string(m.Missing), Want: fmt.Sprintf("one of %v", fillings)}
	case m.Value-m.Value != 0:
		return m, &mat32.ParamError{Method: imputeName, Param: "Value", Value: m.Value, Want: "a finite number"}
	case m.Neighbors < 1:
		return m, &mat32.ParamError{Method: imputeName, Param: "Neighbors", Value: m.Neighbors, Want: "1 or more"}
	}
	return m, nil
}

// String returns the options in one line, as captions and tables show them.
func (m Impute) String() string {
	m, _ = m.Resolve(1, 1)
	switch m.Missing {
	case FillConstant:
		return fmt.Sprintf("constant %.6g", m.Value)
	case FillNearest:
		weights := ""
		if m.ByDistance {
			weights = ", by distance"
		}
		return fmt.Sprintf("%d nearest rows%s", m.Neighbors, weights)
	}
	return string(m.Missing)
}

// Fit learns what is filled in from x (n × d), and fills it in. Errors: those of
// mat32.CheckRows and Resolve, mat32.ErrEmpty, *mat32.NotFiniteError for an
// infinity, *mat32.DegenerateError for a column that has no value at all (but with
// FillConstant), and one that wraps ctx.Err().
func (m Impute) Fit(ctx context.Context, x mat.Matrix) (*ImputeModel, error) {
	n, d, missing, err := checkGaps(ctx, imputeName, x)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	model := &ImputeModel{options: m, fill: make([]float64, d)}
	gaps := make([]int, d)
	empty := make([]bool, d)
	err = eachColumn(ctx, x, func(j int, nonzero []float64) {
		present := slices.DeleteFunc(nonzero, math.IsNaN)
		gaps[j] = len(nonzero) - len(present)
		empty[j] = gaps[j] == n
		if !empty[j] {
			model.fill[j] = m.of(present, n-gaps[j])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", imputeName, err)
	}
	columns, total := 0, 0
	for j, g := range gaps {
		if empty[j] && m.Missing != FillConstant {
			return nil, &mat32.DegenerateError{Method: imputeName, Reason: fmt.Sprintf("column %d has no value at all: leave it out, or take FillConstant", j)}
		}
		if m.Missing == FillConstant {
			model.fill[j] = m.Value
		}
		if g > 0 {
			columns++
			total += g
		}
	}
	if m.Missing == FillNearest {
		if model.donors, err = newDonors(ctx, x); err != nil {
			return nil, err
		}
	}
	z, alone, err := model.filledIn(ctx, x, missing)
	if err != nil {
		return nil, err
	}
	about := model.about()
	about.Rows, about.Dim, about.Objective = n, d, math.NaN()
	if total > 0 {
		about.Notes = append(about.Notes, fmt.Sprintf("%d of %d values were missing, in %d of %d columns", total, n*d, columns, d))
	}
	if alone > 0 {
		about.Notes = append(about.Notes, fmt.Sprintf("%d missing values got the mean of their column: no row that has it shares a column", alone))
	}
	model.rows = newTreated(z, about)
	return model, nil
}

// Embed returns the rows of x with what was missing: Fit(ctx, x) and its
// embedding.
func (m Impute) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := m.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return model.rows.embedded(imputeName)
}

// of returns what stands for the missing values of a column of n values, those
// given and zeros.
func (m Impute) of(present []float64, n int) float64 {
	switch m.Missing {
	case FillMedian:
		return rank(present, 0, n-len(present)).quantile(.5)
	case FillMostFrequent:
		return mostFrequent(rank(present, 0, n-len(present)))
	}
	mean, _ := moments(present, n)
	return mean
}

// mostFrequent returns the value that is there most often, of several the smallest.
func mostFrequent(r ranked) float64 {
	best, times := r.at(0), 0
	for i := 0; i < r.len(); {
		next := i + 1
		for next < r.len() && r.at(next) == r.at(i) {
			next++
		}
		if next-i > times {
			best, times = r.at(i), next-i
		}
		i = next
	}
	return best
}

// checkGaps is checkRows for data whose values may be missing: it also returns
// whether some are.
func checkGaps(ctx context.Context, method string, x mat.Matrix) (n, d int, missing bool, err error) {
	n, d, err = checkRows(ctx, method, x, 1)
	var bad *mat32.NotFiniteError
	if !errors.As(err, &bad) {
		return n, d, false, err
	}
	if !math.IsNaN(bad.Value) {
		return n, d, true, err
	}
	// The first is missing, but an infinity may follow.
	const block = 256
	n, d = x.Dims()
	found := make([]*mat32.NotFiniteError, (n+block-1)/block)
	err = par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(buf, i, x) {
				if math.IsInf(v, 0) {
					found[lo/block] = &mat32.NotFiniteError{Row: i, Col: j, Value: v}
					return
				}
			}
		}
	})
	for _, f := range found {
		if err == nil && f != nil {
			err = f
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", method, err)
	}
	return n, d, true, err
}

// donors are rows that lend values to others.
type donors struct {
	values  *mat.Dense // with 0 for what is missing
	present *mat.Dense // 1, or 0 for what is missing
	scale   float64    // keeps squares of extreme values in range
}

func newDonors(ctx context.Context, x mat.Matrix) (*donors, error) {
	n, d := x.Dims()
	if err := mat32.CheckMemory(imputeName, 16*int64(n)*int64(d), 0, "take fewer rows, or another Missing"); err != nil {
		return nil, err
	}
	g := &donors{values: mat.NewDense(n, d, nil), present: mat.NewDense(n, d, nil)}
	err := par.Blocks(ctx, n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			values, present := g.values.RawRowView(i), g.present.RawRowView(i)
			copy(values, mat32.Row(values, i, x))
			for j, v := range values {
				present[j] = 1
				if math.IsNaN(v) {
					values[j], present[j] = 0, 0
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", imputeName, err)
	}
	largest, err := magnitude(ctx, g.values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", imputeName, err)
	}
	g.scale = 1
	if largest > 0 && (largest < 0x1p-400 || largest > 0x1p400) {
		g.scale = 1 / binary(largest)
	}
	return g, nil
}

// nearest holds the donors of one missing value, nearest first.
type nearest struct {
	column    int
	distances []float64 // squared
	values    []float64
}

// offer takes a donor when it is nearer than the last of k.
func (a *nearest) offer(k int, distance, value float64) {
	if len(a.distances) < k {
		a.distances, a.values = append(a.distances, distance), append(a.values, value)
	} else if distance >= a.distances[k-1] {
		return
	}
	i := len(a.distances) - 1
	for ; i > 0 && a.distances[i-1] > distance; i-- {
		a.distances[i], a.values[i] = a.distances[i-1], a.values[i-1]
	}
	a.distances[i], a.values[i] = distance, value
}

// mean averages the donors.
func (a *nearest) mean(byDistance bool) float64 {
	weight := func(i int) float64 {
		switch {
		case !byDistance:
			return 1
		case a.distances[0] == 0: // the first, and with it all at no distance
			if a.distances[i] == 0 {
				return 1
			}
			return 0
		}
		return math.Sqrt(a.distances[0]) / math.Sqrt(a.distances[i])
	}
	all := 0.
	for i := range a.values {
		all += weight(i)
	}
	mean := 0.
	for i, v := range a.values {
		mean += v * (weight(i) / all)
	}
	return mean
}

// lend fills the missing values of row, and returns how many no donor had.
func (g *donors) lend(row []float64, options Impute, fallback []float64) (alone int) {
	n, d := g.values.Dims()
	var wanted []nearest
	values, have := slices.Clone(row), make([]float64, d)
	for j, v := range row {
		have[j] = 1
		if math.IsNaN(v) {
			wanted = append(wanted, nearest{column: j})
			values[j], have[j] = 0, 0
		}
	}
	for i := range n {
		other, present := g.values.RawRowView(i), g.present.RawRowView(i)
		sum, shared := apart(values, have, other, present, g.scale)
		distance := sum * (float64(d) / shared)
		if !(distance < math.Inf(1)) {
			continue // they share no column, or are further apart than can be said
		}
		for w := range wanted {
			if present[wanted[w].column] == 1 {
				wanted[w].offer(options.Neighbors, distance, other[wanted[w].column])
			}
		}
	}
	for _, w := range wanted {
		if len(w.values) > 0 {
			row[w.column] = w.mean(options.ByDistance)
		} else {
			row[w.column] = fallback[w.column]
			alone++
		}
	}
	return alone
}

// apart returns the sum of squared differences over the columns that both rows
// have, times scale, and how many these are.
func apart(a, have, b, present []float64, scale float64) (sum, shared float64) {
	have, b, present = have[:len(a)], b[:len(a)], present[:len(a)]
	var s0, s1, c0, c1 float64
	j := 0
	for ; j+1 < len(a); j += 2 {
		w0, w1 := have[j]*present[j], have[j+1]*present[j+1]
		e0, e1 := (a[j]-b[j])*scale, (a[j+1]-b[j+1])*scale
		s0 += w0 * (e0 * e0)
		s1 += w1 * (e1 * e1)
		c0 += w0
		c1 += w1
	}
	if j < len(a) {
		w, e := have[j]*present[j], (a[j]-b[j])*scale
		s0 += w * (e * e)
		c0 += w
	}
	return s0 + s1, c0 + c1
}

const imputeName = "dr.Impute"

// describe returns the values that columns are filled with, some of them.
func describe(fill []float64) string {
	const shown = 6
	var parts []string
	for j, v := range fill {
		if j == shown {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%.4g", v))
	}
	return strings.Join(parts, "  ")
}
