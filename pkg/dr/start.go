package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Start is where an optimiser places the points before its first step: one of
// FromPCA, FromClassical, FromSpectral, FromRandom or From(y).
type Start interface {
	fmt.Stringer
	start()
}

type startBy string

const (
	// FromPCA starts at the first principal components, which keeps the large
	// shape of the data and gives the same map for similar data (D. Kobak and
	// G. Linderman, 2021, Initialization is critical for preserving global data
	// structure in both t-SNE and UMAP).
	FromPCA startBy = "PCA"

	// FromClassical starts at the layout of ClassicalMDS, for methods that keep
	// distances.
	FromClassical startBy = "classical scaling"

	// FromSpectral starts at the map of LaplacianEigenmaps: along the graph of
	// neighbours, where principal components would see through folds.
	FromSpectral startBy = "spectral"

	// FromRandom starts at normal random positions.
	FromRandom startBy = "random"
)

// From starts at y, one row per sample, used as it is.
func From(y mat.Matrix) Start { return given{y} }

type given struct{ Y mat.Matrix }

func (startBy) start()           {}
func (s startBy) String() string { return string(s) }
func (given) start()             {}
func (given) String() string     { return "given" }

// checkStart refuses starts that do not fit n points in dim dimensions; accepted
// lists those a method can do beside a given one.
func checkStart(method string, s Start, n, dim int, accepted ...startBy) error {
	switch s := s.(type) {
	case given:
		if err := mat32.Check(s.Y); err != nil {
			return fmt.Errorf("%s: Start: %w", method, err)
		}
		if r, c := s.Y.Dims(); r != n || c != dim {
			return &mat32.ShapeError{What: "Start", Rows: r, Cols: c, Want: fmt.Sprintf("%d × %d: a row for every sample", n, dim)}
		}
		return nil
	case startBy:
		for _, a := range accepted {
			if s == a {
				return nil
			}
		}
	}
	return &mat32.ParamError{Method: method, Param: "Start", Value: s, Want: fmt.Sprintf("one of %v or From(y)", accepted)}
}

// checkLaidOut is checkStart for methods that place points in float32, whose squared
// distances must not leave it.
func checkLaidOut(method string, s Start, n, dim int, accepted ...startBy) error {
	const most = 1e15
	if err := checkStart(method, s, n, dim, accepted...); err != nil {
		return err
	}
	g, ok := s.(given)
	if !ok {
		return nil
	}
	buf := make([]float64, dim)
	for i := range n {
		for _, v := range mat32.Row(buf, i, g.Y) {
			if math.Abs(v) > most {
				return &mat32.ParamError{Method: method, Param: "Start", Value: v, Want: fmt.Sprintf("coordinates of at most %.0g, where the map is some tens wide", most)}
			}
		}
	}
	return nil
}

// place returns the start for the rows of x in dim dimensions, row after row, and the
// notes of a map that it begins with. The standard deviation of the first coordinate is
// size; random numbers are keyed by seed and purpose; limit is the memory limit.
func place(ctx context.Context, s Start, x mat.Matrix, dim int, size float64, seed uint64, purpose string, limit int64) (y []float64, notes []string, err error) {
	n, d := x.Dims()
	y = make([]float64, n*dim)
	normal := func(scale float64) {
		for i := range n {
			r := rng.New(seed, purpose, i)
			for c := range dim {
				y[i*dim+c] += scale * r.Normal()
			}
		}
	}
	switch s := s.(type) {
	case given:
		for i := range n {
			copy(y[i*dim:], mat32.Row(make([]float64, dim), i, s.Y))
		}
		return y, nil, nil
	case startBy:
		if s == FromRandom {
			normal(size)
			return y, nil, nil
		}
	}
	var (
		z         *mat.Dense
		deviation float64 // of the first coordinate
	)
	if s == FromSpectral {
		e, err := LaplacianEigenmaps{Components: min(dim, n-1), MemoryLimit: limit}.Embed(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		for _, note := range e.Notes {
			notes = append(notes, "spectral start: "+note)
		}
		z = e.Dense
		deviation = stat.PopStdDev(mat.Col(nil, 0, z), nil)
	} else {
		pca, err := PCA{Components: min(dim, d, n-1), MemoryLimit: limit}.Fit(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		z = pca.embedding.Dense
		deviation = math.Sqrt(pca.variance[0] * float64(n-1) / float64(n))
	}
	scale := size / deviation
	for i := range n {
		for c, v := range z.RawRowView(i) {
			y[i*dim+c] = v * scale
		}
	}
	// A little noise separates duplicate rows and fills dimensions that the
	// data do not have.
	normal(0.01 * size)
	return y, notes, nil
}
