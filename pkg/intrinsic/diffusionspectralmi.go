package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// DiffusionSpectralMI is the mutual information, in bits, of rows and labels by
// DiffusionSpectralEntropy: how much smaller the entropy is within a class than in as
// many rows of any class, on average over the rows (Liao, Liu, Christensen, Tong,
// Huguet, Wolf, Nickel, Adelstein and Krishnaswamy, 2023, Assessing neural network
// representations during training using noise-resilient diffusion spectral entropy).
// It is near 0 where labels have nothing to do with the rows, and may be below; a
// single class has exactly 0.
//
// Rows are compared with as many of any class because the entropy grows with their
// number. A continuous label is cut into classes by whoever calls.
//
// Time O(Repeats·Σ(m²·d + m³)) over the classes of m rows, memory about 32·m² + 8·n·d
// bytes for the largest class.
type DiffusionSpectralMI struct {
	// Labels is the class of every row, −1 where it is not known: such rows are
	// left out, and noted. There is no default.
	Labels []int

	// Sigma, above 0 and in units of the data, and Power are those of
	// DiffusionSpectralEntropy: larger values see less. Defaults 10 and 1.
	Sigma, Power float64

	// DropFirst leaves the largest eigenvalue out, as in DiffusionSpectralEntropy.
	// Default false.
	DropFirst bool

	// Repeats is how many sets of rows of any class are drawn for each class.
	// More of them make the standard error smaller. Default 5.
	Repeats int

	// Seed of the sets that are drawn.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const diffusionSpectralMI = "intrinsic.DiffusionSpectralMI"

func (m DiffusionSpectralMI) entropy() DiffusionSpectralEntropy {
	return DiffusionSpectralEntropy{Sigma: m.Sigma, Power: m.Power, DropFirst: m.DropFirst, MemoryLimit: m.MemoryLimit}
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m DiffusionSpectralMI) Resolve(n, d int) (DiffusionSpectralMI, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: diffusionSpectralMI, Param: param, Value: value, Want: want}
	}
	e, err := m.entropy().resolve(diffusionSpectralMI, n, d)
	if err != nil {
		return m, err
	}
	m.Sigma, m.Power = e.Sigma, e.Power
	if m.Repeats == 0 {
		m.Repeats = 5
	}
	if m.Repeats < 1 || m.Repeats > math.MaxInt32 {
		return m, fail("Repeats", m.Repeats, fmt.Sprintf("1 ≤ Repeats ≤ %d", math.MaxInt32))
	}
	return m, checkLabels(diffusionSpectralMI, m.Labels, n)
}

// checkLabels refuses labels of another number of rows, or below −1.
func checkLabels(method string, labels []int, n int) error {
	if len(labels) != n {
		return &mat32.ParamError{Method: method, Param: "Labels", Value: fmt.Sprintf("%d labels", len(labels)), Want: fmt.Sprintf("%d, one for every row", n)}
	}
	for i, l := range labels {
		if l < -1 {
			return &mat32.ParamError{Method: method, Param: "Labels", Value: l, Want: fmt.Sprintf("0 or more, or −1 for unknown, at row %d", i)}
		}
	}
	return nil
}

// classes returns the rows of every label that is known, by rising label, and all
// of them together.
func classes(labels []int) (by [][]int, known []int) {
	rows := map[int][]int{}
	for i, l := range labels {
		if l >= 0 {
			rows[l] = append(rows[l], i)
			known = append(known, i)
		}
	}
	names := make([]int, 0, len(rows))
	for l := range rows {
		names = append(names, l)
	}
	slices.Sort(names)
	for _, l := range names {
		by = append(by, rows[l])
	}
	return by, known
}

// Estimate returns the mutual information of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, and the Labels. The standard error is that
// of the sets drawn, from their spread; NaN where Repeats is 1.
//
// Errors: those of mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.DegenerateError where no label is known, or DropFirst leaves nothing of a
// class; and one that wraps ctx.Err().
func (m DiffusionSpectralMI) Estimate(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = diffusionSpectralMI
	fail := func(err error) (measure.Score, error) { return measure.Score{}, fmt.Errorf("%s: %w", method, err) }
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	m, err := m.Resolve(n, d)
	if err != nil {
		return measure.Score{}, err
	}
	by, known := classes(m.Labels)
	if len(known) == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "no label is known"}
	}
	largest := 0
	for _, class := range by {
		largest = max(largest, len(class))
	}
	e := m.entropy()
	if err := mat32.CheckMemory(method, 32*int64(largest)*int64(largest)+8*int64(n)*int64(d), m.MemoryLimit, "take fewer rows"); err != nil {
		return measure.Score{}, err
	}
	rows, err := newDiffused(ctx, x)
	if err != nil {
		return fail(err)
	}
	s := measure.Score{Name: "diffusion spectral mutual information", Rows: len(known),
		Convention: fmt.Sprintf("%s, against %d sets of any class", e.convention(), m.Repeats)}
	progress := watch.Start(ctx, "diffusion spectral mutual information", len(by)*(m.Repeats+1))
	variance := 0.
	for c, class := range by {
		within, err := e.of(ctx, method, rows, class)
		if err != nil {
			return measure.Score{}, err
		}
		progress.Add(1)
		var mean, squares float64
		for r := range m.Repeats {
			stream := rng.New(m.Seed, method, c*m.Repeats+r)
			some := slices.Clone(known)
			for i := range class { // the first places of a shuffle
				j := i + stream.IntN(len(some)-i)
				some[i], some[j] = some[j], some[i]
			}
			some = some[:len(class)]
			slices.Sort(some)
			bits, err := e.of(ctx, method, rows, some)
			if err != nil {
				return measure.Score{}, err
			}
			progress.Add(1)
			change := bits - mean
			mean += change / float64(r+1)
			squares += change * (bits - mean)
		}
		weight := float64(len(class)) / float64(len(known))
		s.Value += weight * (mean - within)
		variance += weight * weight * squares / float64(m.Repeats-1) / float64(m.Repeats)
	}
	s.StdErr = math.Sqrt(variance) // NaN is 0/0
	if out := n - len(known); out > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d rows without a label were left out", out))
	}
	return s, nil
}
