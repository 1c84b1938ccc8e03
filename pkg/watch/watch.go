package watch

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// Event is one report of progress.
type Event struct {
	Stage       string  // what is being done, for example "t-SNE: affinities"
	Done, Total int     // units finished and in all; Total is 0 when unknown
	Loss        float64 // the objective so far; NaN where a stage has none
	Note        string  // something the reader should know, such as a fallback

	// Layout returns a copy of the embedding as it is at this event, or is nil
	// where a stage has none. It may only be called before the watcher returns.
	Layout func() *mat.Dense
}

type key struct{}

// watcher serialises the calls that reach one function.
type watcher struct {
	mu sync.Mutex
	f  func(Event)
}

// With returns a context whose events go to f, and to the watcher that ctx
// already has. Calls of f never overlap, but may come from any goroutine. The
// work waits while f runs: f should return quickly.
func With(ctx context.Context, f func(Event)) context.Context {
	outer, _ := ctx.Value(key{}).(*watcher)
	if outer != nil {
		inner := f
		f = func(e Event) { inner(e); outer.report(e) }
	}
	return context.WithValue(ctx, key{}, &watcher{f: f})
}

func (w *watcher) report(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.f(e)
}

// Watched reports whether anybody watches ctx: a method asks before it does
// work that only a watcher needs, such as computing a loss.
func Watched(ctx context.Context) bool {
	return ctx.Value(key{}) != nil
}

// Report sends an event to whoever watches ctx; with no watcher it does nothing.
func Report(ctx context.Context, e Event) {
	if w, ok := ctx.Value(key{}).(*watcher); ok {
		w.report(e)
	}
}

// Note reports a remark on the stage.
func Note(ctx context.Context, stage, note string) {
	Report(ctx, Event{Stage: stage, Loss: math.NaN(), Note: note})
}

// Stage counts the units of one stage. It is safe for concurrent use, and a
// stage nobody watches costs next to nothing.
type Stage struct {
	w     *watcher
	name  string
	total int

	mu   sync.Mutex
	done int
}

// Start begins a stage of total units and reports that none is done.
func Start(ctx context.Context, name string, total int) *Stage {
	s := &Stage{name: name, total: total}
	s.w, _ = ctx.Value(key{}).(*watcher)
	s.Add(0)
	return s
}

// Add counts n further units as done and reports it.
func (s *Stage) Add(n int) {
	if s.w == nil {
		return
	}
	// The lock is held while reporting, so that counts arrive in order.
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += n
	s.w.report(Event{Stage: s.name, Done: s.done, Total: s.total, Loss: math.NaN()})
}
