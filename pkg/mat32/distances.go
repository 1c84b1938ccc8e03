package mat32

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Distances says that the rows of the data are known by their distances alone:
// strings by edits, trees by rearrangements, rows by a metric of your own. Given
// as x, it means "these are the distances between n rows". Methods that look at
// distances take it and give what they give for rows at these distances; methods
// that need the rows refuse it with a *RowsNeededError.
//
// It is a symmetric gonum matrix, n × n, that holds each of the n·(n−1)/2
// distances once, in float64: 4·n² bytes. The triangle inequality is not
// required, so any dissimilarity will do. The zero value is empty. A Distances
// never changes, and is safe for concurrent use.
type Distances struct {
	n     int
	pairs []float64
}

// NewDistances returns the distances between n rows given in condensed form, as
// SciPy's pdist returns them: those of row 0 to rows 1 … n−1, then those of row 1
// to rows 2 … n−1, and so on. The slice is borrowed and must not be changed
// afterwards. Errors: *ShapeError unless there are n·(n−1)/2, *NotFiniteError and
// *DistanceError, naming the pair, for one that is not finite or negative. It
// costs one pass.
func NewDistances(n int, condensed []float64) (*Distances, error) {
	// The second test keeps the product of the third from overflowing.
	if n < 0 || n-1 > len(condensed) || len(condensed) != n*(n-1)/2 {
		return nil, &ShapeError{What: "condensed distances", Rows: len(condensed), Cols: 1,
			Want: fmt.Sprintf("n·(n−1)/2 values for n = %d rows", n)}
	}
	d := &Distances{n: n, pairs: condensed}
	if err := d.check(); err != nil {
		return nil, err
	}
	return d, nil
}

// DistancesFrom returns the distances that a square matrix holds, as a copy.
// Two that belong to one pair may differ by rounding, a millionth of the larger;
// their mean is taken. Errors: *ShapeError unless x is square, *NotFiniteError,
// and *DistanceError for a distance that is negative, differs from that of the
// same pair, or is not zero from a row to itself. It costs O(n²).
func DistancesFrom(x mat.Matrix) (*Distances, error) {
	const rounding = 1e-6
	if err := Check(x); err != nil {
		return nil, err
	}
	n, cols := x.Dims()
	if n != cols {
		return nil, &ShapeError{What: "distances", Rows: n, Cols: cols, Want: "as many rows as columns"}
	}
	pairs := make([]float64, 0, n*(n-1)/2)
	buf := make([]float64, n)
	for i := range n {
		row := Row(buf, i, x)
		if row[i] != 0 {
			return nil, &DistanceError{I: i, J: i, Value: row[i], Want: "0 from a row to itself"}
		}
		for j := i + 1; j < n; j++ {
			v, back := row[j], x.At(j, i)
			if v != back {
				if math.Abs(v-back) > rounding*max(v, back) {
					return nil, &DistanceError{I: i, J: j, Value: v, Want: fmt.Sprintf("%v, which it is from %d to %d", back, j, i)}
				}
				v = v/2 + back/2
			}
			pairs = append(pairs, v)
		}
	}
	return NewDistances(n, pairs)
}

// Dims returns the number of rows, twice.
func (d *Distances) Dims() (rows, cols int) { return d.n, d.n }

// SymmetricDim returns the number of rows; it makes d a mat.Symmetric.
func (d *Distances) SymmetricDim() int { return d.n }

// T returns d, which is symmetric.
func (d *Distances) T() mat.Matrix { return d }

// At returns the distance between rows i and j; it panics outside the matrix.
func (d *Distances) At(i, j int) float64 {
	if uint(j) >= uint(d.n) {
		panic(mat.ErrColAccess)
	}
	if uint(i) >= uint(d.n) {
		panic(mat.ErrRowAccess)
	}
	if i == j {
		return 0
	}
	return d.pairs[d.place(min(i, j), max(i, j))]
}

// Condensed returns the distances as NewDistances takes them: the matrix itself,
// not a copy, so it must not be written to.
func (d *Distances) Condensed() []float64 { return d.pairs }

// place returns where the distance between rows i < j is; for j = i+1 it is where
// the rows after i begin, also when there is none.
func (d *Distances) place(i, j int) int { return i*(2*d.n-i-1)/2 + j - i - 1 }

// after returns the distances of row i to the rows that follow it.
func (d *Distances) after(i int) []float64 {
	lo := d.place(i, i+1)
	return d.pairs[lo : lo+d.n-1-i]
}

// check returns an error unless all distances are finite and none is negative.
func (d *Distances) check() error {
	for i := range d.n {
		for k, v := range d.after(i) {
			switch {
			case v-v != 0:
				return &NotFiniteError{Row: i, Col: i + 1 + k, Value: v}
			case v < 0:
				return &DistanceError{I: i, J: i + 1 + k, Value: v, Want: "0 or more"}
			}
		}
	}
	return nil
}

// distinct returns the rows at distance zero from no earlier row that it returns.
func (d *Distances) distinct() []int {
	copies := make([]bool, d.n)
	keep := make([]int, 0, d.n)
	for i := range d.n {
		if copies[i] {
			continue
		}
		keep = append(keep, i)
		for k, v := range d.after(i) {
			if v == 0 {
				copies[i+1+k] = true
			}
		}
	}
	return keep
}

// selected returns the distances among the given rows.
func (d *Distances) selected(rows []int) *Distances {
	s := &Distances{n: len(rows), pairs: make([]float64, 0, len(rows)*max(len(rows)-1, 0)/2)}
	for a, i := range rows {
		for _, j := range rows[a+1:] {
			s.pairs = append(s.pairs, d.At(i, j))
		}
	}
	return s
}

// CheckRows returns a *RowsNeededError naming the method when x holds distances,
// which say nothing of columns.
func CheckRows(method string, x mat.Matrix) error {
	if _, ok := x.(*Distances); ok {
		return &RowsNeededError{Method: method}
	}
	return nil
}
