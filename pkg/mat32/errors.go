package mat32

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrEmpty says that a matrix has no rows or no columns.
var ErrEmpty = errors.New("the matrix is empty: it needs at least one row and one column")

// NotFiniteError says where a matrix holds NaN or an infinity.
type NotFiniteError struct {
	Row, Col int
	Value    float64
}

// Error returns the message.
func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("value at row %d, column %d is %v: every value must be finite", e.Row, e.Col, e.Value)
}

// ParamError says that an option is out of its range.
type ParamError struct {
	Method string // for example "dr.TSNE"
	Param  string // the field's name, for example "Perplexity"
	Value  any
	Want   string // the range, for example "1 ≤ Perplexity ≤ (n−1)/3 = 49.7"
}

// Error returns the message.
func (e *ParamError) Error() string {
	return fmt.Sprintf("%s: %s is %v, want %s", e.Method, e.Param, e.Value, e.Want)
}

// ShapeError says that a matrix or slice does not have the shape a method needs.
type ShapeError struct {
	What       string // which argument, for example "x" or "Labels"
	Rows, Cols int    // the shape it has
	Want       string
}

// Error returns the message.
func (e *ShapeError) Error() string {
	return fmt.Sprintf("%s has shape %d × %d, want %s", e.What, e.Rows, e.Cols, e.Want)
}

// RaggedError says which row or column has another length than the first.
type RaggedError struct {
	What      string // "row" or "column"
	Index     int
	Len, Want int
}

// Error returns the message.
func (e *RaggedError) Error() string {
	return fmt.Sprintf("%s %d has %d values, but %s 0 has %d", e.What, e.Index, e.Len, e.What, e.Want)
}

// SparseError says which row of sparse data is not well formed, and why.
type SparseError struct {
	Row    int
	Reason string
}

// Error returns the message.
func (e *SparseError) Error() string { return fmt.Sprintf("sparse row %d: %s", e.Row, e.Reason) }

// DistanceError says which two rows are at a distance that no rows can be at.
type DistanceError struct {
	I, J  int
	Value float64
	Want  string
}

// Error returns the message.
func (e *DistanceError) Error() string {
	return fmt.Sprintf("the distance from row %d to row %d is %v, want %s", e.I, e.J, e.Value, e.Want)
}

// RowsNeededError says that a method was given distances, and needs the rows.
type RowsNeededError struct{ Method string }

// Error returns the message.
func (e *RowsNeededError) Error() string {
	return e.Method + " needs the rows themselves: x is a mat32.Distances, which holds only how far apart they are"
}

// StreamError says at which row, counted from the first of the data, reading a
// stream of them ended, and why.
type StreamError struct {
	Row int
	Err error
}

// Error returns the message.
func (e *StreamError) Error() string { return fmt.Sprintf("reading row %d: %v", e.Row, e.Err) }

// Unwrap returns the reason.
func (e *StreamError) Unwrap() error { return e.Err }

// MemoryError says that a method would need more memory than its limit allows.
type MemoryError struct {
	Method      string
	Path        string // of the file that was to be read; empty where there is none
	Need, Limit int64  // bytes
	Advice      string
}

// Error returns the message.
func (e *MemoryError) Error() string {
	what := e.Method
	if e.Path != "" {
		what += ", reading " + e.Path + ","
	}
	s := fmt.Sprintf("%s would need about %s, the limit is %s", what, bytesString(e.Need), bytesString(e.Limit))
	if e.Advice != "" {
		s += ": " + e.Advice
	}
	return s
}

func bytesString(b int64) string {
	const unit = 1024
	if b < unit {
		return strconv.FormatInt(b, 10) + " B"
	}
	v, exp := float64(b)/unit, 0
	for v >= unit && exp < 4 {
		v /= unit
		exp++
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + "KMGTP"[exp:exp+1] + "iB"
}

// DegenerateError says that the values themselves leave a method without an
// answer: constant columns, too few distinct rows, a disconnected graph.
type DegenerateError struct {
	Method string
	Reason string
}

// Error returns the message.
func (e *DegenerateError) Error() string { return e.Method + ": " + e.Reason }

// FileError says why a file, a saved model or result cannot be read: damaged, of
// another kind, or written by a newer version.
type FileError struct {
	Path   string // of the file; empty for what was saved, which comes from any reader
	Kind   string // what was to be read, for example "dr.PCAModel"
	Line   int    // of a text file, counted from 1; 0 where it is not known or there are no lines
	Column string // of a table, as it is named there, or "column 3", counted from 1; empty where it is not known
	Reason string
	Err    error // what caused it, or nil
}

// Error returns the message.
func (e *FileError) Error() string {
	where := "reading a saved " + e.Kind
	if e.Path != "" {
		where = "reading the " + e.Kind + " " + e.Path
	}
	if e.Line > 0 {
		where += ", line " + strconv.Itoa(e.Line)
	}
	if e.Column != "" {
		where += ", " + e.Column
	}
	if e.Reason == "" && e.Err != nil {
		return where + ": " + e.Err.Error()
	}
	return where + ": " + e.Reason
}

// Unwrap returns what caused it, or nil.
func (e *FileError) Unwrap() error { return e.Err }

// Rename returns an error of a part of a method as one of the method that was called: a
// copy of a *ParamError, *MemoryError, *DegenerateError or *RowsNeededError with its name,
// any other error behind its name. It returns nil for nil.
func Rename(method string, err error) error {
	var (
		param      *ParamError
		memory     *MemoryError
		degenerate *DegenerateError
		needed     *RowsNeededError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &param):
		c := *param
		c.Method = method
		return &c
	case errors.As(err, &memory):
		c := *memory
		c.Method = method
		return &c
	case errors.As(err, &degenerate):
		c := *degenerate
		c.Method = method
		return &c
	case errors.As(err, &needed):
		return &RowsNeededError{Method: method}
	}
	return fmt.Errorf("%s: %w", method, err)
}
