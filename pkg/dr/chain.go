package dr

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Chain is a method made of methods: each is fitted to the embedding of the one
// before it.
//
//	dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 50}), dr.Any(dr.TSNE{})}
//
// Its embedding is that of the last, with the notes of all.
type Chain []Fitter

// Resolve checks that the chain has methods. The defaults of a method depend on what
// reaches it, and are filled in, as its ranges are checked, when it is fitted.
func (c Chain) Resolve(n, d int) (Chain, error) {
	if len(c) == 0 {
		return c, &mat32.ParamError{Method: "dr.Chain", Param: "Chain", Value: "empty", Want: "at least one method"}
	}
	for i, f := range c {
		if f == nil {
			return c, &mat32.ParamError{Method: "dr.Chain", Param: fmt.Sprintf("method %d", i), Value: nil, Want: "a method"}
		}
	}
	return c, nil
}

// Fit fits the methods in order, each to the embedding of the one before it; x
// may be a mat32.Distances where the first takes it, and have missing values
// where the first is Impute. Sparse rows that a treatment leaves sparse reach the
// next method as such.
// Errors are those of the methods, with the place in the chain; a cancel during
// the last one returns what it returns.
func (c Chain) Fit(ctx context.Context, x mat.Matrix) (*ChainModel, error) {
	if _, err := c.Resolve(0, 0); err != nil {
		return nil, err
	}
	m := new(ChainModel)
	at := x
	for i, f := range c {
		model, err := f.Fit(ctx, at)
		if model == nil || err != nil && i < len(c)-1 {
			return nil, fmt.Errorf("dr.Chain: method %d: %w", i, err)
		}
		m.models = append(m.models, model)
		if err != nil {
			m.join(x)
			return m, fmt.Errorf("dr.Chain: method %d: %w", i, err)
		}
		at = rowsOf(model)
	}
	m.join(x)
	return m, nil
}

// rowsOf returns what a method behind the model is fitted to: its embedding, or
// the sparse rows of a treatment.
func rowsOf(m Model) mat.Matrix {
	if t := treatedBy(m); t != nil {
		return t.rows()
	}
	return m.Embedding()
}

// described returns the embedding of a model, without coordinates where these are
// sparse rows.
func described(m Model) *Embedding {
	if t := treatedBy(m); t != nil {
		return t.described()
	}
	return m.Embedding()
}

func treatedBy(m Model) *treated {
	if t, ok := m.(interface{ fitted() *treated }); ok {
		return t.fitted()
	}
	return nil
}

// Embed returns the embedding of the last method: Fit(ctx, x) and its embedding.
func (c Chain) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := c.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.Embedding(), err
}

// ChainModel is fitted by Chain.
type ChainModel struct {
	models []Model
	rows   *treated
}

// join makes the embedding of the chain, fitted to x: that of the last method,
// named for all of them and with their notes.
func (m *ChainModel) join(x mat.Matrix) {
	var methods, options, notes []string
	for _, model := range m.models {
		e := described(model)
		methods = append(methods, e.Method)
		options = append(options, e.Options)
		notes = append(notes, e.Notes...)
	}
	last := m.models[len(m.models)-1]
	e := *described(last)
	e.Method, e.Options, e.Notes = strings.Join(methods, " → "), strings.Join(options, " → "), notes
	e.Rows, e.Dim = x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		e.Dim = 0
	}
	m.rows = &treated{about: &e}
	if t := treatedBy(last); t != nil {
		m.rows.single = t.single
	}
}

// Models returns the fitted methods, in order.
func (m *ChainModel) Models() []Model { return append([]Model(nil), m.models...) }

// Embedding returns the map of the rows the chain was fitted to; see Sparse.
func (m *ChainModel) Embedding() *Embedding { return m.rows.embedding() }

// Sparse returns the rows of the last method where that is a treatment which left
// them sparse, and else nil.
func (m *ChainModel) Sparse() *mat32.CSR { return m.rows.sparse() }

func (m *ChainModel) fitted() *treated { return m.rows }

// Transform maps new rows through every method. The error names the first
// method that cannot map new rows.
func (m *ChainModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	last := len(m.models) - 1
	at, err := m.through(ctx, last, x)
	if err != nil {
		return nil, err
	}
	e, err := m.models[last].(Transformer).Transform(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("dr.Chain: method %d: %w", last, err)
	}
	joined := *e
	about := m.rows.described()
	joined.Method, joined.Options = about.Method, about.Options
	joined.Rows, joined.Dim = x.Dims()
	return &joined, nil
}

