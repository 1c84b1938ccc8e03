package cell

import (
	"context"
	"math"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flatland-go/flatland/pkg/watch"
)

// recorded notes what is shown and when.
type recorded struct {
	began time.Time
	seen  []string
	at    []time.Duration
}

func (r *recorded) show(s state) {
	r.seen, r.at = append(r.seen, s.String()), append(r.at, time.Since(r.began))
}
func (r *recorded) wipe() { r.seen, r.at = append(r.seen, "wiped"), append(r.at, time.Since(r.began)) }

// drawn runs f, which reports to the context, under a bar, with a clock of its own.
func drawn(t *testing.T, f func(ctx context.Context)) (r *recorded) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var p progress
		r = &recorded{began: time.Now()}
		p.stop, p.gone = make(chan struct{}), make(chan struct{})
		go p.draw(r, p.stop, p.gone)
		ctx, done := p.watch(context.Background(), "work")
		f(ctx)
		done()
		if p.stop != nil || len(p.titles) > 0 {
			t.Error("the bar is not at rest")
		}
	})
	return r
}

func TestShortWorkShowsNoBar(t *testing.T) {
	r := drawn(t, func(ctx context.Context) {
		watch.Start(ctx, "rows", 10).Add(5)
		time.Sleep(progressDelay - time.Millisecond)
	})
	if len(r.seen) > 0 {
		t.Errorf("saw %q", r.seen)
	}
}

func TestBarIsDrawnFiveTimesASecondAndWiped(t *testing.T) {
	r := drawn(t, func(ctx context.Context) {
		s := watch.Start(ctx, "rows", 2000)
		for range 1001 {
			s.Add(1)
			time.Sleep(time.Millisecond)
		}
		watch.Note(ctx, "rows", "a remark must not move the bar")
		watch.Report(ctx, watch.Event{Stage: "layout", Done: 3, Total: 4, Loss: 1.23456})
		time.Sleep(time.Second)
	})
	want := []string{
		"work · rows  401/2000", "work · rows  601/2000", "work · rows  801/2000", "work · rows  1001/2000", "work · layout  3/4, loss 1.235", "wiped",
	}
	// What happens at the same instant of the clock may be seen in either order.
	if len(r.seen) != len(want) || r.seen[4] != want[4] || r.seen[5] != want[5] {
		t.Fatalf("saw %q, want %q", r.seen, want)
	}
	for i, at := range r.at {
		if i > 0 && at-r.at[i-1] < progressPeriod {
			t.Errorf("drawn at %v and again at %v", r.at[i-1], at)
		}
	}
	if r.at[0] != progressDelay {
		t.Errorf("first drawn at %v, want %v", r.at[0], progressDelay)
	}
}

func TestWorkInsideWorkSharesTheBar(t *testing.T) {
	var p progress
	_, outer := p.watch(context.Background(), "outer")
	ctx, inner := p.watch(context.Background(), "inner")
	watch.Start(ctx, "rows", 4).Add(1)
	if got := p.latest.String(); got != "inner · rows  1/4" {
		t.Errorf("got %q", got)
	}
	inner()
	if got := p.latest.String(); got != "outer" {
		t.Errorf("got %q", got)
	}
	outer()
}

func TestStatesInWords(t *testing.T) {
	for want, e := range map[string]watch.Event{
		"w · s  1/7":               {Stage: "s", Done: 1, Total: 7, Loss: math.Inf(1)},
		"w":                        {Loss: math.NaN()},
		"w · s":                    {Stage: "s"},
		"w · s  7":                 {Stage: "s", Done: 7},
		"w · s  0/7":               {Stage: "s", Total: 7},
		"w · s  1/7, loss 0.00123": {Stage: "s", Done: 1, Total: 7, Loss: 0.00123},
	} {
		if got := (state{title: "w", event: e}).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStateTellsPaceAndLoss(t *testing.T) {
	s := state{title: "w"}
	for i := range 5 {
		s = s.then(watch.Event{Stage: "s", Done: 10 * i, Total: 100, Loss: float64(5 - i)})
	}
	s = s.then(watch.Event{Stage: "s", Done: 41, Total: 100, Loss: math.NaN()})
	s.rate, s.left = 12.34, 4600*time.Millisecond
	if got, want := s.String(), "w · s  41/100, 12 it/s, 5 s left, loss 1 █▆▅▃▁"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := s.then(watch.Event{Stage: "t", Done: 1, Loss: math.NaN()}).String(), "w · t  1, 12 it/s, 5 s left"; got != want {
		t.Errorf("the next stage says %q, want %q", got, want)
	}
}

func TestNoScreenWhenPipedOrHeadless(t *testing.T) {
	_, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, f := range []*os.File{w, null} {
		if s := screenFor(f); s != nil {
			t.Errorf("%s: %T", f.Name(), s)
		}
	}
}
