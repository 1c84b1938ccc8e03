package viz

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"math"
	"sync"

	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// A Tape says how much a [Recording] holds. The zero Tape has the defaults.
type Tape struct {
	// Snapshots is how many layouts are held at most, 120 by default; from half as many on. Fewer than 4 are taken for 4.
	Snapshots int
	// MemoryLimit is how many bytes they take at most, 256 MiB by default: 8 for each number of a layout.
	MemoryLimit int64
}

// A Recording holds layouts of an optimisation, as snapshots for an [Animation]. It is safe for concurrent use, and can be kept by cell.Keep.
type Recording struct {
	mu    sync.Mutex
	tape  Tape
	every int // a layout of so many is held
	seen  int // layouts that were offered
	loss  float64
	held  []shot
	tail  *shot // the last of a stage, which is not one of every
}

// A shot is a layout that was recorded.
type shot struct {
	At   int // which of those that were offered it is
	Y    *mat.Dense
	Name string
	Loss float64
}

// Record returns a context under which optimisations are recorded: methods report their layout after every iteration (t-SNE, UMAP, PaCMAP,
// TriMap and their kin), and of these every layout is held, or when that becomes too many, every second, fourth and so on, and the last.
// Which ones are held depends on their number alone, never on time, so that the same optimisation gives the same recording. It changes no
// result. The layouts that are not held are not copied.
//
//	rec := cell.Keep(cell.On(x), func(ctx context.Context) (*viz.Recording, error) {
//		ctx, rec := viz.Record(ctx, viz.Tape{})
//		_, err := dr.TSNE{}.Embed(ctx, x)
//		return rec, err
//	})
//	viz.Animation(rec.Snapshots(), viz.Points{Labels: d.Labels}).Show()
func Record(ctx context.Context, t Tape) (context.Context, *Recording) {
	const snapshots, bytes = 120, 256 << 20
	if t.Snapshots == 0 {
		t.Snapshots = snapshots
	}
	if t.MemoryLimit == 0 {
		t.MemoryLimit = bytes
	}
	r := &Recording{tape: t, every: 1, loss: math.NaN()}
	return watch.With(ctx, r.see), r
}

// see is the watcher's function.
func (r *Recording) see(e watch.Event) {
	if e.Layout == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.seen
	r.seen++
	if e.Loss == e.Loss { // few layouts come with one
		r.loss = e.Loss
	}
	regular := at%r.every == 0
	if !regular && e.Done != e.Total {
		r.tail = nil
		return
	}
	s := shot{at, e.Layout(), fmt.Sprintf("iteration %d", e.Done), r.loss}
	if !regular {
		r.tail = &s
		return
	}
	r.held, r.tail = append(r.held, s), nil
	n, d := s.Y.Dims()
	for most := r.most(n, d); len(r.held) > most; {
		r.every *= 2
		kept := r.held[:0]
		for _, s := range r.held {
			if s.At%r.every == 0 {
				kept = append(kept, s)
			}
		}
		clear(r.held[len(kept):])
		r.held = kept
	}
}

// most is how many layouts of n rows and d columns are held, beside a last one.
func (r *Recording) most(n, d int) int {
	const fewest = 4
	room := r.tape.MemoryLimit/(8*int64(max(1, n*d))) - 1
	return max(fewest, min(r.tape.Snapshots, int(min(room, math.MaxInt32)))) - 1
}

// Snapshots returns what is recorded, in order. The loss of a snapshot is the last that the method has reported before.
func (r *Recording) Snapshots() []Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Snapshot
	for _, s := range r.shots() {
		all = append(all, Snapshot{s.Y, s.Name, s.Loss})
	}
	return all
}

func (r *Recording) shots() []shot {
	all := append([]shot(nil), r.held...)
	if r.tail != nil {
		all = append(all, *r.tail)
	}
	return all
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (r *Recording) MarshalBinary() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(r.shots()); err != nil {
		return nil, fmt.Errorf("viz: %w", err)
	}
	return b.Bytes(), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. It fails when the bytes are not those of MarshalBinary.
func (r *Recording) UnmarshalBinary(b []byte) error {
	var held []shot
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&held); err != nil {
		return fmt.Errorf("viz: no recording: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.tail = held, nil
	return nil
}
