package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	spaces "github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// KSubspaces parts rows by the linear subspace that each lies nearest to, and finds the
// subspaces: k-means with a plane through the origin for every centre. Rows go to the subspace
// that has most of their length, and subspaces to the principal components of their rows, not
// centred, in turn, so that the sum of squared distances falls (P. Bradley and O. Mangasarian,
// 2000, k-plane clustering). The best of several starts is taken: a start draws rows by their
// squared distance from the subspaces so far, and spans each by the rows most parallel to it.
//
// It is what training a low-rank denoiser on a mixture of low-rank normal distributions comes to
// (P. Wang, H. Zhang, Z. Zhang, S. Chen, Y. Ma and Q. Qu, 2024, Diffusion models learn
// low-dimensional distributions via subspace clustering): a subspace is found from about as many
// rows as it has dimensions, and from no fewer.
//
// Time O(Restarts·Iterations·n·d·Clusters·Components) and an eigendecomposition of the smaller
// product of every cluster; memory 16·n·d + 8·n·Clusters·Components bytes and 24·m² for m = min(n, d).
type KSubspaces struct {
	// Clusters is the number of subspaces. Default 2, or n where that is less.
	Clusters int

	// Components is the dimension of every subspace. Larger ones hold more of any row, and tell
	// less apart. Default 2, or d where that is less.
	Components int

	// Restarts is the number of starts. Larger values miss the best subspaces less often.
	// Default 10.
	Restarts int

	// Iterations is the most that a start makes; it ends when no row moves. Default 100.
	Iterations int

	// Seed draws the starts.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const ksubspaces = "dr.KSubspaces"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (k KSubspaces) Resolve(n, d int) (KSubspaces, error) {
	for _, o := range []struct {
		name           string
		value          *int
		standard, most int
		why            string
	}{
		{"Clusters", &k.Clusters, min(2, n), n, "n"},
		{"Components", &k.Components, min(2, d), d, "d"},
		{"Restarts", &k.Restarts, 10, mostBlocks, "2²⁰"},
		{"Iterations", &k.Iterations, 100, mostBlocks, "2²⁰"},
	} {
		if *o.value == 0 {
			*o.value = o.standard
		}
		if err := checkRange(ksubspaces, o.name, *o.value, 1, o.most, o.why); err != nil {
			return k, err
		}
	}
	if k.MemoryLimit < 0 {
		return k, &mat32.ParamError{Method: ksubspaces, Param: "MemoryLimit", Value: k.MemoryLimit, Want: "0 or more bytes"}
	}
	return k, nil
}

// Fit returns the subspaces of the rows of x (n × d), which are not centred. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *mat32.DegenerateError where the loss is beyond
// float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (k KSubspaces) Fit(ctx context.Context, x mat.Matrix) (*KSubspacesModel, error) {
	n, d, err := checkRows(ctx, ksubspaces, x, 1)
	if err != nil {
		return nil, err
	}
	if k, err = k.Resolve(n, d); err != nil {
		return nil, err
	}
	m, all := int64(min(n, d)), int64(k.Clusters)*int64(k.Components)
	need := 16*int64(n)*int64(d) + 24*m*m
	if more := float64(all) * 8 * float64(n+3*d); more < 1<<60 {
		need += int64(more)
	} else {
		need = math.MaxInt64
	}
	if err := mat32.CheckMemory(ksubspaces, need, k.MemoryLimit, "use fewer rows, Clusters or Components"); err != nil {
		return nil, err
	}
	f := flats{options: k, n: n, d: d, rows: mat.NewDense(n, d, nil), squares: make([]float64, n), along: mat.NewDense(n, int(all), nil)}
	exponent, err := f.scale(ctx, x)
	if err != nil {
		return nil, failed(ksubspaces, err)
	}
	var best *flatsFound
	stage := watch.Start(ctx, "k-subspaces: starts", k.Restarts)
	for run := range k.Restarts {
		found, err := f.from(ctx, run)
		if err != nil {
			return nil, failed(ksubspaces, err)
		}
		if best == nil || found.loss < best.loss {
			best = found
		}
		stage.Add(1)
	}
	loss := math.Ldexp(best.loss, 2*exponent)
	if math.IsInf(loss, 0) {
		return nil, &mat32.DegenerateError{Method: ksubspaces, Reason: "the loss exceeds the largest float64: rescale the data"}
	}
	return best.model(loss, k), nil
}

