package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// projection is what the models of linear methods share: rows x go to
// (x − mean)·componentsᵀ.
type projection struct {
	method     string // "dr.LDA"
	mean       []float64
	components *mat.Dense // k × d
	embedding  *Embedding
}

// newProjection maps the rows of x by components of data that were divided by
// unit.
func newProjection(ctx context.Context, method string, x mat.Matrix, mean []float64, components *mat.Dense, unit float64) (projection, error) {
	p := projection{method: method, mean: mean, components: components}
	for i, v := range components.RawMatrix().Data {
		components.RawMatrix().Data[i] = v / unit
	}
	if !finite(components.RawMatrix().Data) || !finite(mean) {
		return p, &mat32.DegenerateError{Method: method, Reason: "the scale of the data is beyond float64: rescale them"}
	}
	z, err := p.linear().apply(ctx, method, x)
	if err != nil {
		return p, err
	}
	n, d := x.Dims()
	p.embedding = &Embedding{Dense: z, Rows: n, Dim: d, Objective: math.NaN()}
	return p, nil
}

func (p *projection) linear() linearMap { return linearMap{mean: p.mean, forward: p.components} }

// Components returns a copy of the map, k × d: coordinate c of a row is the inner
// product of row c with what the row differs from the mean by.
func (p *projection) Components() *mat.Dense { return mat.DenseCopyOf(p.components) }

// Mean returns a copy of what is subtracted from rows, the mean of those the model
// was fitted to.
func (p *projection) Mean() []float64 { return append([]float64(nil), p.mean...) }

// Embedding returns the map of the rows the model was fitted to.
func (p *projection) Embedding() *Embedding { return p.embedding }

// Transform maps new rows, n × d, to n × k. Time O(n·d·k).
func (p *projection) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return p.linear().transform(ctx, p.method, x, p.embedding)
}

func (p *projection) encode(w *saved.Writer) {
	w.Text(p.method)
	w.Floats(p.mean)
	w.Matrix(p.components)
	p.embedding.encode(w)
}

func (p *projection) decode(r *saved.Reader) {
	p.method, p.mean, p.components = r.Text(), r.Floats(), r.Matrix()
	p.embedding = new(Embedding)
	p.embedding.decode(r)
	if !r.OK() {
		return
	}
	if p.components == nil {
		r.Fail("it has no components")
	} else if _, d := p.components.Dims(); d != len(p.mean) || d != p.embedding.Dim {
		r.Fail("its parts differ in size")
	}
}
