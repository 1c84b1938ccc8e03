package hyperbolic

import (
	"fmt"
	"io"
	"math/big"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const embeddingKind, embeddingVersion = "hyperbolic.Embedding", 1

// WriteTo writes the embedding in a form that ReadFrom reads, with all bits of its points.
// The error is that of w, or a *mat32.ParamError for the zero value.
func (e *Embedding) WriteTo(w io.Writer) (int64, error) {
	if e.Dense == nil {
		return 0, &mat32.ParamError{Method: "hyperbolic.Embedding.WriteTo", Param: "Embedding", Value: "the zero value", Want: "points"}
	}
	f := saved.NewWriter(w, embeddingKind, embeddingVersion)
	f.Matrix(e.Dense)
	f.Text(e.Method)
	f.Float(e.Scale)
	f.Floats(e.Values)
	ends := make([]int, 0, 2*len(e.Edges))
	for _, edge := range e.Edges {
		ends = append(ends, edge[0], edge[1])
	}
	f.Ints(ends)
	f.Floats(e.Lengths)
	f.Texts(e.Notes)
	f.Bool(e.points != nil)
	if p := e.points; p != nil {
		f.Int(int(p.bits))
		f.Ints(p.node)
		f.Int(len(p.at))
		put := func(v *big.Float) {
			b, err := v.GobEncode()
			if err != nil {
				f.Fail(err)
			}
			f.Blob(b)
		}
		for i, row := range p.at {
			for _, v := range row {
				put(v)
			}
			put(p.gaps[i])
		}
	}
	return f.Close()
}

// ReadFrom replaces the embedding by what WriteTo wrote. The error is a *mat32.FileError, and
// e does not change, where the file is damaged, of another kind or of a newer version.
func (e *Embedding) ReadFrom(r io.Reader) (int64, error) {
	f, _ := saved.NewReader(r, embeddingKind, embeddingVersion, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} })
	read := Embedding{Dense: f.Matrix(), Method: f.Text(), Scale: f.Float(), Values: f.Floats()}
	ends := f.Ints()
	read.Lengths, read.Notes = f.Floats(), f.Texts()
	n := 0
	if f.OK() {
		if read.Dense == nil || len(ends) != 2*len(read.Lengths) || !(read.Scale >= 0) {
			f.Fail("its points, edges and lengths do not fit")
		} else {
			n, read.Dim = read.Dims()
		}
	}
	for k := 0; k+1 < len(ends) && f.OK(); k += 2 {
		if min(ends[k], ends[k+1]) < 0 || max(ends[k], ends[k+1]) >= n {
			f.Fail(fmt.Sprintf("edge %d leads to no point", k/2))
		}
		read.Edges = append(read.Edges, [2]int{ends[k], ends[k+1]})
	}
	for i := 0; i < n && f.OK(); i++ {
		if (Poincare{}).Check(read.RawRowView(i)) != nil {
			f.Fail(fmt.Sprintf("row %d is outside the ball", i))
		}
	}
	if f.Bool() && f.OK() {
		read.points = precisely(f, n, read.Dim)
	}
	size, err := f.Close()
	if err == nil {
		*e = read
	}
	return size, err
}

// precisely reads the bits of n rows of d coordinates.
func precisely(f *saved.Reader, n, d int) *precise {
	p := &precise{bits: uint(f.Int()), node: f.Ints()}
	nodes := f.Int()
	if f.OK() && (p.bits < 64 || p.bits > mostBits || len(p.node) != n || nodes < 1 || nodes > n) {
		f.Fail("its precise points do not fit")
	}
	for _, i := range p.node {
		if f.OK() && (i < 0 || i >= nodes) {
			f.Fail("a row has no point")
		}
	}
	take := func() *big.Float {
		v, b := new(big.Float), f.Blob()
		if !f.OK() {
			return v
		}
		if err := v.GobDecode(b); err != nil || v.IsInf() || v.Prec() > mostBits {
			f.Fail("a coordinate is no number")
		}
		return v
	}
	for i := 0; i < nodes && f.OK(); i++ {
		row := make([]*big.Float, d)
		for c := range row {
			row[c] = take()
		}
		gap := take()
		if f.OK() && gap.Sign() <= 0 {
			f.Fail(fmt.Sprintf("point %d is outside the ball", i))
		}
		p.at, p.gaps = append(p.at, row), append(p.gaps, gap)
	}
	return p
}

// MarshalBinary returns what WriteTo writes.
func (e *Embedding) MarshalBinary() ([]byte, error) { return saved.Marshal(e) }

// UnmarshalBinary reads what MarshalBinary returned.
func (e *Embedding) UnmarshalBinary(b []byte) error { return saved.Unmarshal(e, b) }