// through maps new rows by the first methods of the chain, of which all must be
// able to.
func (m *ChainModel) through(ctx context.Context, first int, x mat.Matrix) (mat.Matrix, error) {
	for i, model := range m.models {
		if _, ok := model.(Transformer); !ok {
			return nil, fmt.Errorf("dr.Chain: method %d: %w", i, cannot(model, "map new rows"))
		}
	}
	for i, model := range m.models[:first] {
		next, err := onward(ctx, model, x)
		if err != nil {
			return nil, fmt.Errorf("dr.Chain: method %d: %w", i, err)
		}
		x = next
	}
	return x, nil
}

// onward maps new rows for the next method.
func onward(ctx context.Context, m Model, x mat.Matrix) (mat.Matrix, error) {
	if t, ok := m.(treatment); ok {
		return t.treat(ctx, x)
	}
	return m.(Transformer).Transform(ctx, x)
}

// treat maps new rows, which stay sparse where every method leaves them so.
func (m *ChainModel) treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	return m.through(ctx, len(m.models), x)
}

// Inverse maps points of the embedding back through every method, last first.
// The error names the first method that cannot.
func (m *ChainModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	var x *mat.Dense
	for i := len(m.models) - 1; i >= 0; i-- {
		inverter, ok := m.models[i].(Inverter)
		if !ok {
			return nil, fmt.Errorf("dr.Chain: method %d: %w", i, cannot(m.models[i], "map points back"))
		}
		var err error
		if x, err = inverter.Inverse(ctx, z); err != nil {
			return nil, fmt.Errorf("dr.Chain: method %d: %w", i, err)
		}
		z = x
	}
	return x, nil
}

// cannot says that a model does not do something.
func cannot(m Model, what string) error {
	return &mat32.DegenerateError{Method: described(m).Method, Reason: "it cannot " + what}
}

// String returns the tables of all methods.
func (m *ChainModel) String() string {
	parts := make([]string, len(m.models))
	for i, model := range m.models {
		parts[i] = model.String()
	}
	return strings.Join(parts, "\n")
}

const chainKind, chainVersion = "dr.ChainModel", 2 // 1 had no sparse rows

// savedModel is a model that can stand in a saved chain.
type savedModel interface {
	Model
	encode(*saved.Writer)
	decode(*saved.Reader)
}

// readable holds the types of the models of methods that Any has met, by their kind: a
// program reads the models of the methods that it makes chains of, and links no others.
var readable sync.Map

// readableFrom enters the models of type t.
func readableFrom(t reflect.Type) {
	if t.Kind() == reflect.Pointer && t.Implements(reflect.TypeFor[savedModel]()) {
		readable.LoadOrStore(kindOf(t), t)
	}
}

// kindOf names models of type t, a pointer, as their files do: "dr.PCAModel".
func kindOf(t reflect.Type) string { return t.Elem().String() }

func (m *ChainModel) encode(w *saved.Writer) {
	w.Int(len(m.models))
	for i, model := range m.models {
		s, ok := model.(savedModel)
		if !ok {
			w.Fail(fmt.Errorf("dr.Chain: method %d: a %T of another package cannot be saved", i, model))
			return
		}
		w.Text(kindOf(reflect.TypeOf(model)))
		s.encode(w)
	}
	m.rows.encode(w)
}

func (m *ChainModel) decode(r *saved.Reader) {
	for n := r.Int(); n > 0 && r.OK(); n-- {
		kind := r.Text()
		t, ok := readable.Load(kind)
		if !ok {
			r.Fail(fmt.Sprintf("it holds a model of kind %.40q, and nothing in this program makes one by dr.Any", kind))
			return
		}
		model := reflect.New(t.(reflect.Type).Elem()).Interface().(savedModel)
		model.decode(r)
		m.models = append(m.models, model)
	}
	m.rows = new(treated)
	m.rows.decode(r)
	if r.OK() && len(m.models) == 0 {
		r.Fail("the chain is empty")
	}
}

// WriteTo saves the fitted methods and the embedding.
func (m *ChainModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, chainKind, chainVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors. A program
// reads chains of the methods that it has passed to Any, as making the chain does, so
// that it links these and no others.
func (m *ChainModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, chainKind, chainVersion, m, (*ChainModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *ChainModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *ChainModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
