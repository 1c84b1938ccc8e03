package ours

import (
	"sync"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// preparation keeps what is made of an input before the call: another form of it, or what the call is given. It is made when it is first asked
// for, which is while the worker warms up.
type preparation[T any] struct {
	mu   sync.Mutex
	kept map[*mat32.Dense]T // inputs live as long as the process
}

func (p *preparation[T]) of(x *mat32.Dense, make func() (T, error)) (T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, ok := p.kept[x]; ok {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	if p.kept == nil {
		p.kept = map[*mat32.Dense]T{}
	}
	p.kept[x] = v
	return v, nil
}
