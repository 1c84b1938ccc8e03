package affinity

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func TestZeroValuesAreRefused(t *testing.T) {
	var (
		s         Sparse
		laplacian LaplacianOperator
		walk      DiffusionOperator
		heat      HeatOperator
	)
	if n, m := s.Dims(); n != 0 || m != 0 || s.NNZ() != 0 || s.String() == "" || s.Fingerprint() == "" || s.Components().Count != 0 || len(s.Degrees()) != 0 {
		t.Errorf("the zero value says it is %d × %d: %s", n, m, &s)
	}
	x := mat.NewDense(1, 1, nil)
	for name, f := range map[string]func() error{
		"WriteTo":          func() error { _, err := s.WriteTo(new(bytes.Buffer)); return err },
		"Mul":              func() error { return s.Mul(t.Context(), x, x) },
		"Laplacian.Eigen":  func() error { _, err := laplacian.Eigen(t.Context(), 1); return err },
		"Laplacian.Apply":  func() error { return laplacian.Apply(t.Context(), x, x) },
		"Diffusion.Eigen":  func() error { _, err := walk.Eigen(t.Context(), 1); return err },
		"Diffusion.Power":  func() error { return walk.Power(t.Context(), x, x, 1) },
		"HeatKernel.Apply": func() error { return heat.Apply(t.Context(), x, x) },
		"HeatKernel.Dense": func() error { _, err := heat.Dense(t.Context()); return err },
	} {
		var param *mat32.ParamError
		if err := f(); !errors.As(err, &param) {
			t.Errorf("%s: %v, want a *mat32.ParamError", name, err)
		}
	}
	if laplacian.String() == "" || walk.String() == "" {
		t.Error("an operator says nothing")
	}
}

func TestEigenIsBoundedInMemory(t *testing.T) {
	const n = 50_000 // × 49 000 vectors would be 20 GB
	s, err := NewSparse(n, make([]int, n+1), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Laplacian{}.Of(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var memory *mat32.MemoryError
	if _, err := o.Eigen(t.Context(), 49_000); !errors.As(err, &memory) {
		t.Errorf("%v, want a *mat32.MemoryError", err)
	}
}

// Alpha decay says which share of the weights an approximate graph lacks, and nothing of
// an exact one.
func TestAlphaDecayTellsWhatIsMissing(t *testing.T) {
	x := fixture.Normal(1, 150, 4)
	g, err := neighbors.Exact{Neighbors: 12}.Graph(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	told := func(g *neighbors.Graph) string {
		s, err := AlphaDecay{Graph: g}.Weigh(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(s.Notes, "\n")
	}
	if notes := told(g); strings.Contains(notes, "missing") || strings.Contains(notes, "approximate") {
		t.Errorf("of an exact graph: %s", notes)
	}
	whole := *g
	whole.Method = "guessing"
	if notes := told(&whole); !strings.Contains(notes, "approximate: guessing") || !strings.Contains(notes, "\n0 of ") {
		t.Errorf("of an approximate graph that lacks nothing: %s", notes)
	}
	// Every row without the nearest of its neighbours.
	poor := neighbors.Graph{N: g.N, K: 11, Metric: g.Metric, Rows: g.Rows, Method: "guessing"}
	for i := range g.N {
		indices, distances := g.Row(i)
		poor.Indices, poor.Distances = append(poor.Indices, indices[1:]...), append(poor.Distances, distances[1:]...)
	}
	if notes := told(&poor); strings.Contains(notes, "\n0 of ") || !strings.Contains(notes, "weights are missing that 150 rows") {
		t.Errorf("of a graph without the nearest neighbours: %s", notes)
	}
}

func TestChecksHearACancel(t *testing.T) {
	x := fixture.Normal(1, 50, 3)
	g, err := neighbors.Exact{Neighbors: 5}.Graph(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Connectivity{Neighbors: 5, Graph: g}.Weigh(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.CheckContext(ctx, "m", x, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("graph: %v", err)
	}
	if err := s.CheckContext(ctx, "m", "p", x); !errors.Is(err, context.Canceled) {
		t.Errorf("weights: %v", err)
	}
}

// Few modes differ from the whole kernel by no more than they say, which is more than
// what they leave out where they are not exact.
func TestBoundOfModesCountsResiduals(t *testing.T) {
	s, err := Connectivity{Neighbors: 5}.Weigh(t.Context(), fixture.Normal(3, 60, 2))
	if err != nil {
		t.Fatal(err)
	}
	l, err := Laplacian{}.Of(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	o, err := HeatKernel{Time: 2, Solver: EigenHeat, Order: 6}.Of(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	exact := o.Bound()
	o.residual = 1e-3
	o.decay()
	if want := math.Exp(-2*slices.Max(o.values)+4e-3) + 4e-3; math.Abs(o.Bound()-want) > 1e-12 || !(o.Bound() > exact) {
		t.Errorf("bound %v, want %v, above %v", o.Bound(), want, exact)
	}
}
