package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// verbs are the methods that make a type one that needs a row. What Match finds Compare sums up,
// where a type has both, and is entered by that.
var verbs = []string{"Graph", "Neighborhoods", "Connect", "Weigh", "Weights", "Fit", "FitPair", "FitSeries", "Embed", "Estimate", "Compare", "Apply",
	"Compute", "Score", "Edges", "Image", "Around", "Match"}

// columns of all inputs but those of wide variants.
const columns = 5

// entry is one way into a variant of a method.
type entry struct {
	row     row
	variant variant
	name    string // "Fit", "Fit, Transform", "Compare, as y", or "" for a function
	columns int    // how many it takes
	inverse bool   // it ends in the space of the data
	first   bool   // of the row
	made    bool   // a model or another matrix is made for it on the way
	mapping bool   // it maps rows by a model
	derived bool   // what it is given is made of the rows and is none
	call    func(ctx context.Context, x mat.Matrix) (any, error)
}

func (e entry) String() string {
	s := e.row.method
	if e.name != "" {
		s += "." + e.name
	}
	return s + " (" + e.variant.name + ")"
}

// model is what Fit returns.
type model interface{ Embedding() *dr.Embedding }

// entries finds every way into the variant: the verbs of its type, both
// arguments of Compare and FitPair, two slices for FitSeries, and Transform and Inverse of the model that Fit
// or FitPair returns. Models, and the matrices that are compared with, are made of other
// rows, to which offset is added.
func entries(r row, v variant, offset float64) ([]entry, error) {
	add := func(list []entry, name string, call func(ctx context.Context, x mat.Matrix) (any, error)) []entry {
		if v.wide {
			narrow := call
			call = func(ctx context.Context, x mat.Matrix) (any, error) { return narrow(ctx, wide(x)) }
		}
		if v.positive {
			signed := call
			call = func(ctx context.Context, x mat.Matrix) (any, error) { return signed(ctx, magnitudes(x)) }
		}
		first := len(list) == 0 && len(r.variants) > 0 && r.variants[0].name == v.name
		return append(list, entry{row: r, variant: v, name: name, columns: columns, first: first, call: call})
	}
	if v.call != nil {
		list := add(nil, "", v.call)
		list[0].derived = v.derived
		return list, nil
	}
	var list []entry
	for _, verb := range verbs {
		f := methodOf(v.of(60, columns), verb)
		if !f.IsValid() || verb == "Match" && methodOf(v.of(60, columns), "Compare").IsValid() {
			continue
		}
		if x := random(60, columns, 0); v.given != nil && v.given(verb, x) != nil {
			list = add(list, verb, func(ctx context.Context, x mat.Matrix) (any, error) {
				return invoke(methodOf(v.of(dims(x)), verb), append([]any{ctx}, v.given(verb, x)...)...)
			})
			e := &list[len(list)-1]
			if e.derived = v.given(verb, x)[0] != any(x); e.derived && v.spoiled == nil {
				return nil, fmt.Errorf("%v is given no rows: the variant must hold what it refuses", e)
			}
			continue
		}
		switch f.Type().NumIn() {
		case 2:
			list = add(list, verb, func(ctx context.Context, x mat.Matrix) (any, error) {
				return invoke(methodOf(v.of(dims(x)), verb), ctx, x)
			})
		case 3:
			if verb == "FitSeries" {
				list = add(list, verb, func(ctx context.Context, x mat.Matrix) (any, error) {
					parts, relations := series(x)
					return invoke(methodOf(v.of(dims(x)), verb), ctx, parts, relations)
				})
				break
			}
			if verb == "Connect" {
				list = add(list, verb, func(ctx context.Context, x mat.Matrix) (any, error) {
					return invoke(methodOf(v.of(dims(x)), verb), ctx, x, strangers(x))
				})
				break
			}
			other := func(x mat.Matrix, d int) mat.Matrix {
				n, _ := dims(x)
				switch {
				case v.clouds: // with a few rows more, but not so many that they take time to draw
					_, d := dims(x)
					m := min(n, 200)
					return mat.DenseCopyOf(random(2*m+3, max(1, d), offset).Slice(m, 2*m+3, 0, max(1, d)))
				case n == 0:
					return mat.NewDense(1, d, nil)
				case verb == "FitPair": // a view of its own
					return mat.DenseCopyOf(random(n, columns+d, offset).Slice(0, n, columns, columns+d))
				}
				return random(n, d, 0)
			}
			list = add(list, verb+", as x", func(ctx context.Context, x mat.Matrix) (any, error) {
				return invoke(methodOf(v.of(dims(x)), verb), ctx, x, other(x, 2))
			})
			list = add(list, verb+", as y", func(ctx context.Context, x mat.Matrix) (any, error) {
				return invoke(methodOf(v.of(dims(x)), verb), ctx, other(x, 3), x)
			})
			list[len(list)-1].made = true
		default:
			return nil, fmt.Errorf("%s.%s takes %d arguments: nothing here knows how to call it", r.method, verb, f.Type().NumIn())
		}
		if verb == "Fit" || verb == "FitPair" {
			fit := list[len(list)-1]
			if verb == "FitPair" {
				fit = list[len(list)-2] // as x
			}
			more, err := modelEntries(r, v, verb, fit, offset)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s (%s): a %T has none of the methods %v", r.method, v.name, v.of(60, columns), verbs)
	}
	return list, nil
}

// strangers are the rows of x with no neighbours at all: the most that there is to connect.
func strangers(x mat.Matrix) *neighbors.Neighborhoods {
	n, _ := dims(x)
	h := &neighbors.Neighborhoods{N: n, Metric: neighbors.Euclidean{}.String(), Start: make([]int, n+1)}
	if _, ok := x.(*mat32.Distances); ok {
		h.Metric = neighbors.Precomputed
	}
	return h
}

// series returns the first two thirds of the rows of x and the last two, and which rows are
// in both.
func series(x mat.Matrix) (parts []mat.Matrix, relations [][]int) {
	n, d := dims(x)
	if n == 0 || d == 0 {
		return []mat.Matrix{x}, nil
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	lo, hi := n/3, n-n/3
	relation := make([]int, hi)
	for i := range relation {
		relation[i] = max(i-lo, -1)
	}
	return []mat.Matrix{mat32.Select(x, rows[:hi]), mat32.Select(x, rows[lo:])}, [][]int{relation}
}

// pairModel is what FitPair returns.
type pairModel interface {
	EmbeddingY() *dr.Embedding
	TransformY(ctx context.Context, y mat.Matrix) (*dr.Embedding, error)
}

// modelEntries returns Transform and Inverse of the model that fit returns, and
// TransformY of a pair, where it has them.
func modelEntries(r row, v variant, verb string, fit entry, offset float64) (list []entry, err error) {
	m, err := fit.call(context.Background(), random(50, columns, offset))
	if err != nil {
		return nil, fmt.Errorf("%v: 50 random rows: %w", fit, err)
	}
	k, second := columns, 0
	if m, ok := m.(model); ok {
		_, k = m.Embedding().Dims()
	}
	if m, ok := m.(pairModel); ok {
		second = m.EmbeddingY().Dim
	}
	for _, way := range []struct {
		name    string
		columns int
		is      bool
	}{
		{"Transform", columns, implements[dr.Transformer](m)},
		{"TransformY", second, implements[pairModel](m)},
		{"Inverse", k, implements[dr.Inverter](m)},
	} {
		if !way.is {
			continue
		}
		if v.cannot {
			var de *mat32.DegenerateError
			if _, err := invoke(methodOf(m, way.name), context.Background(), random(50, way.columns, offset)); !errors.As(err, &de) {
				return nil, fmt.Errorf("%v: the row says that its model has no %s, which gives %v, want a *mat32.DegenerateError", fit, way.name, err)
			}
			continue
		}
		list = append(list, entry{row: r, variant: v, name: verb + ", " + way.name, columns: way.columns, made: true, mapping: true, inverse: way.name == "Inverse",
			call: func(ctx context.Context, x mat.Matrix) (any, error) {
				if v.wide && way.name == "Transform" {
					x = wideAs(x, m.(model).Embedding().Dim)
				}
				if v.positive {
					x = magnitudes(x)
				}
				return invoke(methodOf(m, way.name), ctx, x)
			}})
	}
	return list, nil
}

func implements[I any](v any) bool {
	_, ok := v.(I)
	return ok
}

// methodOf returns the method of v with a name, or the zero Value.
func methodOf(v any, name string) reflect.Value {
	return reflect.ValueOf(v).MethodByName(name)
}

// invoke calls f, which returns a result and an error. A result that is a nil
// pointer is nil.
func invoke(f reflect.Value, args ...any) (any, error) {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		if in[i] = reflect.ValueOf(a); !in[i].IsValid() {
			in[i] = reflect.Zero(f.Type().In(i)) // a nil interface
		}
	}
	out := f.Call(in)
	err, _ := out[1].Interface().(error)
	if v := out[0]; v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, err
	}
	return out[0].Interface(), err
}

