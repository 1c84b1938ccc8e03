package neighbors

import (
	"context"
	"math"
	"math/bits"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// forest is random-projection trees over points. Every node parts its points at
// the median of how much nearer they are to one of two drawn from them than to
// the other; the root parts them near the median, in every tree elsewhere, lest
// all trees part points of one dimension at the same places. Points that are all
// equal are parted at random. So leaves differ little in size.
//
// Source: Dasgupta and Freund (2008), Random projection trees and low dimensional
// manifolds. Their directions are drawn uniformly; those between two points of
// the node follow the data, and exist for every metric.
type forest struct {
	n, depth int
	first    []int     // points of each tree that go to the first half
	rows     [][]int32 // of each tree, leaf after leaf
	splits   [][]split // of each tree, node j of level l at 2^l − 1 + j
}

// split sends a point to the second half when it is cut nearer to b than to a, or
// more.
type split struct {
	a, b int32
	cut  float32
}

// grow makes trees, numbered from first on, whose leaves have at most leaf points, which are 8 or
// more.
func grow(ctx context.Context, p points, first, trees, leaf int, seed uint64) (*forest, error) {
	n := p.count()
	f := &forest{n: n}
	if n > leaf {
		f.depth = bits.Len(uint((5*n/4 + 1) / leaf))
	}
	for tree := range trees {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		random := rng.New(seed, "neighbors/root", first+tree)
		f.first = append(f.first, 3*n/8+random.IntN(max(1, n/4)))
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = int32(i)
		}
		f.rows = append(f.rows, rows)
		f.splits = append(f.splits, make([]split, 1<<f.depth-1))
	}
	type scratch struct {
		comparer
		keys  []uint64
		sides []float32
	}
	for level := range f.depth {
		nodes, most := 1<<level, (5*n/4)>>level+2
		few := max(1, 1<<12/most) // nodes, so that a block is worth its while
		err := par.BlocksWith(ctx, trees*nodes, few, func() *scratch {
			return &scratch{p.comparer(), make([]uint64, most), make([]float32, most)}
		}, func(s *scratch, lo, hi int) {
			for k := lo; k < hi && ctx.Err() == nil; k++ {
				tree, j := k/nodes, k%nodes
				from, to := f.bounds(tree, level, j)
				middle, _ := f.bounds(tree, level+1, 2*j+1)
				node := nodes - 1 + j
				random := rng.New(seed, "neighbors/forest", (first+tree)<<32|node)
				f.splits[tree][node] = part(ctx, s.comparer, f.rows[tree][from:to], middle-from, s.keys, s.sides, &random)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// sideRows is how many rows find their side before anybody asks whether that is still
// wanted.
const sideRows = 1 << 14

// part moves the half of rows that goes first to the front. When ctx is done it
// leaves rows as they are.
func part(ctx context.Context, c comparer, rows []int32, half int, keys []uint64, sides []float32, random *rng.Stream) split {
	const draws = 5 // of two rows, until they are not equal
	sides, keys = sides[:len(rows)], keys[:len(rows)]
	var s split
	for draw := 0; ; draw++ {
		a, b := random.IntN(len(rows)), random.IntN(len(rows)-1)
		if b >= a {
			b++
		}
		s = split{a: rows[a], b: rows[b]}
		for lo := 0; lo < len(rows); lo += sideRows {
			hi := min(lo+sideRows, len(rows))
			if c.side(sides[lo:hi], s.a, s.b, rows[lo:hi]); ctx.Err() != nil {
				return split{}
			}
		}
		if sides[a] < sides[b] {
			break
		}
		if draw == draws-1 { // rows that are not nearer to one than to the other
			for k := range sides {
				sides[k] = float32(random.Uint64() >> 40)
			}
			break
		}
	}
	for k, v := range sides {
		keys[k] = uint64(code(v))<<32 | uint64(rows[k])
	}
	lowest(keys, half)
	cut := uint64(math.MaxUint64)
	for k, v := range keys {
		rows[k] = int32(uint32(v))
		if k >= half {
			cut = min(cut, v)
		}
	}
	s.cut = valueOf(uint32(cut >> 32))
	return s
}

// bounds returns where the rows of node j of a level of a tree begin and end.
func (f *forest) bounds(tree, level, j int) (from, to int) {
	if level == 0 {
		return 0, f.n
	}
	level--
	base, size := 0, f.first[tree]
	if j >= 1<<level {
		j -= 1 << level
		base, size = size, f.n-size
	}
	return base + j*size>>level, base + (j+1)*size>>level
}

// leaves returns how many leaves a tree has.
func (f *forest) leaves() int { return 1 << f.depth }

// leaf returns the rows of leaf j of a tree.
func (f *forest) leaf(tree, j int) []int32 {
	from, to := f.bounds(tree, f.depth, j)
	return f.rows[tree][from:to]
}

// find returns the leaf of a tree where a point belongs of which nearer says how
// much nearer it is to b than to a.
func (f *forest) find(tree int, nearer func(a, b int32) float32) []int32 {
	j := 0
	for level := range f.depth {
		s := f.splits[tree][1<<level-1+j]
		j *= 2
		if nearer(s.a, s.b) >= s.cut {
			j++
		}
	}
	return f.leaf(tree, j)
}
