package dr

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// patch is a few rows that are near each other, which a map is to show as they lie.
type patch struct {
	center int32 // the row that is compared with the combination of the others, or −1
	rows   []int32
}

// list returns all rows of the patch, the center first.
func (p patch) list() []int32 {
	if p.center < 0 {
		return p.rows
	}
	return append([]int32{p.center}, p.rows...)
}

// patches are the neighbourhoods of n rows, and more of them where it takes these to hold
// all rows together.
type patches struct {
	n    int
	all  []patch
	note string
}

// newPatches makes one patch of the neighbours of every row, with the row as its center
// where centered. Without, the row is none of the patch; but one that is nobody's neighbour,
// which no patch would hold, is put into its own.
func newPatches(n int, g *neighbors.Graph, centered bool) *patches {
	p := &patches{n: n, all: make([]patch, n)}
	held := make([]bool, n)
	for i := range p.all {
		indices, _ := g.Row(i)
		p.all[i] = patch{center: -1, rows: indices}
		if centered {
			p.all[i].center, held[i] = int32(i), true
		}
		for _, j := range indices {
			held[j] = true
		}
	}
	for i, h := range held {
		if !h {
			p.all[i].rows = append(slices.Clone(p.all[i].rows), int32(i))
		}
	}
	return p
}

// parts numbers the sets of rows that no patch has in common.
func (p *patches) parts() (labels []int, count int) {
	root := make([]int32, p.n)
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, t := range p.all {
		rows := t.list()
		for _, j := range rows[1:] {
			a, b := find(rows[0]), find(j)
			root[max(a, b)] = min(a, b)
		}
	}
	labels = make([]int, p.n)
	for i := range labels {
		if r := int(find(int32(i))); r == i {
			labels[i] = count
			count++
		} else {
			labels[i] = labels[r] // which is the first of its part
		}
	}
	return labels, count
}

// join adds patches that hold the rows x together, or refuses where strict. At each end
// of an edge between two parts, the row is compared with the end of the other part and
// its neighbours; without centers, one patch has the neighbours of both.
func (p *patches) join(ctx context.Context, method string, x mat.Matrix, strict bool, limit int64) error {
	labels, count := p.parts()
	if count == 1 {
		return nil
	}
	if strict {
		return &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the neighbours leave %d parts of the rows without any in common: take more neighbours, or do without Strict", count)}
	}
	joined, err := joinParts(ctx, x, neighbors.Euclidean{}.String(), labels, count, limit)
	if err != nil {
		return failed(method, err)
	}
	p.note = "the neighbours leave " + joined.String()
	// around returns a row and its neighbours but one.
	around := func(i, without int32) []int32 {
		rows := append([]int32{i}, p.all[i].rows...)
		slices.Sort(rows)
		return slices.DeleteFunc(slices.Compact(rows), func(j int32) bool { return j == without })
	}
	for _, e := range joined.Added {
		if p.all[e.I].center >= 0 {
			p.all = append(p.all, patch{center: e.I, rows: around(e.J, e.I)}, patch{center: e.J, rows: around(e.I, e.J)})
			continue
		}
		both := append(around(e.I, -1), around(e.J, -1)...)
		slices.Sort(both)
		p.all = append(p.all, patch{center: -1, rows: slices.Compact(both)})
	}
	return nil
}
