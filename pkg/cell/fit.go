package cell

import (
	"context"
	"reflect"

	"gonum.org/v1/gonum/mat"
)

// A Fitter learns a model of type M from the rows of a matrix.
type Fitter[M any] interface {
	Fit(ctx context.Context, x mat.Matrix) (M, error)
}

// An Embedder maps the rows of a matrix, with a result of type E.
type Embedder[E any] interface {
	Embed(ctx context.Context, x mat.Matrix) (E, error)
}

// An Estimator measures the rows of a matrix, with a result of type R.
type Estimator[R any] interface {
	Estimate(ctx context.Context, x mat.Matrix) (R, error)
}

// A Comparer measures two matrices of as many rows against each other, with a result of type R.
type Comparer[R any] interface {
	Compare(ctx context.Context, x, y mat.Matrix) (R, error)
}

// A Watcher looks on while a result is computed, as [viz.Live] does, which draws a map while it is being made. It changes no result and is no
// part of its key; a result that is found again is not watched.
//
// [viz.Live]: https://pkg.go.dev/github.com/flatland-go/flatland/pkg/viz#Live
type Watcher interface {
	// Watch returns a context that reports what is done under it, and what to call when that has ended.
	Watch(ctx context.Context) (watched context.Context, done func())
}

// Fit returns m.Fit(ctx, x), computed once and kept. An error fails the cell, an interruption too, unless the method gives the model as far
// as it got together with the error: that is returned with a notice in the cell, and not kept.
func Fit[M any](m Fitter[M], x mat.Matrix, watchers ...Watcher) M {
	var v M
	work{call: "Fit", method: m, data: []mat.Matrix{x}, watchers: watchers, partial: true, out: &v, do: func(ctx context.Context) (err error) {
		v, err = m.Fit(ctx, x)
		return err
	}}.run()
	return v
}

// Embed returns m.Embed(ctx, x), computed once and kept. An error fails the cell. When the reader interrupts the cell and the method gives
// the map as far as it got, that is returned, with a notice in the cell, and not kept.
func Embed[E any](m Embedder[E], x mat.Matrix, watchers ...Watcher) E {
	var v E
	work{call: "Embed", method: m, data: []mat.Matrix{x}, watchers: watchers, partial: true, out: &v, do: func(ctx context.Context) (err error) {
		v, err = m.Embed(ctx, x)
		return err
	}}.run()
	return v
}

// Estimate returns m.Estimate(ctx, x), computed once and kept. An error or an interruption fails the cell.
func Estimate[R any](m Estimator[R], x mat.Matrix) R {
	var v R
	work{call: "Estimate", method: m, data: []mat.Matrix{x}, out: &v, do: func(ctx context.Context) (err error) {
		v, err = m.Estimate(ctx, x)
		return err
	}}.run()
	return v
}

// Compare returns m.Compare(ctx, x, y), computed once and kept. An error or an interruption fails the cell.
func Compare[R any](m Comparer[R], x, y mat.Matrix) R {
	var v R
	work{call: "Compare", method: m, data: []mat.Matrix{x, y}, out: &v, do: func(ctx context.Context) (err error) {
		v, err = m.Compare(ctx, x, y)
		return err
	}}.run()
	return v
}

// methodKey returns what the result of a method is found by.
func (w work) methodKey() (digest, error) {
	h := newHasher()
	h.text("method", w.call)
	h.result(reflect.TypeOf(w.out).Elem())
	n, d := 0, 0
	for i, x := range w.data {
		if err := h.add([]string{"x", "y"}[i], x); err != nil {
			return digest{}, err
		}
		if i == 0 {
			n, d = dims(x)
		}
	}
	if err := h.add(typeName(w.method), resolved(w.method, n, d)); err != nil {
		return digest{}, err
	}
	return h.sum(), nil
}

// dims returns the shape of x, 0 × 0 where it has none because it is nil: the method says so better.
func dims(x mat.Matrix) (n, d int) {
	if v := reflect.ValueOf(x); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return 0, 0
	}
	return x.Dims()
}

// resolved returns what m.Resolve(n, d) makes of the method m, or m itself where it has no such method or refuses its options: then fitting
// refuses them as well, and there is no result to keep.
func resolved(m any, n, d int) any {
	resolve := reflect.ValueOf(m).MethodByName("Resolve") // a constant name: the linker keeps no other method for it
	if !resolve.IsValid() {
		return m
	}
	integer, failure := reflect.TypeFor[int](), reflect.TypeFor[error]()
	t := resolve.Type()
	if t.NumIn() != 2 || t.In(0) != integer || t.In(1) != integer || t.NumOut() != 2 || t.Out(1) != failure {
		return m
	}
	out := resolve.Call([]reflect.Value{reflect.ValueOf(n), reflect.ValueOf(d)})
	if !out[1].IsNil() {
		return m
	}
	return out[0].Interface()
}

// typeName names a method in messages, as "dr.UMAP".
func typeName(m any) string {
	t := reflect.TypeOf(m)
	if t == nil {
		return "nil"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.String()
}
