package dr

import (
	"context"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// made is something of a model that is made when it is first asked for, and kept.
type made[T any] struct {
	mu    sync.Mutex
	there bool
	value T
	busy  chan struct{} // closed when what somebody makes is there, or is not to be
}

// ask returns what build does, or did before. Who asks while another makes it waits for it,
// or for its own context; what is cancelled is made by the next.
func (m *made[T]) ask(ctx context.Context, build func() (T, error)) (T, error) {
	for {
		m.mu.Lock()
		there, value, busy := m.there, m.value, m.busy
		if !there && busy == nil {
			m.busy = make(chan struct{})
		}
		m.mu.Unlock()
		switch {
		case there:
			return value, nil
		case busy != nil:
			select {
			case <-busy:
			case <-ctx.Done():
				return value, ctx.Err()
			}
			continue
		}
		value, err := build()
		m.mu.Lock()
		if err == nil {
			m.there, m.value = true, value
		}
		close(m.busy)
		m.busy = nil
		m.mu.Unlock()
		return value, err
	}
}

// known are the rows of a model that new ones are compared with: their index.
type known struct{ made[neighbors.Index] }

// nearest returns the k nearest of rows, those of the model always the same, for every
// row of x.
func (k *known) nearest(ctx context.Context, rows mat.Matrix, by neighbors.Auto, x mat.Matrix, count int) (*neighbors.Answer, error) {
	index, err := k.ask(ctx, func() (neighbors.Index, error) { return by.Index(ctx, rows) })
	if err != nil {
		return nil, err
	}
	return index.Query(ctx, x, count)
}

// keep returns the rows of x as a model keeps them: float32 or sparse values are borrowed,
// others are copied, as float32 where that is what they are. The error is ctx.Err().
func keep(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	const block = 64
	switch x := x.(type) {
	case *mat32.Dense, *mat32.CSR:
		return x, nil
	}
	n, d := x.Dims()
	scratch := func() []float64 { return make([]float64, d) }
	for _, v := range mat32.Row(scratch(), 0, x) {
		if float64(float32(v)) != v { // most data that are wider are so from the first row on
			return keepWide(ctx, x)
		}
	}
	var wide atomic.Bool
	rows := mat32.NewDense(n, d, nil)
	err := par.BlocksWith(ctx, n, block, scratch, func(buf []float64, lo, hi int) {
		for i := lo; i < hi && !wide.Load(); i++ {
			row := rows.Row(i)
			for j, v := range mat32.Row(buf, i, x) {
				if row[j] = float32(v); float64(row[j]) != v {
					wide.Store(true)
				}
			}
		}
	})
	if err == nil && wide.Load() {
		return keepWide(ctx, x)
	}
	return rows, err
}

// keepWide is keep for values that float32 does not hold.
func keepWide(ctx context.Context, x mat.Matrix) (mat.Matrix, error) {
	const block = 64
	n, d := x.Dims()
	rows := mat.NewDense(n, d, nil)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := rows.RawRowView(i)
			copy(to, mat32.Row(to, i, x))
		}
	})
	return rows, err
}
