package neighbors

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestForestPartsEveryRowOnce(t *testing.T) {
	for _, c := range []struct{ n, leaf int }{{2, 8}, {8, 8}, {9, 8}, {10, 20}, {21, 20}, {100, 8}, {1000, 64}, {4097, 256}} {
		data := make([]float32, 2*c.n) // all equal but for a third
		for i := range c.n / 3 {
			data[2*i] = rand.Float32()
		}
		f, err := grow(context.Background(), &vectors{m: 2, data: data}, 0, 3, c.leaf, 1)
		if err != nil {
			t.Fatal(err)
		}
		for tree := range f.rows {
			least, most := c.n, 0
			var all []int32
			for j := range f.leaves() {
				leaf := f.leaf(tree, j)
				least, most = min(least, len(leaf)), max(most, len(leaf))
				all = append(all, leaf...)
			}
			if most > c.leaf || least < c.leaf/5 && f.depth > 0 {
				t.Errorf("%d rows in leaves of %d: they hold %d to %d", c.n, c.leaf, least, most)
			}
			slices.Sort(all)
			for i, v := range all {
				if int(v) != i {
					t.Fatalf("%d rows in leaves of %d: %v", c.n, c.leaf, all)
				}
			}
			if len(all) != c.n {
				t.Errorf("%d rows in leaves of %d: %d in all", c.n, c.leaf, len(all))
			}
		}
	}
}

// A row that is asked about as a new one is sent where it is.
func TestForestFindsItsRows(t *testing.T) {
	const n, d = 2000, 5
	data := make([]float32, n*d)
	random := rand.New(rand.NewPCG(1, 2))
	for k := range data {
		data[k] = float32(random.NormFloat64())
	}
	p := &vectors{m: d, data: data}
	f, err := grow(context.Background(), p, 0, 2, 50, 7)
	if err != nil {
		t.Fatal(err)
	}
	c := p.comparer()
	for i := range int32(n) {
		leaf := f.find(1, func(a, b int32) float32 {
			var v [1]float32
			c.side(v[:], a, b, []int32{i})
			return v[0]
		})
		if !slices.Contains(leaf, i) {
			t.Fatalf("row %d is sent to %v", i, leaf)
		}
	}
}

func TestLowestMovesTheLowestToTheFront(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		n := 1 + random.IntN(60)
		keys := make([]uint64, n)
		for k := range keys {
			keys[k] = uint64(random.IntN(1 + random.IntN(40)))
		}
		sorted := slices.Sorted(slices.Values(keys))
		part := random.IntN(n + 1)
		lowest(keys, part)
		slices.Sort(keys[:part])
		slices.Sort(keys[part:])
		if !slices.Equal(keys, sorted) {
			t.Fatalf("the lowest %d of %v: %v", part, sorted, keys)
		}
	}
}

// Both ways to compare points take the same pairs for near.
func TestComparersAgree(t *testing.T) {
	const n, d = 150, 7
	data := make([]float32, n*d)
	random := rand.New(rand.NewPCG(5, 6))
	for k := range data {
		data[k] = float32(random.NormFloat64()) + 100
	}
	p := &vectors{m: d, data: data}
	fast, slow := p.comparer(), (&spaced{space: vectorSpace{vectors: p}, n: n}).comparer()
	rows := make([]int32, n)
	limits := make([]float32, n, n+spare)
	for i := range rows {
		rows[i] = int32((i * 7) % n)
		limits[i] = float32(4 + i%9)
	}
	fast.take(rows)
	slow.take(rows)
	for _, a := range []int{0, 1, strip - 1, strip, 3, n - 1} {
		for _, few := range []int{1, 9, n, n + 1} {
			at, v := fast.nearest(a, few)
			all, w := slow.nearest(a, few)
			if len(all) != n || len(at) < min(few, n) || !slices.IsSorted(at) || !slices.Contains(at, int32(a)) {
				t.Fatalf("row at %d: %d and %d of %d are the nearest %d", a, len(at), len(all), n, few)
			}
			for b := range int32(n) {
				if !slices.Contains(at, b) && w[b] < slices.Max(v)-1e-4 {
					t.Errorf("row at %d: that at %d is nearer than one of the nearest %d", a, b, few)
				}
			}
		}
		for _, from := range []int{0, a, n - 1, n} {
			at, v := fast.below(a, from, 6, limits)
			want, w := slow.below(a, from, 6, limits)
			if !slices.Equal(at, want) {
				t.Fatalf("row at %d, from %d on: %v, want %v", a, from, at, want)
			}
			for k := range v {
				if diff := v[k] - w[k]; diff > 1e-4 || diff < -1e-4 {
					t.Errorf("pair %d, %d at %v, want %v", a, at[k], v[k], w[k])
				}
			}
		}
	}
}

// vectorSpace is the least of a space that a comparer asks for.
type vectorSpace struct {
	space
	*vectors
}

func (s vectorSpace) fast(dst []float32, i int32, to []int32) {
	for k, j := range to {
		var sum float32
		for c, v := range s.row(i) {
			w := v - s.row(j)[c]
			sum += w * w
		}
		dst[k] = sum
	}
}

func TestListsKeepTheNearestOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		l, _ := newNearLists(context.Background(), 2, 1+random.IntN(12))
		seen := map[int32]float32{}
		for range random.IntN(60) {
			j := int32(random.IntN(30))
			if _, ok := seen[j]; !ok {
				seen[j] = float32(random.IntN(20)) - 5
			}
			new(entry).enter(l, [][]update{{{1, j, seen[j]}}}, 1)
		}
		var want []uint64
		for j, v := range seen {
			want = append(want, keyOf(j, v))
		}
		slices.Sort(want)
		for len(want) < l.width {
			want = append(want, vacant)
		}
		// Of rows at equal distance the first to come stay.
		for k, key := range l.of(1) {
			if key>>32 != want[k]>>32 {
				t.Fatalf("%x, want %x", l.of(1), want[:l.width])
			}
		}
		full, _ := newNearLists(context.Background(), 2, l.width)
		var keys []uint64
		for j, v := range seen {
			keys = append(keys, keyOf(j, v))
		}
		full.fill(1, keys)
		if !slices.Equal(full.of(1), want[:l.width]) {
			t.Fatalf("filled with %x, want %x", full.of(1), want[:l.width])
		}
	}
}
