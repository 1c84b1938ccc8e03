package ours

import (
	"sync"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// preparation keeps what is made of an input that comes in another form than the call takes. It is made when it is first asked
// for, which is while the worker warms up.
type preparation[T any] struct {
	mu   sync.Mutex
	kept map[*mat32.Dense]T // inputs live as long as the process
}

func (p *preparation[T]) of(x *mat32.Dense, make func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.kept[x]
	if !ok {
		v = make()
		if p.kept == nil {
			p.kept = map[*mat32.Dense]T{}
		}
		p.kept[x] = v
	}
	return v
}
