// Package par cuts loops into blocks and runs them on every core.
//
// The blocks depend on the length of the loop alone, never on the number of
// workers, and reductions run over blocks in order: results have the same bits
// on any number of cores.
package par

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Blocks calls f for consecutive blocks [lo, hi) of at most size that cover
// [0, n), on GOMAXPROCS goroutines, or by the crew of ctx (see WithCrew), or on that of
// the caller (see Alone). Which goroutine runs which block is left to
// chance, so f must write only what belongs to its block. When ctx is done no
// further block starts and Blocks returns ctx.Err(); it always waits for the
// blocks that run. A panic in f is raised again in the caller.
func Blocks(ctx context.Context, n, size int, f func(lo, hi int)) error {
	return BlocksWith(ctx, n, size, func() struct{} { return struct{}{} },
		func(_ struct{}, lo, hi int) { f(lo, hi) })
}

// BlocksWith is Blocks with scratch memory: every goroutine makes one with
// scratch and hands it to each block it runs. What a block computes must not
// depend on what an earlier one left there.
func BlocksWith[S any](ctx context.Context, n, size int, scratch func() S, f func(s S, lo, hi int)) error {
	if n <= 0 {
		return ctx.Err()
	}
	alone := ctx.Value(aloneKey{}) != nil
	if !alone {
		if c := crewOf(ctx); c != nil {
			return blocksBy(ctx, c, n, size, scratch, f)
		}
	}
	blocks := (n + size - 1) / size
	workers := min(runtime.GOMAXPROCS(0), blocks)
	if alone {
		workers = 1
	}
	var next atomic.Int64
	done := ctx.Done()
	run := func() {
		s := scratch()
		for {
			select {
			case <-done:
				return
			default:
			}
			b := int(next.Add(1)) - 1
			if b >= blocks {
				return
			}
			f(s, b*size, min((b+1)*size, n))
		}
	}
	if workers == 1 {
		run()
		return ctx.Err()
	}
	var wg sync.WaitGroup
	var once sync.Once
	var failed any
	for range workers {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					once.Do(func() { failed = r })
					next.Store(int64(blocks)) // the others need not go on
				}
			}()
			run()
		})
	}
	wg.Wait()
	if failed != nil {
		panic(failed)
	}
	return ctx.Err()
}

// Sum adds what f returns for the blocks of [0, n), in block order.
func Sum(ctx context.Context, n, size int, f func(lo, hi int) float64) (float64, error) {
	parts := make([]float64, (n+size-1)/size)
	err := Blocks(ctx, n, size, func(lo, hi int) { parts[lo/size] = f(lo, hi) })
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, p := range parts {
		sum += p
	}
	return sum, nil
}
