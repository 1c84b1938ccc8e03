package watch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/flatland-go/flatland/pkg/watch"
)

func Example() {
	ctx := watch.With(context.Background(), func(e watch.Event) {
		fmt.Println(e.Stage, e.Done, "of", e.Total)
	})
	s := watch.Start(ctx, "neighbours", 2)
	s.Add(1)
	s.Add(1)
	// Output:
	// neighbours 0 of 2
	// neighbours 1 of 2
	// neighbours 2 of 2
}

func TestConcurrentAddsArriveInOrder(t *testing.T) {
	var seen []int
	ctx := watch.With(context.Background(), func(e watch.Event) { seen = append(seen, e.Done) })
	s := watch.Start(ctx, "s", 100)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { s.Add(1) })
	}
	wg.Wait()
	if len(seen) != 101 {
		t.Fatalf("%d events, want 101", len(seen))
	}
	for i, d := range seen {
		if d != i {
			t.Fatalf("event %d says %d done", i, d)
		}
	}
}

func TestWatchersNest(t *testing.T) {
	var outer, inner int
	ctx := watch.With(context.Background(), func(watch.Event) { outer++ })
	ctx = watch.With(ctx, func(watch.Event) { inner++ })
	watch.Note(ctx, "s", "remark")
	if outer != 1 || inner != 1 {
		t.Errorf("outer saw %d, inner %d, want 1 and 1", outer, inner)
	}
	if watch.Watched(context.Background()) || !watch.Watched(ctx) {
		t.Error("Watched is wrong")
	}
	watch.Note(context.Background(), "s", "nobody hears this")
	watch.Start(context.Background(), "s", 3).Add(1)
}
