package par

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Crew runs many short loops one after the other, each cut into parts. Its
// goroutines stay awake for a while in between: to start them anew takes as long as
// the work of a part. While they are awake they are in the way of whatever else runs in
// parallel: that should be given to the crew as well, or wait until it is dismissed.
type Crew struct {
	todo    atomic.Pointer[job]
	workers []bed // the caller's first
	gone    sync.WaitGroup
	busy    atomic.Bool // with a loop of Blocks
}

// MaxParts is how many parts a loop of a Crew should be cut into at most: enough for every
// core, and each long beside what it takes to hand it out.
const MaxParts = 40

// How often one looks for work before going to bed. Those who never sleep are never
// moved to a core of their own, if two of them share one.
const looks = 100_000

// job is a loop. Every worker begins with a share of the parts, which is the same for every
// loop of as many, and whose data is then in its cache; then it helps the others.
type job struct {
	f      func(worker, part int)
	parts  int
	left   atomic.Int64 // of the parts, not done
	shares []share
	last   bool
}

// share is one worker's, on a cache line of its own: that of another is slow to ask.
type share struct {
	taken atomic.Int64
	_     [56]byte
}

// bed is where one of the crew sleeps.
type bed struct {
	taken atomic.Bool
	wake  chan struct{}
}

// await returns when ready does. Who makes it ready calls rouse afterwards.
func (b *bed) await(ready func() bool) {
	for range looks {
		if ready() {
			return
		}
	}
	for !ready() {
		b.taken.Store(true)
		if ready() && b.taken.CompareAndSwap(true, false) {
			return
		}
		<-b.wake
	}
}

func (b *bed) rouse() {
	if b.taken.Load() && b.taken.CompareAndSwap(true, false) {
		b.wake <- struct{}{}
	}
}

// NewCrew starts a crew of at most one goroutine a processor, the caller's
// included.
func NewCrew(most int) *Crew {
	c := &Crew{workers: make([]bed, max(1, min(most, runtime.GOMAXPROCS(0), runtime.NumCPU())))}
	for w := range c.workers {
		c.workers[w].wake = make(chan struct{}, 1)
		if w == 0 {
			continue
		}
		c.gone.Go(func() {
			var done *job
			for {
				c.workers[w].await(func() bool { return c.todo.Load() != done })
				done = c.todo.Load()
				if done.last {
					return
				}
				c.work(done, w)
			}
		})
	}
	return c
}

// Run calls f for every part once and returns when all are done. Which goroutine runs
// which is left to chance, though each tends to get the parts it had before, whose data is
// then in its cache.
func (c *Crew) Run(parts int, f func(part int)) {
	c.run(parts, func(_, part int) { f(part) })
}

// run is Run, and tells f which of the workers it is.
func (c *Crew) run(parts int, f func(worker, part int)) {
	if len(c.workers) == 1 {
		for p := range parts {
			f(0, p)
		}
		return
	}
	j := &job{f: f, parts: parts, shares: make([]share, len(c.workers))}
	j.left.Store(int64(parts))
	c.call(j)
	c.work(j, 0)
	c.workers[0].await(func() bool { return j.left.Load() == 0 })
}

// call tells everybody of a job.
func (c *Crew) call(j *job) {
	c.todo.Store(j)
	for w := 1; w < len(c.workers); w++ {
		c.workers[w].rouse()
	}
}

// work does what is not taken yet, beginning with the share of worker w.
func (c *Crew) work(j *job, w int) {
	workers, done := len(j.shares), 0
	for i := range workers {
		s := (w + i) % workers
		lo, hi := s*j.parts/workers, (s+1)*j.parts/workers
		for {
			p := lo + int(j.shares[s].taken.Add(1)) - 1
			if p >= hi {
				break
			}
			j.f(w, p)
			done++
		}
	}
	if done > 0 && j.left.Add(-int64(done)) == 0 {
		c.workers[0].rouse()
	}
}

// Dismiss ends the goroutines.
func (c *Crew) Dismiss() {
	c.call(&job{last: true})
	c.gone.Wait()
}

type crewKey struct{}

// WithCrew returns a context whose loops are run by one crew, which pays for many short
// ones: Blocks, BlocksWith and Sum that are given it start no goroutines of their own. A
// loop within another, or beside it, is run as without it. The function that is returned
// dismisses the crew.
func WithCrew(ctx context.Context) (context.Context, func()) {
	c := NewCrew(MaxParts)
	return context.WithValue(ctx, crewKey{}, c), c.Dismiss
}

type aloneKey struct{}

// Alone returns a context whose loops run on the goroutine that asks: those of a part of
// work that is already cut into enough parts for every core.
func Alone(ctx context.Context) context.Context { return context.WithValue(ctx, aloneKey{}, true) }

// crewOf returns the crew of a context, busy until it is told otherwise, or nil where there
// is none that is free.
func crewOf(ctx context.Context) *Crew {
	if c, ok := ctx.Value(crewKey{}).(*Crew); ok && len(c.workers) > 1 && c.busy.CompareAndSwap(false, true) {
		return c
	}
	return nil
}

// blocksBy is BlocksWith by a crew.
func blocksBy[S any](ctx context.Context, c *Crew, n, size int, scratch func() S, f func(s S, lo, hi int)) error {
	defer c.busy.Store(false)
	var once sync.Once
	var failed any
	done, broken := ctx.Done(), make(chan struct{})
	own := make([]*S, len(c.workers))
	c.run((n+size-1)/size, func(w, b int) {
		defer func() {
			if r := recover(); r != nil {
				once.Do(func() { failed = r; close(broken) })
			}
		}()
		select {
		case <-done:
			return
		case <-broken: // the others need not go on
			return
		default:
		}
		if own[w] == nil {
			s := scratch()
			own[w] = &s
		}
		f(*own[w], b*size, min((b+1)*size, n))
	})
	if failed != nil {
		panic(failed)
	}
	return ctx.Err()
}
