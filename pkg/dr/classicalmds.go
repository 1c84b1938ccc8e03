package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ClassicalMDS, classical scaling or principal coordinates, finds points whose scalar
// products are nearest to those that the distances of the data imply: the leading
// eigenvectors of the doubly centred matrix of −½·δ², times the roots of their
// eigenvalues. Of rows it gives the coordinates of PCA; of distances between points,
// the points, but for a rotation. Other dissimilarities have negative eigenvalues, which
// no points have: these are left out, and the notes say how large they are.
//
// The entry of largest magnitude of a coordinate is positive. Time O(n²·d) for the
// distances of rows, and O(n³) for Exact or O(n²·Components) for each of some dozens of
// products; memory 4·n² + 8·n·d bytes for rows, and 48·n² for Exact.
//
// Sources: W. Torgerson (1952), Multidimensional scaling: I. Theory and method; J. Gower
// (1966), Some distance properties of latent root and vector methods used in
// multivariate analysis; J. Gower (1968), Adding a point to vector diagrams in
// multivariate analysis, for new rows.
type ClassicalMDS struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Solver is Exact or Lanczos. Default Auto: Lanczos where n is above 500 and more
	// than twenty times Components, else Exact.
	Solver Solver

	// Seed of the random vectors that Lanczos begins with. Ignored by Exact.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (c ClassicalMDS) Resolve(n, d int) (ClassicalMDS, error) {
	const method = "dr.ClassicalMDS"
	if err := scalable(method, n, d, &c.Components, c.MemoryLimit); err != nil {
		return c, err
	}
	if c.Solver == Auto {
		c.Solver = Exact
		if n > 500 && n > 20*c.Components {
			c.Solver = Lanczos
		}
	}
	return c, checkSolver(method, c.Solver, Exact, Lanczos)
}

// String returns the options in one line, as captions and tables show them.
func (c ClassicalMDS) String() string {
	return fmt.Sprintf("%d components, %s", c.Components, c.Solver)
}

// Fit finds the map of the rows of x (n × d), or of points at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal or distances exceed float64, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (c ClassicalMDS) Fit(ctx context.Context, x mat.Matrix) (*ClassicalMDSModel, error) {
	const method = "dr.ClassicalMDS"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if c, err = c.Resolve(n, cols); err != nil {
		return nil, err
	}
	need := pairsMemory(x) + 8*int64(n)*int64(cols) + 8*int64(n)*60*int64(c.Components+8)
	if c.Solver == Exact {
		need += 48 * int64(n) * int64(n)
	}
	if err := mat32.CheckMemory(method, need, c.MemoryLimit, "it holds all pairs: use fewer rows, or dr.LandmarkMDS"); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "classical scaling", 2)
	d, err := dissimilaritiesOf(ctx, method, x)
	if err != nil {
		return nil, err
	}
	stage.Add(1)
	m := new(ClassicalMDSModel)
	notes, err := m.scale(ctx, d, mds.Classical{Dim: c.Components, Exact: c.Solver == Exact, Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	if m.limit = c.MemoryLimit; cols > 0 {
		if m.rows, err = stand(ctx, method, x, nil); err != nil {
			return nil, err
		}
	}
	m.embedding = &Embedding{Dense: mat.DenseCopyOf(m.points), Method: "classical MDS", Options: c.String(), Rows: n, Dim: cols,
		Objective: math.NaN(), Notes: notes}
	if err := d.scaled(m.embedding.Dense); err != nil {
		return nil, err
	}
	stage.Add(1)
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (c ClassicalMDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := c.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// ClassicalMDSModel is fitted by ClassicalMDS. It keeps the rows it was fitted to, unless
// these were distances, for new ones are compared with them: 8·n·(d + Components) bytes.
type ClassicalMDSModel struct{ frameModel[ClassicalMDS] }

const classicalMDSKind = "dr.ClassicalMDSModel"

func (ClassicalMDS) kind() string { return classicalMDSKind }
