package screen

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func TestRanksAgainstEveryPair(t *testing.T) { ranksAgainstEveryPair(t, 11) }

func TestRanksOfManyAgainstEveryPair(t *testing.T) {
	ranksAgainstEveryPair(t, fewTargets+7, "float32")
}

// ranksAgainstEveryPair tries the ranks of k rows, of all forms or those named.
func ranksAgainstEveryPair(t *testing.T, k int, named ...string) {
	for name, x := range inputs() {
		all := forms(t, x)
		if n, _ := x.Dims(); name == "lattice" { // the same distances, given
			r := all["float64"]
			var pairs []float64
			for i := range n {
				for j := i + 1; j < n; j++ {
					pairs = append(pairs, r.Exact(i, j))
				}
			}
			d, err := mat32.NewDistances(n, pairs)
			if err != nil {
				t.Fatal(err)
			}
			all["given"] = rows(t, d)
		}
		for form, r := range all {
			if named != nil && !slices.Contains(named, form) || testing.Short() && form != "float32" && form != "given" {
				continue
			}
			k := min(k, r.n-1)
			listed, ranks := make([]int32, r.n*k), make([]int32, r.n*k)
			for i := range r.n {
				s := rng.New(1, "ranks", i)
				from := s.IntN(r.n - 1)
				for t := range k { // k others, each once
					j := (from + 13*t) % (r.n - 1)
					if (r.n-1)%13 == 0 {
						j = (from + t) % (r.n - 1)
					}
					if j >= i {
						j++
					}
					listed[i*k+t] = int32(j)
				}
			}
			if err := r.Ranks(context.Background(), k, listed, ranks); err != nil {
				t.Fatal(err)
			}
			for _, band := range []int{1, 2} { // of blocks that are not kept
				if testing.Short() && band > 1 {
					break
				}
				again := make([]int32, len(ranks))
				few := &Rows{n: r.n, d: r.d, x64: r.x64, stride: r.stride, x32: r.x32, view: r.view, unit: r.unit, center: r.center, fit: r.fit,
					varying: r.varying, fits: r.fits, rel64: r.rel64, given: r.given, size: max(1, r.n/5), band: band}
				if err := few.Ranks(context.Background(), k, listed, again); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(again, ranks) {
					t.Fatalf("%s as %s: bands of %d blocks give other ranks", name, form, band)
				}
			}
			seen := r.EveryRank()
			every := make([]int32, r.n)
			for i := 0; i < r.n; i += seldom() {
				want := map[int32]int32{}
				for at, v := range everyPair(r, i) {
					want[v.row] = int32(at + 1)
				}
				seen.From(i, every)
				for j, got := range every {
					if got != want[int32(j)] {
						t.Fatalf("%s as %s: row %d has rank %d of all seen from %d, want %d", name, form, j, got, i, want[int32(j)])
					}
				}
				for at, j := range listed[i*k : (i+1)*k] {
					if got := ranks[i*k+at]; got != want[j] {
						t.Fatalf("%s as %s: row %d has rank %d seen from %d, want %d", name, form, j, got, i, want[j])
					}
				}
			}
		}
	}
}

func TestCanceledRanks(t *testing.T) {
	for form, r := range forms(t, inputs()["normal"]) {
		ctx, cancel := context.WithCancel(context.Background())
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 {
				cancel()
			}
		})
		listed := make([]int32, r.n)
		for i := range listed {
			listed[i] = int32((i + 1) % r.n)
		}
		if err := r.Ranks(ctx, 1, listed, make([]int32, r.n)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", form, err)
		}
	}
}
