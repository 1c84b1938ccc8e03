package neighbors

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/screen"
)

type euclidean struct{}

func (euclidean) String() string { return Euclidean }

func (euclidean) space(ctx context.Context, x mat.Matrix) (space, error) {
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	return &euclideanSpace{rows}, nil
}

type euclideanSpace struct{ rows *screen.Rows }

func (s *euclideanSpace) fast(dst []float32, i int32, to []int32) { s.rows.FastTo(dst, int(i), to) }

func (s *euclideanSpace) exact(i, j int32) float64 { return s.rows.Exact(int(i), int(j)) }

func (s *euclideanSpace) ask(ctx context.Context, y mat.Matrix) (asker, error) { panic("to come") }