// dims is Dims also of nil.
func dims(x mat.Matrix) (n, d int) {
	if v := reflect.ValueOf(x); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return 0, 0
	}
	return x.Dims()
}

// random returns n rows of d columns, dyadic so that adding 1000 is exact.
func random(n, d int, offset float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(9, "conformance", i)
		for j := range d {
			x.Set(i, j, float64(int(s.Normal()*(1<<20)))/(1<<20)*float64(1+j%5)+offset)
		}
	}
	return x
}

// magnitudes returns x with every value that is negative turned positive, of the
// same type.
func magnitudes(x mat.Matrix) mat.Matrix {
	n, d := dims(x)
	if n == 0 || d == 0 {
		return x
	}
	switch x := x.(type) {
	case *mat32.Distances:
		return x
	case *mat32.CSR:
		var stored []mat32.Triplet
		for i := range n {
			columns, values := x.Row(i)
			for k, j := range columns {
				stored = append(stored, mat32.Triplet{Row: i, Col: int(j), Value: max(values[k], -values[k])})
			}
		}
		y, err := mat32.FromTriplets(n, d, stored)
		if err != nil {
			panic(err)
		}
		return y
	}
	y := mat.NewDense(n, d, nil)
	y.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, x)
	if _, single := x.(*mat32.Dense); single {
		return mat32.Convert(y)
	}
	return y
}

// wide returns x with its columns repeated until there are more than rows.
func wide(x mat.Matrix) mat.Matrix {
	n, d := dims(x)
	if n == 0 || d == 0 {
		return x
	}
	return wideAs(x, d*(n/d+1))
}

// wideAs returns x with its columns repeated until there are to.
func wideAs(x mat.Matrix, to int) mat.Matrix {
	n, d := dims(x)
	if n == 0 || d == 0 {
		return x
	}
	w := mat.NewDense(n, to, nil)
	for i := range n {
		for j := range to {
			w.Set(i, j, x.At(i, j%d))
		}
	}
	return w
}