// flats finds subspaces of rows in units of a power of two.
type flats struct {
	options KSubspaces
	n, d    int
	rows    *mat.Dense
	squares []float64  // of the lengths of rows
	along   *mat.Dense // n × Clusters·Components: coordinates in all bases
}

// scale copies the rows of x in a unit of two to a power, which it returns, and squares their lengths.
func (f *flats) scale(ctx context.Context, x mat.Matrix) (exponent int, err error) {
	const block = 64
	largest := make([]float64, (f.n+block-1)/block)
	err = par.Blocks(ctx, f.n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := f.rows.RawRowView(i)
			copy(row, mat32.Row(row, i, x))
			for _, v := range row {
				largest[lo/block] = max(largest[lo/block], math.Abs(v))
			}
		}
	})
	if err != nil {
		return 0, err
	}
	_, exponent = math.Frexp(slices.Max(largest))
	return exponent, par.Blocks(ctx, f.n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := f.rows.RawRowView(i)
			for j, v := range row {
				row[j] = math.Ldexp(v, -exponent)
			}
			f.squares[i] = kernel.Dot64(row, row)
		}
	})
}

type flatsFound struct {
	bases      *mat.Dense // Clusters·Components × d; rows of zeros where a cluster spans less
	labels     []int
	loss       float64
	iterations int
}

func (f *flats) from(ctx context.Context, run int) (*flatsFound, error) {
	o := f.options
	found := &flatsFound{bases: mat.NewDense(o.Clusters*o.Components, f.d, nil), labels: make([]int, f.n)}
	left := slices.Clone(f.squares) // of the squared lengths of rows, what no subspace so far has
	draw := rng.New(o.Seed, "k-subspaces", run)
	for c := range o.Clusters {
		if err := f.span(ctx, found, c, f.parallel(drawn(left, &draw))); err != nil {
			return nil, err
		}
		if err := f.project(ctx, found); err != nil {
			return nil, err
		}
		for i := range left {
			left[i] = min(left[i], f.off(i, c))
		}
	}
	members := make([][]int, o.Clusters)
	for {
		moved := found.iterations == 0
		found.loss = 0
		for c := range members {
			members[c] = members[c][:0]
		}
		for i := range f.n {
			at, least := 0, math.Inf(1)
			for c := range o.Clusters {
				if off := f.off(i, c); off < least {
					at, least = c, off
				}
			}
			moved = moved || at != found.labels[i]
			found.labels[i] = at
			left[i] = least
			found.loss += least
			members[at] = append(members[at], i)
		}
		if !moved || found.iterations == o.Iterations {
			return found, nil
		}
		found.iterations++
		for c, rows := range members {
			if len(rows) == 0 { // it begins anew at the row that is farthest from its subspace
				far := 0
				for i, v := range left {
					if v > left[far] {
						far = i
					}
				}
				rows = f.parallel(far)
				left[far] = 0
			}
			if err := f.span(ctx, found, c, rows); err != nil {
				return nil, err
			}
		}
		if err := f.project(ctx, found); err != nil {
			return nil, err
		}
	}
}

// drawn draws an index in proportion to weights, or any where all are zero.
func drawn(weights []float64, draw *rng.Stream) int {
	total := 0.
	for _, w := range weights {
		total += w
	}
	at := total * draw.Float64()
	if !(total > 0) {
		return draw.IntN(len(weights))
	}
	last := 0
	for i, w := range weights {
		if w > 0 {
			last = i
			if at -= w; at < 0 {
				break
			}
		}
	}
	return last
}

