package layout

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// some returns k other points for every one of n.
func some(n, k int) []int32 {
	to := make([]int32, n*k)
	for i := range n {
		s := rng.New(5, "some", i)
		for c := range k {
			to[i*k+c] = int32((i + 1 + s.IntN(n-1)) % n)
		}
	}
	return to
}

func singles(n, dim int) []float32 {
	y := make([]float32, n*dim)
	for i, v := range points(n, dim) {
		y[i] = float32(v)
	}
	return y
}

// bound returns bonds of every kind.
func bound(t *testing.T, n int) Bonds {
	t.Helper()
	pairs := func(k int) *Pairs {
		p, err := NewPairs(context.Background(), n, some(n, k))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return Bonds{{pairs(3), 2, 10, 0}, {pairs(2), 30, 10_000, 0}, {pairs(5), -1, 1, 0}, {pairs(4), 1, 10, 8}, {pairs(1), 0, 10, 0}}
}

func TestPairsAreListedAtBoth(t *testing.T) {
	for _, n := range []int{2, 3, 9, 100, 1000} {
		k := min(n-1, 7)
		to := some(n, k)
		p, err := NewPairs(context.Background(), n, to)
		if err != nil {
			t.Fatal(err)
		}
		want := make([][]int32, n)
		for i := range n {
			for _, j := range to[i*k : (i+1)*k] {
				want[i] = append(want[i], j)
				want[j] = append(want[j], int32(i))
			}
		}
		for i := range n {
			list := slices.Clone(p.others[p.start[i]:p.start[i+1]])
			if len(list)%lanes != 0 {
				t.Fatalf("point %d of %d has a list of %d", i, n, len(list))
			}
			got := slices.DeleteFunc(list, func(j int32) bool { return int(j) == i })
			slices.Sort(got)
			slices.Sort(want[i])
			if !slices.Equal(got, want[i]) {
				t.Fatalf("point %d of %d has %v, want %v", i, n, got, want[i])
			}
		}
	}
	for _, to := range [][]int32{{0, 1}, {1, 2}, {1, -1}, {1, 0, 1}} {
		var pe *mat32.ParamError
		if _, err := NewPairs(context.Background(), 2, to); !errors.As(err, &pe) {
			t.Errorf("%v of two points: %v", to, err)
		}
	}
}

func TestGradientOfBondsIsThatOfTheirLoss(t *testing.T) {
	ctx := context.Background()
	const n = 40
	for _, dim := range []int{1, 2, 3, 5} {
		bonds := bound(t, n)
		for k, b := range append(bonds, Bond{}) {
			one := Bonds{b}
			if k == len(bonds) {
				one = bonds
			}
			y, g := singles(n, dim), make([]float32, n*dim)
			if err := one.Gradient(ctx, g, y, dim); err != nil {
				t.Fatal(err)
			}
			largest := 0.
			for _, v := range g {
				largest = max(largest, math.Abs(float64(v)))
			}
			for i := range y {
				const h = 0x1p-6 // exact in float32
				at := func(steps float32) float64 {
					z := slices.Clone(y)
					z[i] += steps * h
					loss, err := one.Loss(ctx, z, dim)
					if err != nil {
						t.Fatal(err)
					}
					return loss
				}
				want := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
				if !(math.Abs(float64(g[i])-want) <= 1e-5*largest+1e-9) {
					t.Fatalf("dim %d, bond %d, coordinate %d: %v, want %v", dim, k, i, g[i], want)
				}
			}
		}
	}
}

func TestBondsHaveTheSameBitsOnAnyCores(t *testing.T) {
	const n = 700
	var want []float32
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		bonds := bound(t, n)
		y, g := singles(n, 2), make([]float32, 2*n)
		adam := NewAdam(1, 2*n)
		for range 5 {
			if err := bonds.Gradient(context.Background(), g, y, 2); err != nil {
				t.Fatal(err)
			}
			adam.Move(t.Context(), y, g)
		}
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = y
		}
		if !slices.Equal(y, want) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := bound(t, 9).Gradient(ctx, make([]float32, 18), singles(9, 2), 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The first step is as long as the rate, whatever the gradient; steps along a gradient
// that stays stay so.
func TestAdamMovesByTheRate(t *testing.T) {
	adam := NewAdam(.5, 3)
	y := []float32{1, 1, 1}
	for step := range 4 {
		adam.Move(t.Context(), y, []float32{100, -.01, 0})
		far := .5 * float32(step+1)
		if math.Abs(float64(y[0]-(1-far))) > 1e-3 || math.Abs(float64(y[1]-(1+far))) > 1e-3 || y[2] != 1 {
			t.Errorf("after step %d at %v", step+1, y)
		}
	}
}
