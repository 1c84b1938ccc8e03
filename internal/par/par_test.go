package par

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func at(procs int, f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	f()
}

func TestBlocksCoverOnce(t *testing.T) {
	for _, procs := range []int{1, 2, 7} {
		for _, n := range []int{0, 1, 5, 64, 65, 1000} {
			at(procs, func() {
				seen := make([]int, n)
				err := Blocks(context.Background(), n, 64, func(lo, hi int) {
					if hi-lo > 64 || lo%64 != 0 {
						t.Errorf("block [%d, %d)", lo, hi)
					}
					for i := lo; i < hi; i++ {
						seen[i]++
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, s := range seen {
					if s != 1 {
						t.Fatalf("n=%d: index %d ran %d times", n, i, s)
					}
				}
			})
		}
	}
}

func TestSumHasTheSameBitsOnAnyCores(t *testing.T) {
	f := func(lo, hi int) (s float64) {
		for i := lo; i < hi; i++ {
			s += math.Sin(float64(i)) * math.Exp(float64(i%37))
		}
		return s
	}
	var want float64
	for k, procs := range []int{1, 2, 7} {
		at(procs, func() {
			got, err := Sum(context.Background(), 10_000, 97, f)
			if err != nil {
				t.Fatal(err)
			}
			if k == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%d cores: %v, want %v", procs, got, want)
			}
		})
	}
}

func TestCancelStopsBlocks(t *testing.T) {
	for _, procs := range []int{1, 4} {
		at(procs, func() {
			ctx, cancel := context.WithCancel(context.Background())
			var ran atomic.Int64
			err := Blocks(ctx, 1000, 1, func(lo, hi int) {
				if ran.Add(1) == 10 {
					cancel()
				}
				time.Sleep(time.Millisecond) // else many blocks pass while cancel is at work
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if r := ran.Load(); r > 100 {
				t.Errorf("%d blocks ran after the cancel", r)
			}
		})
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	for _, procs := range []int{1, 4} {
		at(procs, func() {
			defer func() {
				if r := recover(); r != "broken" {
					t.Errorf("recovered %v", r)
				}
			}()
			Blocks(context.Background(), 100, 1, func(lo, hi int) {
				if lo == 50 {
					panic("broken")
				}
			})
		})
	}
}

func TestCrewRunsEveryPartOnce(t *testing.T) {
	for _, procs := range []int{1, 2, 7} {
		at(procs, func() {
			c := NewCrew(procs)
			defer c.Dismiss()
			for parts := range MaxParts + 1 {
				var ran [MaxParts]atomic.Int32
				c.Run(parts, func(p int) { ran[p].Add(1) })
				for p := range ran {
					if n := ran[p].Load(); n != 1 && p < parts || n != 0 && p >= parts {
						t.Fatalf("on %d cores part %d of %d ran %d times", procs, p, parts, n)
					}
				}
			}
		})
	}
}

// Loops by a crew cover what they shall, also within one another, stop when they are
// cancelled, and hand panics on.
func TestBlocksByACrew(t *testing.T) {
	for _, procs := range []int{1, 2, 7} {
		at(procs, func() {
			ctx, dismiss := WithCrew(t.Context())
			defer dismiss()
			for _, n := range []int{0, 1, 64, 65, 1000, 100_000} {
				seen := make([]int, n)
				scratches := atomic.Int64{}
				err := BlocksWith(ctx, n, 64, func() int { return int(scratches.Add(1)) }, func(s, lo, hi int) {
					if s < 1 || hi-lo > 64 || lo%64 != 0 {
						t.Errorf("block [%d, %d) with scratch %d", lo, hi, s)
					}
					within, err := Sum(ctx, hi-lo, 7, func(lo, hi int) float64 { return float64(hi - lo) })
					if err != nil || within != float64(hi-lo) {
						t.Errorf("a loop within another: %v, %v, want %d", within, err, hi-lo)
					}
					for i := lo; i < hi; i++ {
						seen[i]++
					}
				})
				if err != nil || int(scratches.Load()) > procs {
					t.Fatal(err, scratches.Load())
				}
				for i, s := range seen {
					if s != 1 {
						t.Fatalf("n=%d: index %d ran %d times", n, i, s)
					}
				}
			}
			func() {
				defer func() {
					if r := recover(); r != "broken" {
						t.Errorf("recovered %v", r)
					}
				}()
				Blocks(ctx, 100, 1, func(lo, _ int) {
					if lo == 50 {
						panic("broken")
					}
				})
			}()
			canceled, cancel := context.WithCancel(ctx)
			var ran atomic.Int64
			err := Blocks(canceled, 1000, 1, func(int, int) {
				if ran.Add(1) == 10 {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) || procs == 1 && ran.Load() != 10 {
				t.Errorf("%v after %d blocks", err, ran.Load())
			}
		})
	}
}

// Loops that are given Alone run one block after the other, on the goroutine that asks, also
// beside a crew and within its loops.
func TestAlone(t *testing.T) {
	ctx, dismiss := WithCrew(context.Background())
	defer dismiss()
	inner := Alone(context.Background())
	for _, alone := range []context.Context{inner, Alone(ctx)} {
		next := 0 // which other goroutines would race for
		if err := Blocks(alone, 1000, 7, func(lo, hi int) {
			if lo != next {
				t.Errorf("block [%d, %d) comes after %d", lo, hi, next)
			}
			next = hi
		}); err != nil || next != 1000 {
			t.Errorf("%d of 1000, %v", next, err)
		}
	}
	sums := make([]int, 5)
	if err := Blocks(ctx, 5, 1, func(p, _ int) {
		_ = Blocks(inner, 100, 3, func(lo, hi int) { sums[p] += hi - lo })
	}); err != nil {
		t.Fatal(err)
	}
	for p, s := range sums {
		if s != 100 {
			t.Errorf("part %d: %d of 100", p, s)
		}
	}
}
