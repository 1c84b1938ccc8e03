package neighbors

import (
	"io"
	"math"
	"math/bits"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	graphKind, graphVersion = "neighbors.Graph", 1
	treeKind, treeVersion   = "neighbors.Tree", 1
)

// A file holds lists in blocks of rows. Of a row, the first distance stands in full,
// then by how much each is above the one before, as integers that order like the
// distances, in as many bits as the largest step takes; then the indices, in as many
// bits as the number of rows takes. That is a third less than in memory.
const savedRows = 256 // in a block

// packRow writes the neighbours of one row of n.
func packRow(p *packer, n int, indices []int32, distances []float64) {
	first := math.Float64bits(distances[0])
	p.put(first, 64)
	most, last := uint64(0), first
	for _, d := range distances[1:] {
		most |= math.Float64bits(d) - last
		last = math.Float64bits(d)
	}
	step := bits.Len64(most)
	p.put(uint64(step), 7)
	last = first
	for _, d := range distances[1:] {
		p.put(math.Float64bits(d)-last, step)
		last = math.Float64bits(d)
	}
	for _, j := range indices {
		p.put(uint64(j), width(n-1))
	}
}

// unpackRow reads what packRow wrote of k neighbours, and appends it.
func unpackRow(u *unpacker, n, k int, indices []int32, distances []float64) ([]int32, []float64) {
	last := u.take(64)
	distances = append(distances, math.Float64frombits(last))
	step := int(u.take(7))
	// A damaged file must not ask for more memory than it has values for.
	u.short = u.short || step > 64 || (k-1)*step+k*width(n-1) > 8*len(u.in)-u.at
	for c := 1; c < k && !u.short; c++ {
		last += u.take(step)
		distances = append(distances, math.Float64frombits(last))
	}
	for c := 0; c < k && !u.short; c++ {
		indices = append(indices, int32(u.take(width(n-1))))
	}
	return indices, distances
}

// WriteTo writes the graph in a form that ReadFrom reads, about 8 bytes a
// neighbour, every bit of the distances included. The error is a *mat32.ParamError
// for a graph that no search makes, or that of w.
func (g *Graph) WriteTo(w io.Writer) (int64, error) {
	if err := g.sound("neighbors.Graph.WriteTo"); err != nil {
		return 0, err
	}
	s := saved.NewWriter(w, graphKind, graphVersion)
	s.Int(g.N)
	s.Int(g.K)
	s.Text(g.Metric)
	s.Text(g.Rows)
	s.Text(g.Method)
	s.Texts(g.Notes)
	for lo := 0; lo < g.N; lo += savedRows {
		var p packer
		for i := lo; i < min(lo+savedRows, g.N); i++ {
			indices, distances := g.Row(i)
			packRow(&p, g.N, indices, distances)
		}
		s.Blob(p.end())
	}
	return s.Close()
}

// ReadFrom replaces the graph by one that WriteTo wrote. The error is a
// *mat32.FileError, and g does not change, where the file is damaged, of another
// kind or of a newer version.
func (g *Graph) ReadFrom(r io.Reader) (int64, error) {
	s, _ := saved.NewReader(r, graphKind, graphVersion, fileError)
	read := Graph{N: s.Int(), K: s.Int(), Metric: s.Text(), Rows: s.Text(), Method: s.Text(), Notes: s.Texts()}
	n, k := read.N, read.K
	if s.OK() && (n < 2 || n > math.MaxInt32 || k < 1 || k > n-1) {
		s.Fail("its numbers of rows and neighbours do not fit")
	}
	for lo := 0; lo < n && s.OK(); lo += savedRows {
		u := unpacker{in: s.Blob()}
		for i := lo; i < min(lo+savedRows, n) && !u.short; i++ {
			read.Indices, read.Distances = unpackRow(&u, n, k, read.Indices, read.Distances)
		}
		if s.OK() && !u.ended() {
			s.Fail("a block of rows has another length than its neighbours take")
		}
	}
	if s.OK() {
		if err := read.sound("it"); err != nil {
			s.Fail(err.Error())
		}
	}
	size, err := s.Close()
	if err == nil {
		*g = read
	}
	return size, err
}

// MarshalBinary returns what WriteTo writes.
func (g *Graph) MarshalBinary() ([]byte, error) { return saved.Marshal(g) }

// UnmarshalBinary reads what MarshalBinary returned.
func (g *Graph) UnmarshalBinary(b []byte) error { return saved.Unmarshal(g, b) }

// WriteTo writes the tree in a form that ReadFrom reads.
func (t *Tree) WriteTo(w io.Writer) (int64, error) {
	s := saved.NewWriter(w, treeKind, treeVersion)
	s.Int(t.N)
	s.Text(t.Metric)
	s.Int(t.Core)
	s.Text(t.Rows)
	s.Int(len(t.Edges))
	for _, e := range t.Edges {
		s.Int(int(e.I)<<32 | int(e.J))
		s.Float(e.Distance)
	}
	return s.Close()
}

// ReadFrom replaces the tree by one that WriteTo wrote. The error is a
// *mat32.FileError, and t does not change, where the file is damaged, of another
// kind or of a newer version.
func (t *Tree) ReadFrom(r io.Reader) (int64, error) {
	s, _ := saved.NewReader(r, treeKind, treeVersion, fileError)
	read := Tree{N: s.Int(), Metric: s.Text(), Core: s.Int(), Rows: s.Text()}
	edges := s.Int()
	if s.OK() && (read.N < 1 || read.N > math.MaxInt32 || read.Core < 0 || edges < 0 || edges > read.N-1) {
		s.Fail("its numbers of rows and edges do not fit")
	}
	for range edges {
		if !s.OK() {
			break
		}
		rows, length := s.Int(), s.Float()
		e := Edge{int32(rows >> 32), int32(rows), length}
		if last := len(read.Edges) - 1; e.I < 0 || e.I >= e.J || int(e.J) >= read.N || !(length >= 0) || math.IsInf(length, 0) ||
			last >= 0 && shorter(read.Edges[last], e) >= 0 {
			s.Fail("its edges are not sorted edges between rows")
		}
		read.Edges = append(read.Edges, e)
	}
	size, err := s.Close()
	if err == nil {
		*t = read
	}
	return size, err
}

// MarshalBinary returns what WriteTo writes.
func (t *Tree) MarshalBinary() ([]byte, error) { return saved.Marshal(t) }

// UnmarshalBinary reads what MarshalBinary returned.
func (t *Tree) UnmarshalBinary(b []byte) error { return saved.Unmarshal(t, b) }

func fileError(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} }
