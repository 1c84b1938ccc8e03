package dr

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// known are the rows of a model that new ones are compared with. Their index is made
// when it is first asked, and kept.
type known struct {
	mu    sync.Mutex
	index neighbors.Index
	busy  chan struct{} // closed when the index that somebody makes is there, or is not to be
}

// nearest returns the k nearest of rows, those of the model always the same, for every
// row of x. Who asks while another makes the index waits for it, or for its own context.
func (k *known) nearest(ctx context.Context, rows mat.Matrix, by neighbors.Auto, x mat.Matrix, count int) (*neighbors.Answer, error) {
	for {
		k.mu.Lock()
		index, busy := k.index, k.busy
		if index == nil && busy == nil {
			k.busy = make(chan struct{})
		}
		k.mu.Unlock()
		switch {
		case index != nil:
			return index.Query(ctx, x, count)
		case busy != nil:
			select {
			case <-busy:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		made, err := by.Index(ctx, rows)
		k.mu.Lock()
		if err == nil {
			k.index = made
		}
		close(k.busy)
		k.busy = nil
		k.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
}

// keep returns the rows of x as a model keeps them: float32 or sparse values are borrowed,
// others are copied, as float32 where that is what they are.
func keep(x mat.Matrix) mat.Matrix {
	switch x := x.(type) {
	case *mat32.Dense, *mat32.CSR:
		return x
	}
	n, d := x.Dims()
	buf := make([]float64, d)
	for i := range n {
		for _, v := range mat32.Row(buf, i, x) {
			if float64(float32(v)) != v {
				return mat.DenseCopyOf(x)
			}
		}
	}
	return mat32.Convert(x)
}
