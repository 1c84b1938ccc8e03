package par

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Crew runs many short loops one after the other, each cut into parts. Its
// goroutines stay awake for a while in between: to start them anew takes as long as
// the work of a part. It must be dismissed before anything else runs in parallel.
type Crew struct {
	todo    atomic.Pointer[job]
	workers []bed // the caller's first
	gone    sync.WaitGroup
}

// MaxParts is how many parts a loop of a Crew may be cut into.
const MaxParts = 40

// How often one looks for work before going to bed. Those who never sleep are never
// moved to a core of their own, if two of them share one.
const looks = 100_000

type job struct {
	f       func(part int)
	parts   int
	left    atomic.Int32
	claimed [MaxParts]atomic.Bool
	last    bool
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

// Run calls f for every part, of at most MaxParts, once and returns when all are done. Which goroutine
// runs which is left to chance, though each tends to get the parts it had before,
// whose data is then in its cache.
func (c *Crew) Run(parts int, f func(part int)) {
	if len(c.workers) == 1 {
		for p := range parts {
			f(p)
		}
		return
	}
	j := &job{f: f, parts: parts}
	j.left.Store(int32(parts))
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

// work does what is not claimed yet, beginning with the share of worker w.
func (c *Crew) work(j *job, w int) {
	first := w * j.parts / len(c.workers)
	for i := range j.parts {
		p := (first + i) % j.parts
		if !j.claimed[p].Load() && j.claimed[p].CompareAndSwap(false, true) {
			j.f(p)
			if j.left.Add(-1) == 0 {
				c.workers[0].rouse()
			}
		}
	}
}

// Dismiss ends the goroutines.
func (c *Crew) Dismiss() {
	c.call(&job{last: true})
	c.gone.Wait()
}
