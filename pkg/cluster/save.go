package cluster

import (
	"io"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// write saves a model by its encode method.
func write(w io.Writer, kind string, encode func(*saved.Writer)) (int64, error) {
	return saved.Write(w, kind, 1, encode)
}

// read replaces *v by a saved model when all of it could be read.
func read[T any](r io.Reader, kind string, v *T, decode func(*T, *saved.Reader)) (int64, error) {
	return saved.Read(r, kind, 1, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} }, v, decode)
}

// labeled reads labels, and the sizes of their clusters.
func labeled(s *saved.Reader) (labels, sizes []int) {
	labels = s.Ints()
	if s.OK() && len(labels) == 0 {
		s.Fail("it has no labels")
	}
	for _, l := range labels {
		if l < -1 || l > len(sizes) {
			s.Fail("its labels are not numbered by their first rows")
			break
		}
		if l == len(sizes) {
			sizes = append(sizes, 0)
		}
		if l >= 0 {
			sizes[l]++
		}
	}
	return labels, sizes
}

// notes reads texts that may be none.
func notes(s *saved.Reader) []string {
	if v := s.Texts(); len(v) > 0 {
		return v
	}
	return nil
}
