package cluster

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LeidenModel holds the communities of a graph.
type LeidenModel struct {
	Labels     []int   // the community of every row, numbered from 0 by their first rows
	Sizes      []int   // rows of each
	Quality    Quality // what was made large
	Resolution float64 // its γ
	Value      float64 // what it is for these communities
	Iterations int     // that were made
	Stable     bool    // the last of them changed nothing
}

// evaluate finds the value of the communities, from weights in a unit of 2^exponent.
func (m *LeidenModel) evaluate(ctx context.Context, weights *affinity.Sparse, exponent int) error {
	within, degree, all := make([]float64, len(m.Sizes)), make([]float64, len(m.Sizes)), 0.
	for i, c := range m.Labels {
		if i%4096 == 0 && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", leidenMethod, ctx.Err())
		}
		columns, row := weights.Row(i)
		for k, j := range columns {
			w := math.Ldexp(row[k], -exponent)
			degree[c] += w
			if m.Labels[j] == c && (int(j) != i || m.Quality == Modularity) {
				within[c] += w
			}
		}
	}
	for _, d := range degree {
		all += d
	}
	for c, w := range within {
		switch n := float64(m.Sizes[c]); {
		case m.Quality == CPM:
			m.Value += math.Ldexp(w/2, exponent) - m.Resolution*n*(n-1)/2
		case all > 0: // without edges there is nothing to be expected
			m.Value += w/all - m.Resolution*(degree[c]/all)*(degree[c]/all)
		}
	}
	if math.IsInf(m.Value, 0) || math.IsNaN(m.Value) {
		return &mat32.DegenerateError{Method: leidenMethod, Reason: "the quality exceeds the largest float64: rescale the weights"}
	}
	return nil
}

// String returns a line: communities, the range of their sizes, quality.
func (m *LeidenModel) String() string {
	if len(m.Sizes) == 0 {
		return "Leiden of no rows"
	}
	s := fmt.Sprintf("Leiden of %d rows: %d communities of %d to %d rows, %s %.6g at resolution %.4g after %d iterations",
		len(m.Labels), len(m.Sizes), slices.Min(m.Sizes), slices.Max(m.Sizes), m.Quality, m.Value, m.Resolution, m.Iterations)
	if m.Stable {
		s += ", stable"
	}
	return s
}

const leidenKind = "cluster.LeidenModel"

// WriteTo writes the model in a form that ReadFrom reads.
func (m *LeidenModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, leidenKind, func(s *saved.Writer) {
		s.Ints(m.Labels)
		s.Text(string(m.Quality))
		s.Float(m.Resolution)
		s.Float(m.Value)
		s.Int(m.Iterations)
		s.Bool(m.Stable)
	})
}

func (m *LeidenModel) decode(s *saved.Reader) {
	m.Labels, m.Sizes = labeled(s)
	m.Quality, m.Resolution, m.Value, m.Iterations, m.Stable = Quality(s.Text()), s.Float(), s.Float(), s.Int(), s.Bool()
	switch {
	case !s.OK():
	case slices.Min(m.Labels) < 0:
		s.Fail("it has rows in no community")
	case m.Quality != Modularity && m.Quality != CPM:
		s.Fail("its quality is unknown")
	case !(m.Resolution >= 0) || math.IsInf(m.Resolution, 0) || math.IsNaN(m.Value) || math.IsInf(m.Value, 0) || m.Iterations < 0:
		s.Fail("its numbers are out of range")
	}
}

// ReadFrom replaces the model by one that WriteTo wrote. The error is a *mat32.FileError, and m
// does not change, where the file is damaged, of another kind or of a newer version.
func (m *LeidenModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, leidenKind, m, (*LeidenModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LeidenModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LeidenModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
