package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LandmarkMDS is classical scaling for many rows: the classical layout of a few of them,
// the landmarks, in which all others are placed by their distances to these. Where the
// distances are those between points, and landmarks as many as the dimensions and one
// more, in general position, it gives what ClassicalMDS does, but for a rotation and a
// shift.
//
// Time O(n·Landmarks·d), O(Landmarks³) and O(n·Landmarks·Components); memory
// 52·Landmarks² + 8·n·(Components + 2) + 8·Landmarks·d bytes: no distances of all pairs
// are held.
//
// Source: V. de Silva and J. Tenenbaum (2004), Sparse multidimensional scaling using
// landmark points.
type LandmarkMDS struct {
	// Components is the number of dimensions of the map, at most Landmarks−1. Default 2,
	// or 1 of two rows.
	Components int

	// Landmarks is how many rows are landmarks, above Components and at most n. More of
	// them cost time and come nearer to ClassicalMDS where distances are not those
	// between points of few dimensions. Default 500, or n where the data have fewer rows.
	Landmarks int

	// Choice of the landmarks: MaxMin or AtRandom. Default MaxMin.
	Choice Choice

	// Seed of the first landmark, or of all at random.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Choice is how rows are chosen that stand for all.
type Choice string

const (
	// MaxMin begins with a random row and takes next the row that is farthest from all
	// before it: they spread over the data, and take in what lies apart.
	MaxMin Choice = "max-min"

	// AtRandom takes every row with the same chance.
	AtRandom Choice = "at random"
)

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (l LandmarkMDS) Resolve(n, d int) (LandmarkMDS, error) {
	const method = "dr.LandmarkMDS"
	if err := scalable(method, n, d, &l.Components, l.MemoryLimit); err != nil {
		return l, err
	}
	if l.Landmarks == 0 {
		l.Landmarks = min(n, max(500, l.Components+1))
	}
	if l.Choice == "" {
		l.Choice = MaxMin
	}
	if l.Choice != MaxMin && l.Choice != AtRandom {
		return l, &mat32.ParamError{Method: method, Param: "Choice", Value: l.Choice, Want: "MaxMin or AtRandom"}
	}
	return l, checkRange(method, "Landmarks", l.Landmarks, l.Components+1, n, "n")
}

// String returns the options in one line, as captions and tables show them.
func (l LandmarkMDS) String() string {
	return fmt.Sprintf("%d components, %d landmarks, %s, seed %d", l.Components, l.Landmarks, l.Choice, l.Seed)
}

// Fit finds the map of the rows of x (n × d), or of points at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where the
// landmarks are all equal or distances exceed float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (l LandmarkMDS) Fit(ctx context.Context, x mat.Matrix) (*LandmarkMDSModel, error) {
	const method = "dr.LandmarkMDS"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, cols); err != nil {
		return nil, err
	}
	count := int64(l.Landmarks)
	need := 52*count*count + 8*int64(n)*int64(l.Components+2) + 8*count*int64(cols) + screen.Bytes(x)
	if err := mat32.CheckMemory(method, need, l.MemoryLimit, "take fewer landmarks"); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "landmark scaling", 3)
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, failed(method, err)
	}
	if !rows.Fit() {
		return nil, &mat32.DegenerateError{Method: method, Reason: "distances exceed the largest float64: rescale the data"}
	}
	list, err := l.choose(ctx, rows, n)
	if err != nil {
		return nil, failed(method, err)
	}
	stage.Add(1)
	pairs, err := mds.Condense(ctx, len(list), func(i int, after []float64) {
		for j := range after {
			after[j] = rows.Exact(list[i], list[i+1+j])
		}
	})
	if err != nil {
		return nil, failed(method, err)
	}
	among, err := mat32.NewDistances(len(list), pairs)
	if err != nil {
		return nil, failed(method, err)
	}
	if slices.Max(pairs) == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all landmarks are equal: there are no distances to keep"}
	}
	d, err := dissimilaritiesOf(ctx, method, among)
	if err != nil {
		return nil, err
	}
	m := new(LandmarkMDSModel)
	notes, err := m.scale(ctx, d, mds.Classical{Dim: l.Components, Exact: true})
	if err != nil {
		return nil, err
	}
	m.landmarks, m.limit = list, l.MemoryLimit
	stage.Add(1)
	if cols > 0 {
		if m.rows, err = stand(ctx, method, x, list); err != nil {
			return nil, err
		}
	}
	z, err := m.place(ctx, n, func() func(i int, squares []float64) {
		return func(i int, squares []float64) {
			for j, landmark := range list {
				distance := rows.Exact(i, landmark) / m.unit
				squares[j] = distance * distance
			}
		}
	})
	if err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "landmark MDS", Options: l.String(), Rows: n, Dim: cols, Objective: math.NaN(), Notes: notes}
	stage.Add(1)
	return m, nil
}

// choose returns the landmarks, rising.
func (l LandmarkMDS) choose(ctx context.Context, rows *screen.Rows, n int) ([]int, error) {
	const rowsAtOnce = 256
	draw := rng.New(l.Seed, "landmarks", 0)
	if l.Choice == AtRandom {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		draw.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
		list := all[:l.Landmarks:l.Landmarks]
		slices.Sort(list)
		return list, nil
	}
	list := []int{draw.IntN(n)}
	nearest := slices.Repeat([]float64{math.Inf(1)}, n)
	farthest := make([]int, (n+rowsAtOnce-1)/rowsAtOnce) // of every block
	for len(list) < l.Landmarks {
		last := list[len(list)-1]
		nearest[last] = -1 // not again, but what equals it when nothing else is left
		err := par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
			far := lo
			for i := lo; i < hi; i++ {
				if nearest[i] = min(nearest[i], rows.Exact(i, last)); nearest[i] > nearest[far] {
					far = i
				}
			}
			farthest[lo/rowsAtOnce] = far
		})
		if err != nil {
			return nil, err
		}
		next := 0
		for _, far := range farthest {
			if nearest[far] > nearest[next] {
				next = far
			}
		}
		list = append(list, next)
	}
	slices.Sort(list)
	return list, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (l LandmarkMDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// LandmarkMDSModel is fitted by LandmarkMDS. It keeps the landmarks, unless it was fitted
// to distances: 8·Landmarks·(d + Components) bytes beside the map.
type LandmarkMDSModel struct{ frameModel[LandmarkMDS] }

// Landmarks returns the rows that are landmarks, rising: the columns of what Triangulate
// takes.
func (m *LandmarkMDSModel) Landmarks() []int { return slices.Clone(m.landmarks) }

const landmarkMDSKind = "dr.LandmarkMDSModel"

func (LandmarkMDS) kind() string { return landmarkMDSKind }
