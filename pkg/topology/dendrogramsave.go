package topology

import (
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

const dendrogramKind, dendrogramVersion = "topology.Dendrogram", 1

// WriteTo writes the dendrogram in a form that ReadFrom reads.
func (d *Dendrogram) WriteTo(w io.Writer) (int64, error) {
	s := saved.NewWriter(w, dendrogramKind, dendrogramVersion)
	s.Int(d.N)
	s.Int(len(d.Merges))
	for _, m := range d.Merges {
		s.Int(m.A<<32 | m.B)
		s.Float(m.Height)
	}
	return s.Close()
}

// ReadFrom replaces the dendrogram by one that WriteTo wrote. The error is a
// *mat32.FileError, and d does not change, where the file is damaged, of another kind or of
// a newer version.
func (d *Dendrogram) ReadFrom(r io.Reader) (int64, error) {
	s, _ := saved.NewReader(r, dendrogramKind, dendrogramVersion, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} })
	n, merges := s.Int(), s.Int()
	if s.OK() && (n < 1 || n > math.MaxInt32/2 || merges < 0 || merges > n-1) {
		s.Fail("its numbers of rows and merges do not fit")
	}
	tree := &neighbors.Tree{N: n}
	var first []int32        // a row of every merge
	joined := map[int]bool{} // clusters that are part of another
	last := 0.
	for k := range merges {
		if !s.OK() {
			break
		}
		both, height := s.Int(), s.Float()
		a, b := both>>32, both&math.MaxUint32
		if a < 0 || a >= b || b >= n+k || joined[a] || joined[b] || !(height >= last) || math.IsInf(height, 0) {
			s.Fail("its merges are not sorted merges of clusters")
			break
		}
		joined[a], joined[b], last = true, true, height
		row := func(cluster int) int32 {
			if cluster < n {
				return int32(cluster)
			}
			return first[cluster-n]
		}
		tree.Edges = append(tree.Edges, neighbors.Edge{I: row(a), J: row(b), Distance: height})
		first = append(first, row(a))
	}
	size, err := s.Close()
	if err == nil {
		*d = *NewDendrogram(tree)
	}
	return size, err
}

// MarshalBinary returns what WriteTo writes.
func (d *Dendrogram) MarshalBinary() ([]byte, error) { return saved.Marshal(d) }

// UnmarshalBinary reads what MarshalBinary returned.
func (d *Dendrogram) UnmarshalBinary(b []byte) error { return saved.Unmarshal(d, b) }
