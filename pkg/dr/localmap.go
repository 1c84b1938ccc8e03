package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LocalMAP is PaCMAP with pairs adjusted to the map while it is drawn, so that groups that
// touch in it part along the gaps that the data have: from the second iteration of the
// third phase on near pairs attract by Reach/2 over the root of d, hence more where they
// are near in the map and less where they are far, which are the false ones; and in every
// tenth iteration further pairs are drawn anew among the rows within Reach in the map,
// where a hundred draws meet some.
//
// What is said of PaCMAP holds: the pairs, the phases, few rows, time and memory. Drawing
// anew takes about as long as the iterations in between.
//
// Source: Y. Wang, Y. Sun, H. Huang and C. Rudin (2025), Dimension reduction with locally
// adjusted graphs. Defaults are those of pacmap 0.9.1 where it is left to choose the number
// of neighbours.
type LocalMAP struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2.
	Components int

	// Neighbors is the number of near pairs of a row, at most n−2. Larger values look at
	// larger neighbourhoods. Default 10, and round(10 + 15·(log₁₀ n − 4)) above 10 000
	// rows, or n−2 where the data have fewer rows.
	Neighbors int

	// MidNearRatio is the number of mid-near pairs of a row over that of near ones, at
	// most 1000. Larger values hold the whole together more. Default 0.5; the constant
	// Zero makes none.
	MidNearRatio float64

	// FurtherRatio is the number of further pairs of a row over that of near ones, above
	// 0 and at most 1000; there is at least one. Larger values spread the map more.
	// Default 2.
	FurtherRatio float64

	// Reach is how far apart in the map rows are that a further pair is drawn anew from,
	// and what near pairs are told false by, in units of the map; at most 1e6. Larger
	// values part groups less. Default 10.
	Reach float64

	// Iterations of the three phases, each at most 1e9; −1 leaves one out. Default {100,
	// 100, 250}.
	Iterations [3]int

	// LearningRate is about how far a coordinate moves in a step, in units of the map,
	// which is some tens wide; at most 1e6. Default 1.
	LearningRate float64

	// Columns is how many principal components rows are compared by where n−1 and d are
	// larger. Larger values keep more of the data, and noise; d or more keep all. Ignored
	// for distances. Default 100.
	Columns int

	// Graph, when given, is a graph of the rows of x, as they are, with Neighbors or more
	// neighbours, that is used instead of a new one; see PaCMAP.
	Graph *neighbors.Graph `json:"-"`

	// Start is where the points begin: FromPCA, FromRandom or From(y), as PaCMAP has
	// them. Default FromPCA, or FromRandom for distances.
	Start Start `json:"-"`

	// Seed draws the mid-near and further pairs, and what FromRandom and approximate
	// searches draw.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// pacmap returns the options that PaCMAP has, too.
func (l LocalMAP) pacmap() PaCMAP {
	return PaCMAP{l.Components, l.Neighbors, l.MidNearRatio, l.FurtherRatio, l.Iterations, l.LearningRate, l.Columns, l.Graph, l.Start, l.Seed, l.MemoryLimit}
}

// localMAP returns the options of p with a reach.
func (p PaCMAP) localMAP(reach float64) LocalMAP {
	return LocalMAP{p.Components, p.Neighbors, p.MidNearRatio, p.FurtherRatio, reach, p.Iterations, p.LearningRate, p.Columns, p.Graph, p.Start, p.Seed, p.MemoryLimit}
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (l LocalMAP) Resolve(n, d int) (LocalMAP, error) {
	const method = "dr.LocalMAP"
	reach, err := l.reach(method)
	if err != nil {
		return l, err
	}
	p, err := l.pacmap().resolve(method, n, d)
	return p.localMAP(reach), err
}

func (l LocalMAP) reach(method string) (float64, error) {
	reach := cmp.Or(l.Reach, 10)
	if !(reach > 0 && reach <= 1e6) {
		return reach, &mat32.ParamError{Method: method, Param: "Reach", Value: reach, Want: "above 0 and at most 1e6"}
	}
	return reach, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LocalMAP) String() string { return fmt.Sprintf("%v, reach %.4g", l.pacmap(), l.Reach) }

// Fit makes a map of the rows of x (n × d), or of rows at the distances that x holds. Errors
// are those of PaCMAP; a cancel during the iterations also returns the model so far, its
// embedding marked Partial and without a loss.
func (l LocalMAP) Fit(ctx context.Context, x mat.Matrix) (*LocalMAPModel, error) {
	const method = "dr.LocalMAP"
	reach, err := l.reach(method)
	if err != nil {
		return nil, err
	}
	m, err := l.pacmap().fit(ctx, method, "LocalMAP", x, reach)
	if m == nil {
		return nil, err
	}
	m.embedding.Options = m.options.localMAP(reach).String()
	return &LocalMAPModel{*m, reach}, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (l LocalMAP) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if m == nil {
		return nil, err
	}
	return m.embedding, err
}

// LocalMAPModel is fitted by LocalMAP. It keeps what a PaCMAPModel keeps, and maps new rows
// as that does.
type LocalMAPModel struct {
	pairModel
	reach float64
}

// Options returns the resolved options, without the graph.
func (m *LocalMAPModel) Options() LocalMAP { return m.options.localMAP(m.reach) }

const localMAPKind, localMAPVersion = "dr.LocalMAPModel", 1

func (m *LocalMAPModel) encode(w *saved.Writer) {
	w.Float(m.reach)
	m.pairModel.encode(w)
}

func (m *LocalMAPModel) decode(r *saved.Reader) {
	m.reach = r.Float()
	m.pairModel.decode(r, "dr.LocalMAP")
}

// WriteTo saves the model with its embedding and the rows it was fitted to.
func (m *LocalMAPModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, localMAPKind, localMAPVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LocalMAPModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, localMAPKind, localMAPVersion, m, (*LocalMAPModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LocalMAPModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LocalMAPModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
