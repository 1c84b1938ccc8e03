package npy

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Array is what a file holds: values of one type, with the last index running fastest, whatever the order of the file was.
type Array struct {
	// Shape holds the length of every axis; it is empty for a single value.
	Shape []int

	// Values is one of []bool, []int8, []int16, []int32, []int64, []uint8, []uint16, []uint32, []uint64, []float32, []float64,
	// []complex64, []complex128 and []string. Values of half precision are read as []float32, which holds them exactly; bytes
	// (NumPy's S) and text (U) as []string, without the zeros behind them.
	Values any
}

// Of returns an array of x, for a file: a *mat32.Dense (float32), another mat.Matrix (float64), a slice of a type that Array
// lists, or []int, which becomes []int64. The values of a *mat32.Dense, of a *mat.Dense without gaps and of slices are borrowed.
// Errors: a *mat32.ParamError for anything else.
func Of(x any) (*Array, error) {
	switch x := x.(type) {
	case *mat32.Dense:
		rows, columns := x.Dims()
		return &Array{Shape: []int{rows, columns}, Values: x.Data()}, nil
	case *mat.Dense:
		rows, columns := x.Dims()
		values := []float64{}
		if raw := x.RawMatrix(); raw.Stride == columns {
			values = raw.Data[:rows*columns]
		} else {
			for i := range rows {
				values = append(values, x.RawRowView(i)...)
			}
		}
		return &Array{Shape: []int{rows, columns}, Values: values}, nil
	case mat.Matrix:
		rows, columns := x.Dims()
		values := make([]float64, rows*columns)
		for i := range rows {
			row := values[i*columns : (i+1)*columns]
			copy(row, mat32.Row(row, i, x))
		}
		return &Array{Shape: []int{rows, columns}, Values: values}, nil
	case []int:
		values := make([]int64, len(x))
		for i, v := range x {
			values[i] = int64(v)
		}
		return &Array{Shape: []int{len(x)}, Values: values}, nil
	}
	n, ok := length(x)
	if !ok {
		return nil, &mat32.ParamError{Method: "npy.Of", Param: "x", Value: fmt.Sprintf("a %T", x), Want: "a matrix, or a slice of numbers, bools or strings"}
	}
	return &Array{Shape: []int{n}, Values: x}, nil
}

// length returns the number of values of a slice, and whether it is of a type that an Array holds.
func length(values any) (int, bool) {
	switch v := values.(type) {
	case []bool:
		return len(v), true
	case []int8:
		return len(v), true
	case []int16:
		return len(v), true
	case []int32:
		return len(v), true
	case []int64:
		return len(v), true
	case []uint8:
		return len(v), true
	case []uint16:
		return len(v), true
	case []uint32:
		return len(v), true
	case []uint64:
		return len(v), true
	case []float32:
		return len(v), true
	case []float64:
		return len(v), true
	case []complex64:
		return len(v), true
	case []complex128:
		return len(v), true
	case []string:
		return len(v), true
	}
	return 0, false
}

// check returns an error where the shape is not that of the values.
func (a *Array) check(method string) error {
	if a == nil {
		return &mat32.ParamError{Method: method, Param: "array", Value: "nil", Want: "an array"}
	}
	n, ok := length(a.Values)
	if !ok {
		return &mat32.ParamError{Method: method, Param: "Values", Value: fmt.Sprintf("a %T", a.Values), Want: "a slice of numbers, bools or strings"}
	}
	if want, ok := npyhead.Product(a.Shape); !ok || want != n {
		return &mat32.ParamError{Method: method, Param: "Shape", Value: npyhead.Tuple(a.Shape), Want: fmt.Sprintf("the shape of %d values", n)}
	}
	return nil
}

// dims returns the shape as that of a matrix: the first axis counts rows, the others together columns; a list is one column, a
// single value one row of it.
func (a *Array) dims(method string) (rows, columns int, err error) {
	if err := a.check(method); err != nil {
		return 0, 0, err
	}
	switch len(a.Shape) {
	case 0:
		return 1, 1, nil
	case 1:
		rows, columns = a.Shape[0], 1
	default:
		rows = a.Shape[0]
		columns, _ = npyhead.Product(a.Shape[1:])
	}
	if rows == 0 || columns == 0 {
		return 0, 0, mat32.ErrEmpty
	}
	return rows, columns, nil
}

// Dense returns the numbers as a matrix with a row for every index of the first axis: an array of n × h × w has n rows of h·w
// columns, a list one column. Numbers are rounded to the nearest float32, beyond its range to infinities; false and true are 0
// and 1. A []float32 is borrowed, anything else copied. Errors: a *mat32.ParamError for complex numbers, strings, and a shape that
// is not that of the values; mat32.ErrEmpty where there are none.
func (a *Array) Dense() (*mat32.Dense, error) {
	rows, columns, err := a.dims("npy.Array.Dense")
	if err != nil {
		return nil, err
	}
	values, err := numbers[float32]("npy.Array.Dense", a.Values)
	if err != nil {
		return nil, err
	}
	return mat32.NewDense(rows, columns, values), nil
}

