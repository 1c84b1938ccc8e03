package cell

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// A Key says what a kept result depends on; [On] makes one. The zero Key says that it depends on nothing but its function.
type Key struct {
	digest digest
	err    error
}

// On returns the key of a result that depends on the given values: data, parameters, whatever the function given to [Keep] captures. A
// function, a channel or a value that contains itself among them makes Keep fail the cell, by a [*KeyError].
func On(values ...any) Key {
	h := newHasher()
	for i, v := range values {
		if err := h.add(fmt.Sprintf("value %d", i+1), v); err != nil {
			return Key{err: err}
		}
	}
	return Key{digest: h.sum()}
}

// Keep returns what f returns, computed once and kept. It is computed anew when a value named in on changes, when the text of f or of
// anything in the notebook that f mentions changes, or when a library does. f receives the context of the cell. An error or an
// interruption fails the cell.
//
// A T that is an io.WriterTo and io.ReaderFrom, or an encoding.BinaryMarshaler and BinaryUnmarshaler, is stored by these; anything else by
// encoding/gob. What comes back is always what was stored, in the first run as in the later ones, so gob's habits show at once: an empty
// slice or map inside a struct comes back nil, and so does a pointer to zero. NaN comes back as it was, and so does a result that is itself
// nil or empty. A type that cannot be stored whole (an interface, a function, an unexported field) fails the cell before f runs.
func Keep[T any](on Key, f func(context.Context) (T, error)) T {
	var v T
	work{call: "Keep", on: on, function: f, out: &v, do: func(ctx context.Context) (err error) {
		v, err = f(ctx)
		return err
	}}.run()
	return v
}

// functionKey returns what the result of Keep is found by.
func (w work) functionKey() (digest, error) {
	if w.on.err != nil {
		return digest{}, w.on.err
	}
	text, err := functionIdentity(w.function)
	if err != nil {
		return digest{}, err
	}
	h := newHasher()
	h.text("function", text)
	h.text("on", string(w.on.digest[:]))
	h.result(reflect.TypeOf(w.out).Elem())
	return h.sum(), nil
}

// work is one result to be found or computed.
type work struct {
	call     string       // the function of this package that was called
	method   any          // what Fit and its kin were given
	data     []mat.Matrix // and on what
	on       Key          // what Keep was given
	function any
	watchers []Watcher
	partial  bool                        // a result that comes with an interruption is worth returning
	out      any                         // *T, where do leaves the result
	do       func(context.Context) error // computes it
}

func (w work) title() string {
	if w.method == nil {
		return "cell." + w.call
	}
	return "cell." + w.call + "(" + typeName(w.method) + ")"
}

// what says in words what is kept, for whoever lists it: the method, the shape of its data, and the function of the notebook that has asked.
func (w work) what() string {
	name := "cell.Keep"
	if w.method != nil {
		name = typeName(w.method)
	}
	for _, x := range w.data {
		n, d := dims(x)
		name += fmt.Sprintf(", %d × %d", n, d)
	}
	return name + within()
}

// run leaves the result in w.out or fails the cell.
func (w work) run() {
	err := w.find()
	switch {
	case err == nil:
	case errors.Is(err, errPartial):
		Notice("Interrupted: this is the result of %s as far as it got. It is not kept; run the cell again for the whole.", w.title())
	case Context().Err() != nil && errors.Is(err, Context().Err()):
		fail(w.title(), errInterrupted)
	default:
		// Errors name their method; the message has named it already.
		if short, ok := strings.CutPrefix(err.Error(), typeName(w.method)+": "); ok && w.method != nil {
			err = errors.New(short)
		}
		fail(w.title(), err)
	}
}

// storeNotice keeps a cell from saying for every result that there is no store.
var storeNotice sync.Once

// errPartial says that w.out holds a result as far as it got.
var errPartial = errors.New("partial result")

func (w work) find() error {
	key, err := w.key()
	if err != nil {
		return err
	}
	t := reflect.TypeOf(w.out).Elem()
	format, err := formatOf(t)
	if err != nil {
		return err
	}
	s, err := openStore()
	if err != nil {
		storeNotice.Do(func() { Notice("Results are not kept: %v.", err) })
		return w.compute()
	}
	entry := entry{store: s, key: key, what: w.what(), format: format}
	if entry.load(w.out) == nil {
		return nil
	}
	unlock, err := s.lock(Context(), key, w.title())
	if err != nil {
		return err
	}
	defer unlock()
	if entry.load(w.out) == nil { // somebody else has computed it meanwhile
		return nil
	}
	if err := w.compute(); err != nil {
		return err
	}
	if Context().Err() != nil { // it may have stopped early and hidden it
		return nil
	}
	if err := entry.save(w.out); err != nil {
		Notice("The result of %s is not kept: %v.", w.title(), err)
		return nil
	}
	if err := entry.load(w.out); err != nil {
		Notice("The result of %s is not kept: it cannot be read back: %v.", w.title(), err)
		return s.remove(key)
	}
	return nil
}

func (w work) key() (digest, error) {
	switch {
	case w.function != nil:
		return w.functionKey()
	case w.method != nil:
		return w.methodKey()
	}
	return digest{}, errors.New("the method is nil")
}

// compute does the work under the progress bar.
func (w work) compute() error {
	ctx, done := bar.watch(Context(), w.title())
	defer done()
	for _, watcher := range w.watchers {
		watched, end := watcher.Watch(ctx)
		defer end()
		ctx = watched
	}
	err := w.do(ctx)
	if err == nil || !w.partial {
		return err
	}
	if cause := Context().Err(); cause != nil && errors.Is(err, cause) && present(w.out) {
		return errPartial
	}
	return err
}

// present reports whether out, a *T, holds something other than nil.
func present(out any) bool {
	switch v := reflect.ValueOf(out).Elem(); v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return !v.IsNil()
	}
	return false
}
