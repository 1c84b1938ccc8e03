package sparse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

// text is what a peer made of a text.
type text struct {
	Name, Text string
	Accepted   bool
	Says       string
	Shape      []int
	Values     []float64

	Multilabel bool
	Targets    []float64
	Labels     [][]float64
	Queries    []int64
}

type texts struct{ Market, SVMLight []text }

// holds fails t where x has not the values, which it holds as float32.
func (c text) holds(t *testing.T, x mat.Matrix) {
	t.Helper()
	rows, cols := x.Dims()
	if rows != c.Shape[0] || cols != c.Shape[1] {
		t.Fatalf("the shape is %d × %d, want %v", rows, cols, c.Shape)
	}
	for k, want := range c.Values {
		if got := x.At(k/cols, k%cols); got != float64(float32(want)) {
			t.Errorf("at %d, %d: %v, want %v", k/cols, k%cols, got, want)
		}
	}
}

func TestMatrixMarketReadsWhatScipyDoes(t *testing.T) {
	var file texts
	golden.Load(t, "sparse", &file)
	for _, c := range file.Market {
		t.Run(c.Name, func(t *testing.T) {
			x, err := sparse.MatrixMarket{}.Read(t.Context(), strings.NewReader(c.Text))
			dense, errDense := sparse.MatrixMarket{}.ReadDense(t.Context(), strings.NewReader(c.Text))
			turned, errTurned := sparse.MatrixMarket{Transpose: true}.Read(t.Context(), strings.NewReader(c.Text))
			if !c.Accepted {
				for _, err := range []error{err, errDense, errTurned} {
					var bad *mat32.FileError
					if !errors.As(err, &bad) {
						t.Fatalf("got %v, want a *mat32.FileError: scipy says %q", err, c.Says)
					}
					line := 0
					if _, err := fmt.Sscanf(c.Says, "Line %d:", &line); err == nil && line != bad.Line {
						t.Errorf("got %v, scipy says %q", err, c.Says)
					}
				}
				return
			}
			if err := errors.Join(err, errDense, errTurned); err != nil {
				t.Fatal(err)
			}
			c.holds(t, x)
			c.holds(t, dense)
			c.holds(t, turned.T())
		})
	}
}

func TestSVMLightReadsWhatScikitLearnDoes(t *testing.T) {
	var file texts
	golden.Load(t, "sparse", &file)
	for _, c := range file.SVMLight {
		t.Run(c.Name, func(t *testing.T) {
			l, err := sparse.SVMLight{Multilabel: c.Multilabel}.Read(t.Context(), strings.NewReader(c.Text))
			if !c.Accepted {
				var bad *mat32.FileError
				if !errors.As(err, &bad) || bad.Line != 1 {
					t.Fatalf("got %v, want a *mat32.FileError of line 1: scikit-learn says %q", err, c.Says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.holds(t, l.X)
			if !slices.Equal(l.Targets, c.Targets) || !slices.Equal(l.Queries, c.Queries) {
				t.Errorf("targets %v and queries %v, want %v and %v", l.Targets, l.Queries, c.Targets, c.Queries)
			}
			if !slices.EqualFunc(l.Labels, c.Labels, slices.Equal) {
				t.Errorf("labels %v, want %v", l.Labels, c.Labels)
			}
		})
	}
}