// Dense64 is Dense for float64: integers beyond 2^53 are rounded to the nearest, and a []float64 is borrowed.
func (a *Array) Dense64() (*mat.Dense, error) {
	rows, columns, err := a.dims("npy.Array.Dense64")
	if err != nil {
		return nil, err
	}
	values, err := numbers[float64]("npy.Array.Dense64", a.Values)
	if err != nil {
		return nil, err
	}
	return mat.NewDense(rows, columns, values), nil
}

// Ints returns whole numbers, such as labels, whatever type they are stored in; false and true are 0 and 1. Errors: a
// *mat32.ParamError that names the first value which is none, or does not fit an int.
func (a *Array) Ints() ([]int, error) {
	const method = "npy.Array.Ints"
	if err := a.check(method); err != nil {
		return nil, err
	}
	switch v := a.Values.(type) {
	case []uint64:
		return whole(method, v, func(x uint64) bool { return x <= math.MaxInt })
	case []float32:
		return whole(method, v, func(x float32) bool { return integer(float64(x)) })
	case []float64:
		return whole(method, v, integer)
	case []int64:
		return whole(method, v, func(x int64) bool { return int64(int(x)) == x })
	case []uint32:
		return whole(method, v, func(x uint32) bool { return uint64(x) <= math.MaxInt })
	}
	values, err := numbers[float64](method, a.Values) // which holds what is left exactly
	if err != nil {
		return nil, err
	}
	return whole(method, values, func(float64) bool { return true })
}

func whole[T number](method string, values []T, fits func(T) bool) ([]int, error) {
	out := make([]int, len(values))
	for i, v := range values {
		if !fits(v) {
			return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("value %d", i), Value: v, Want: "a whole number that an int holds"}
		}
		out[i] = int(v)
	}
	return out, nil
}

func integer(x float64) bool {
	const beyond = -float64(math.MinInt) // math.MaxInt itself is no float64
	return x == math.Trunc(x) && x >= -beyond && x < beyond
}

type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// numbers returns values as floats: themselves where they are, else a copy.
func numbers[F float32 | float64](method string, values any) ([]F, error) {
	switch v := values.(type) {
	case []F:
		return v, nil
	case []bool:
		out := make([]F, len(v))
		for i, is := range v {
			if is {
				out[i] = 1
			}
		}
		return out, nil
	case []int8:
		return converted[F](v), nil
	case []int16:
		return converted[F](v), nil
	case []int32:
		return converted[F](v), nil
	case []int64:
		return converted[F](v), nil
	case []uint8:
		return converted[F](v), nil
	case []uint16:
		return converted[F](v), nil
	case []uint32:
		return converted[F](v), nil
	case []uint64:
		return converted[F](v), nil
	case []float32:
		return converted[F](v), nil
	case []float64:
		return converted[F](v), nil
	}
	return nil, &mat32.ParamError{Method: method, Param: "Values", Value: fmt.Sprintf("a %T", values), Want: "real numbers"}
}

func converted[F float32 | float64, T number](values []T) []F {
	out := make([]F, len(values))
	// The one error of Blocks is that of its context, which is never cancelled.
	_ = par.Blocks(context.Background(), len(values), 1<<16, func(lo, hi int) {
		to := out[lo:hi]
		for i, v := range values[lo:hi] {
			to[i] = F(v)
		}
	})
	return out
}

// byColumns returns values, whose first index runs fastest, in the order in which the last does. Between the first axis and the
// last it is the transpose of a matrix, for each index of those in between; it is done a tile at a time, which a cache holds.
func byColumns[T any](ctx context.Context, values []T, shape []int) ([]T, error) {
	if len(shape) < 2 || len(values) == 0 {
		return values, nil
	}
	first, last := shape[0], shape[len(shape)-1]
	between := shape[1 : len(shape)-1]
	middle, _ := npyhead.Product(between)
	out := make([]T, len(values))
	const tile = 32
	strips := (first + tile - 1) / tile
	err := par.Blocks(ctx, middle*strips, 1, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			m, top := b/strips, b%strips*tile
			// Where index m of the axes in between starts in the file.
			from, step, rest := 0, first, m
			for k := len(between) - 1; k >= 0; k-- {
				stride := first
				for _, s := range between[:k] {
					stride *= s
				}
				from += rest % between[k] * stride
				rest /= between[k]
			}
			step *= middle
			for left := 0; left < last; left += tile {
				for i := top; i < min(top+tile, first); i++ {
					to := out[(i*middle+m)*last:][:last]
					for j := left; j < min(left+tile, last); j++ {
						to[j] = values[from+i+j*step]
					}
				}
			}
		}
	})
	return out, err
}
