package transport

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// cheapest tries all assignments.
func cheapest(cost *mat.Dense) float64 {
	n, m := cost.Dims()
	if n > m {
		return cheapest(mat.DenseCopyOf(cost.T()))
	}
	taken := make([]bool, m)
	var from func(i int) float64
	from = func(i int) float64 {
		if i == n {
			return 0
		}
		least := math.Inf(1)
		for j := range m {
			if !taken[j] {
				taken[j] = true
				least = min(least, cost.At(i, j)+from(i+1))
				taken[j] = false
			}
		}
		return least
	}
	return from(0)
}

// valid fails unless every row or every column has a partner of its own, and the costs of
// the pairs are sum.
func valid(t *testing.T, cost *mat.Dense, columns []int, sum float64) {
	t.Helper()
	n, m := cost.Dims()
	var used []int
	total, size := 0., 0.
	for i, j := range columns {
		if j >= 0 {
			used = append(used, j)
			total += cost.At(i, j)
			size += math.Abs(cost.At(i, j))
		}
	}
	slices.Sort(used)
	if len(columns) != n || len(used) != min(n, m) || len(slices.Compact(used)) != min(n, m) || math.Abs(total-sum) > 1e-14*size {
		t.Fatalf("%v, of cost %v, is no assignment of %d × %d that costs %v", columns, total, n, m, sum)
	}
}

func TestAssignmentsAreTheCheapest(t *testing.T) {
	ctx := context.Background()
	for _, shape := range [][2]int{{1, 1}, {1, 5}, {5, 1}, {2, 2}, {3, 6}, {6, 3}, {6, 6}, {4, 7}} {
		for seed := range uint64(12) {
			cost := fixture.Normal(seed, shape[0], shape[1])
			if seed%3 == 0 { // ties
				cost.Apply(func(_, _ int, v float64) float64 { return math.Round(v) }, cost)
			}
			columns, sum, err := Cheapest(ctx, cost)
			if err != nil {
				t.Fatal(err)
			}
			valid(t, cost, columns, sum)
			if want := cheapest(cost); math.Abs(sum-want) > 1e-12 {
				t.Errorf("%v, seed %d: %v, want %v", shape, seed, sum, want)
			}
			most, sum, err := Heaviest(ctx, cost)
			if err != nil {
				t.Fatal(err)
			}
			valid(t, cost, most, sum)
			cost.Scale(-1, cost)
			if want := -cheapest(cost); math.Abs(sum-want) > 1e-12 {
				t.Errorf("%v, seed %d: heaviest %v, want %v", shape, seed, sum, want)
			}
		}
	}
}

// The prices prove large assignments: they bound the cost of any from below, by the same
// number.
func TestPricesProveAssignments(t *testing.T) {
	for _, shape := range [][2]int{{120, 120}, {80, 150}} {
		for name, cost := range map[string]*mat.Dense{"normal": fixture.Normal(1, shape[0], shape[1]), "product": products(shape[0], shape[1])} {
			s := newSearch(cost, 1)
			sum := 0.
			for i := range s.column {
				if s.column[i] < 0 {
					s.augment(i)
				}
			}
			for i, j := range s.column {
				sum += cost.At(i, j)
			}
			size := mat.Max(cost) - mat.Min(cost)
			bound := 0.
			for i, u := range s.rowPrice {
				bound += u
				for j, v := range s.price {
					if slack := cost.At(i, j) - u - v; slack < -1e-12*size {
						t.Fatalf("%s %v: pair %d, %d costs %v less than its prices", name, shape, i, j, -slack)
					}
				}
			}
			for j, v := range s.price {
				bound += v
				if s.row[j] < 0 && v != 0 {
					t.Errorf("%s %v: free column %d has price %v", name, shape, j, v)
				}
			}
			if math.Abs(bound-sum) > 1e-10*size {
				t.Errorf("%s %v: cost %v, bound %v", name, shape, sum, bound)
			}
		}
	}
}

// products has the costs i·j, for which every row competes for the same columns.
func products(n, m int) *mat.Dense {
	cost := mat.NewDense(n, m, nil)
	cost.Apply(func(i, j int, _ float64) float64 { return float64((i + 1) * (j + 1)) }, cost)
	return cost
}

// Sorted in opposite directions, products are least; and where all costs agree, everybody
// stays at home.
func TestAssignmentsOfKnownCosts(t *testing.T) {
	ctx := context.Background()
	columns, _, err := Cheapest(ctx, products(50, 50))
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range columns {
		if j != 49-i {
			t.Errorf("row %d of the products has column %d", i, j)
		}
	}
	columns, sum, err := Cheapest(ctx, mat.NewDense(9, 12, nil))
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range columns {
		if i != j || sum != 0 {
			t.Errorf("row %d of zeros has column %d", i, j)
		}
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := Heaviest(canceled, products(5, 5)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after a cancel", err)
	}
}

func BenchmarkAssignment(b *testing.B) {
	normal := fixture.Normal(1, 1000, 1000)
	for name, cost := range map[string]*mat.Dense{"normal": normal, "products": products(300, 300)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := Cheapest(context.Background(), cost); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
