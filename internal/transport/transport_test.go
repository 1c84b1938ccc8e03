package transport

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// problem draws amounts of one sum and costs, whole numbers from 1 to levels.
func problem(seed uint64, m, k, levels int) (supply, demand []int64, cost []float64) {
	s := rng.New(seed, "transport", m*1000+k)
	supply, demand, cost = make([]int64, m), make([]int64, k), make([]float64, m*k)
	units := m + k + s.IntN(2*(m+k))
	deal := func(to []int64) {
		for i := range to {
			to[i] = 1
		}
		for range units - len(to) {
			to[s.IntN(len(to))]++
		}
	}
	deal(supply)
	deal(demand)
	for i := range cost {
		cost[i] = float64(1 + s.IntN(levels))
	}
	return supply, demand, cost
}

// unitwise is the cost of the cheapest assignment of units.
func unitwise(t *testing.T, supply, demand []int64, cost []float64) float64 {
	t.Helper()
	var from, to []int
	for i, a := range supply {
		for range a {
			from = append(from, i)
		}
	}
	for j, a := range demand {
		for range a {
			to = append(to, j)
		}
	}
	c := mat.NewDense(len(from), len(to), nil)
	for a, i := range from {
		for b, j := range to {
			c.Set(a, b, cost[i*len(demand)+j])
		}
	}
	_, sum, err := Cheapest(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestTransportIsTheAssignmentOfUnits(t *testing.T) {
	ctx := context.Background()
	var p Plan
	var h Hops
	for _, shape := range [][2]int{{1, 1}, {1, 4}, {5, 1}, {2, 2}, {3, 7}, {8, 5}, {12, 12}, {20, 9}, {3, 70}, {70, 4}} {
		for seed := range uint64(8) {
			m, k := shape[0], shape[1]
			supply, demand, cost := problem(seed, m, k, 3)
			want := unitwise(t, supply, demand, cost)
			got, err := p.Least(ctx, supply, demand, cost)
			if err != nil || got != want {
				t.Fatalf("%v, seed %d: the plan costs %v, want %v (%v)", shape, seed, got, want, err)
			}
			h.Set(m, k)
			copy(h.Supply, supply)
			copy(h.Demand, demand)
			for i, c := range cost {
				at, bit := i/k*Words(k)+i%k/64, uint64(1)<<(i%k%64)
				if c == 1 {
					h.One[at] |= bit
				}
				if c <= 2 {
					h.Two[at] |= bit
				}
			}
			if got, err := h.Least(ctx); float64(got) != want || err != nil {
				t.Fatalf("%v, seed %d: the ways have %v steps, want %v", shape, seed, got, want)
			}
			_, _, wide := problem(seed, m, k, 1000)
			if got, _ := p.Least(ctx, supply, demand, wide); got != unitwise(t, supply, demand, wide) {
				t.Fatalf("%v, seed %d: at many costs the plan costs %v, want %v", shape, seed, got, unitwise(t, supply, demand, wide))
			}
		}
	}
}

// Prices prove a large plan: no way costs less than the prices of its ends.
func TestPricesProvePlans(t *testing.T) {
	for seed := range uint64(3) {
		supply, demand, cost := problem(seed, 150, 90, 40)
		for i := range cost {
			cost[i] = math.Sqrt(cost[i])
		}
		var p Plan
		sum, err := p.Least(context.Background(), supply, demand, cost)
		if err != nil {
			t.Fatal(err)
		}
		bound := 0.
		for i, a := range supply {
			bound += p.price[i] * float64(a)
			for j := range demand {
				if short := p.price[i] + p.price[150+j] - cost[i*90+j]; short > 1e-11 {
					t.Fatalf("the way %d–%d costs %v less than its prices", i, j, short)
				}
			}
		}
		for j, a := range demand {
			bound += p.price[150+j] * float64(a)
		}
		if math.Abs(bound-sum) > 1e-11*sum {
			t.Errorf("cost %v, bound %v", sum, bound)
		}
	}
}

func TestEntropicComesNear(t *testing.T) {
	supply, demand, cost := problem(3, 9, 7, 4)
	a, b := make([]float64, 9), make([]float64, 7)
	for i, s := range supply {
		a[i] = float64(s)
	}
	for j, d := range demand {
		b[j] = float64(d)
	}
	var p Plan
	ctx := context.Background()
	least, _ := p.Least(ctx, supply, demand, cost)
	before := math.Inf(1)
	for _, scale := range []float64{1e6, 1, 0.1, 0.05} {
		e := Entropic{Scale: scale, Sweeps: 5000, Tolerance: 1e-6}
		got, settled, err := e.Cost(ctx, a, b, cost)
		if err != nil || !settled && scale >= 0.1 || got > before+1e-6 || got < least-1e-6 {
			t.Errorf("at scale %v: %v, after %v; the least is %v (%v, %v)", scale, got, before, least, settled, err)
		}
		before = got
	}
	if before > least*(1+1e-4) {
		t.Errorf("%v is not near the least, %v", before, least)
	}
	// At a large scale the plan is the product of the sums.
	product, total := 0., 0.
	for i := range a {
		total += a[i]
		for j := range b {
			product += a[i] * b[j] * cost[i*7+j]
		}
	}
	e := Entropic{Scale: 1e9, Sweeps: 10, Tolerance: 1e-6}
	if got, _, _ := e.Cost(ctx, a, b, cost); math.Abs(got-product/total) > 1e-6*got {
		t.Errorf("the plan of chance costs %v, want %v", got, product/total)
	}
}

// Sums of products and logarithms come to the same, at scales that either takes.
func TestEntropicByProductsAndByLogarithms(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(5) {
		supply, demand, cost := problem(seed, 11, 6, 3)
		a, b := make([]float64, len(supply)), make([]float64, len(demand))
		for i, s := range supply {
			a[i] = float64(s)
		}
		for j, d := range demand {
			b[j] = float64(d)
		}
		span := slices.Max(cost) - slices.Min(cost)
		for _, scales := range []float64{1e-6, 1, 30, mostScales} {
			e := Entropic{Scale: span / scales, Sweeps: 200, Tolerance: 1e-12}
			want, settled, _ := e.byLogarithms(ctx, a, b, cost)
			got, too, err := e.byProducts(ctx, a, b, cost)
			if err != nil || math.Abs(got-want) > 1e-9*want || settled != too {
				t.Errorf("seed %d, costs %v scales apart: %v (%v) by products, %v (%v) by logarithms, %v", seed, scales, got, too, want, settled, err)
			}
		}
	}
	// Far beyond them products would vanish; logarithms do not.
	e := Entropic{Scale: 5e-3, Sweeps: 5000, Tolerance: 1e-12}
	if got, settled, _ := e.Cost(ctx, []float64{1, 2}, []float64{2, 1}, []float64{0, 5, 5, 0}); !settled || math.Abs(got-5) > 1e-9 {
		t.Errorf("costs 1000 scales apart: %v, %v", got, settled)
	}
}

func TestTransportIsCanceled(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	supply, demand, cost := problem(1, 150, 90, 1000)
	var p Plan
	if _, err := p.Least(ctx, supply, demand, cost); !errors.Is(err, context.Canceled) {
		t.Errorf("a plan: %v", err)
	}
	var h Hops
	h.Set(150, 90)
	copy(h.Supply, supply)
	copy(h.Demand, demand)
	if _, err := h.Least(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ways of steps: %v", err)
	}
	e := Entropic{Scale: 0.01, Sweeps: 1000}
	if _, _, err := e.Cost(ctx, make([]float64, 5), make([]float64, 5), make([]float64, 25)); !errors.Is(err, context.Canceled) {
		t.Errorf("an entropic plan: %v", err)
	}
}
