package conformance

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
)

// soon is how long a cancel may take to be heard.
const soon = 250 * time.Millisecond

// attempts is how often a late return is tried again: a busy machine may be the
// reason once, but a method that does not listen is late every time.
const attempts = 4

func canceledBefore(e entry) []error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := settled()
	if _, err := e.run(ctx, e.usual()); !errors.Is(err, context.Canceled) {
		return []error{fmt.Errorf("the context was cancelled before: got %v, want an error that wraps context.Canceled", err)}
	}
	return left(before)
}

// canceledDuring cancels in long work: at several times where the method is
// entered by its first way with its first options, and else once, for this is
// what takes the time of all promises. Models map rows too fast to be
// interrupted here; they answer to a cancel before the start.
func canceledDuring(e entry) (problems []error) {
	rows, d := e.variant.long[0], e.variant.long[1]
	if rows == 0 || e.made || testing.Short() {
		return nil
	}
	// More cores would have the work done before it is cancelled.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(2, runtime.GOMAXPROCS(0))))
	delays := []time.Duration{5 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond}
	if !e.first {
		delays = delays[1:2]
	}
	x := longWork(rows, d)
	for _, after := range delays {
		var problem []error
		for range attempts {
			if problem = cancelAfter(e, x, after); problem == nil {
				break
			}
			if errors.Is(problem[0], errDone) {
				after /= 4 // a fast machine
			}
		}
		problems = append(problems, problem...)
	}
	return problems
}

// longWork returns random rows, of values that all long work begins with: to draw
// them anew takes longer than the work until it is cancelled.
func longWork(rows, d int) *mat.Dense {
	const drawn = 1000 // at once
	for len(longValues) < rows*d {
		s := rng.New(9, "conformance: long work", len(longValues)/drawn)
		for j := range drawn {
			longValues = append(longValues, s.Normal()*float64(1+j%5))
		}
	}
	return mat.NewDense(rows, d, longValues[:rows*d:rows*d])
}

var longValues []float64

// errDone says that what the row calls long work is not.
var errDone = errors.New("it was done by then: the row needs longer work to cancel")

func cancelAfter(e entry, x mat.Matrix, after time.Duration) (problems []error) {
	before := settled()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	start := time.Now()
	result, err := e.run(ctx, x)
	late := time.Since(start) - after
	if err == nil && late < soon {
		if after < 50*time.Millisecond {
			return []error{fmt.Errorf("cancelled after %v: %w", after, errDone)}
		}
		return nil // it was done
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return []error{fmt.Errorf("cancelled after %v: got %v, want an error that wraps ctx.Err()", after, err)}
	}
	if late > soon {
		problems = append(problems, fmt.Errorf("cancelled after %v it returned %v later", after, late.Round(time.Millisecond)))
	}
	if e := embeddingOf(result); e != nil && !e.Partial {
		problems = append(problems, fmt.Errorf("cancelled after %v it returned a map that is not marked Partial", after))
	}
	return append(problems, left(before)...)
}

// embeddingOf returns the map in a result, if there is one.
func embeddingOf(result any) *dr.Embedding {
	switch r := result.(type) {
	case *dr.Embedding:
		return r
	case model:
		return r.Embedding()
	}
	return nil
}

// settled counts the goroutines once those that are ending have ended.
func settled() int {
	n := runtime.NumGoroutine()
	for range 100 {
		time.Sleep(2 * time.Millisecond)
		was := n
		if n = runtime.NumGoroutine(); n == was {
			break
		}
	}
	return n
}

// left returns a problem when there are more goroutines than before, once those
// that are done had time to end.
func left(before int) []error {
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return []error{fmt.Errorf("%d goroutines are left", runtime.NumGoroutine()-before)}
}