// parallel returns a row and those most parallel to it, as many as span a subspace.
func (f *flats) parallel(to int) []int {
	cosines := make([]float64, f.n)
	own := f.rows.RawRowView(to)
	for i := range cosines {
		if f.squares[i] > 0 {
			v := kernel.Dot64(own, f.rows.RawRowView(i))
			cosines[i] = v * v / f.squares[i]
		}
	}
	cosines[to] = math.Inf(1)
	order := make([]int, f.n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case cosines[a] > cosines[b]:
			return -1
		case cosines[a] < cosines[b]:
			return 1
		}
		return 0
	})
	return order[:min(f.n, f.options.Components)]
}

// span writes the principal components of some rows, not centred, to the basis of a cluster.
func (f *flats) span(ctx context.Context, found *flatsFound, c int, rows []int) error {
	q := f.options.Components
	to := found.bases.Slice(c*q, (c+1)*q, 0, f.d).(*mat.Dense)
	to.Zero()
	some := mat.NewDense(len(rows), f.d, nil)
	for k, i := range rows {
		some.SetRow(k, f.rows.RawRowView(i))
	}
	g, err := spaces.Gram(ctx, some) // the smaller product
	if err != nil {
		return err
	}
	m := g.SymmetricDim()
	values, vectors, err := linalg.EigenSymRange(ctx, g, 0, min(q, m))
	if err != nil {
		return err
	}
	rank := 0
	for rank < min(q, m) && values[rank] > float64(max(len(rows), f.d))*0x1p-52*values[0] {
		rank++
	}
	if rank == 0 {
		return ctx.Err()
	}
	basis := to.Slice(0, rank, 0, f.d).(*mat.Dense)
	if m == f.d {
		basis.Copy(vectors.Slice(0, rank, 0, m))
	} else {
		v := vectors.Slice(0, rank, 0, m).(*mat.Dense)
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, v.RawMatrix(), some.RawMatrix(), 0, basis.RawMatrix()); err != nil {
			return err
		}
		if err := linalg.Orthonormalize(ctx, basis); err != nil {
			return err
		}
	}
	for k := range rank { // the largest entry of a vector is positive
		row := basis.RawRowView(k)
		at := 0
		for j, v := range row {
			if math.Abs(v) > math.Abs(row[at]) {
				at = j
			}
		}
		if row[at] < 0 {
			for j := range row {
				row[j] = -row[j]
			}
		}
	}
	return nil
}

// project finds the coordinates of all rows in all bases.
func (f *flats) project(ctx context.Context, found *flatsFound) error {
	return kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, f.rows.RawMatrix(), found.bases.RawMatrix(), 0, f.along.RawMatrix())
}

// off returns the squared distance of a row from the subspace of a cluster.
func (f *flats) off(i, c int) float64 {
	q := f.options.Components
	z := f.along.RawRowView(i)[c*q : (c+1)*q]
	return max(f.squares[i]-kernel.Dot64(z, z), 0)
}

// model numbers clusters by their first rows.
func (f *flatsFound) model(loss float64, k KSubspaces) *KSubspacesModel {
	m := &KSubspacesModel{Labels: f.labels, Loss: loss, Iterations: f.iterations}
	number := slices.Repeat([]int{-1}, k.Clusters)
	for i, c := range f.labels {
		if number[c] < 0 {
			number[c] = len(m.Bases)
			basis := f.bases.Slice(c*k.Components, (c+1)*k.Components, 0, f.bases.RawMatrix().Cols).(*mat.Dense)
			rank := 0
			for rank < k.Components && mat.Norm(basis.RowView(rank), 2) > 0 {
				rank++
			}
			if rank == 0 {
				m.Bases = append(m.Bases, nil)
			} else {
				m.Bases = append(m.Bases, mat.DenseCopyOf(basis.Slice(0, rank, 0, basis.RawMatrix().Cols)))
			}
			if rank < k.Components {
				m.Notes = append(m.Notes, fmt.Sprintf("the rows of cluster %d span %d dimensions", number[c], rank))
			}
		}
		m.Labels[i] = number[c]
	}
	if found := len(m.Bases); found < k.Clusters {
		m.Notes = append(m.Notes, fmt.Sprintf("%d clusters of %d: the rows lie in no more subspaces", found, k.Clusters))
	}
	m.dim = f.bases.RawMatrix().Cols
	return m
}
