package nn

import (
	"io"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// write saves what encode writes.
func write(w io.Writer, kind string, version int, encode func(*saved.Writer)) (int64, error) {
	s := saved.NewWriter(w, kind, version)
	encode(s)
	return s.Close()
}

// read replaces *v by a saved value when all of it could be read.
func read[T any](r io.Reader, kind string, version int, v *T, decode func(*T, *saved.Reader)) (int64, error) {
	s, _ := saved.NewReader(r, kind, version, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} })
	var fresh T
	decode(&fresh, s)
	n, err := s.Close()
	if err == nil {
		*v = fresh
	}
	return n, err
}
