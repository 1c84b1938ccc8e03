package linalg

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// crew runs many short loops one after the other, each cut into parts. Its
// goroutines stay awake in between: to start them anew takes as long as the
// work of a part. It must be dismissed before anything else runs in parallel.
type crew struct {
	todo atomic.Pointer[job]
	size int
	gone sync.WaitGroup
}

// maxParts bounds the parts of a job.
const maxParts = 40

type job struct {
	f       func(part int)
	parts   int
	left    atomic.Int32
	claimed [maxParts]atomic.Bool
	last    bool
}

// newCrew starts a crew of at most one goroutine a processor, the caller's
// included.
func newCrew(most int) *crew {
	c := &crew{size: max(1, min(most, runtime.GOMAXPROCS(0), runtime.NumCPU()))}
	for w := 1; w < c.size; w++ {
		c.gone.Go(func() {
			var done *job
			for {
				for spins := 1; c.todo.Load() == done; spins++ {
					if spins%256 == 0 {
						runtime.Gosched()
					}
				}
				done = c.todo.Load()
				if done.last {
					return
				}
				done.work(w, c.size)
			}
		})
	}
	return c
}

// run calls f for every part once and returns when all are done. Which goroutine
// runs which is left to chance, though each tends to get the parts it had before,
// whose data is then in its cache.
func (c *crew) run(parts int, f func(part int)) {
	if c.size == 1 {
		for p := range parts {
			f(p)
		}
		return
	}
	j := &job{f: f, parts: parts}
	j.left.Store(int32(parts))
	c.todo.Store(j)
	j.work(0, c.size)
	for spins := 1; j.left.Load() > 0; spins++ {
		if spins%256 == 0 {
			runtime.Gosched()
		}
	}
}

// work does what is not claimed yet, beginning with the share of worker w.
func (j *job) work(w, workers int) {
	first := w * j.parts / workers
	for i := range j.parts {
		p := (first + i) % j.parts
		if !j.claimed[p].Load() && j.claimed[p].CompareAndSwap(false, true) {
			j.f(p)
			j.left.Add(-1)
		}
	}
}

// dismiss ends the goroutines.
func (c *crew) dismiss() {
	c.todo.Store(&job{last: true})
	c.gone.Wait()
}
