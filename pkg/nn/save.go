package nn

import (
	"io"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// read replaces *v by a saved value when all of it could be read.
func read[T any](r io.Reader, kind string, version int, v *T, decode func(*T, *saved.Reader)) (int64, error) {
	return saved.Read(r, kind, version, fileError, v, decode)
}

func fileError(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} }
