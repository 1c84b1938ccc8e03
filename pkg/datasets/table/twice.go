package table

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// inMemory is how much is kept of what cannot be read twice before a file is made for it.
const inMemory = 64 << 20

// repeated is a reader that is read from the same place as often as one likes.
type repeated struct {
	r      io.Reader
	seeker io.Seeker // nil where r has no places to go back to
	start  int64
	opened bool
	head   []byte
	file   *os.File
}

func twice(r io.Reader) *repeated {
	t := &repeated{r: r}
	if s, ok := r.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			t.seeker, t.start = s, at
		}
	}
	return t
}

// open returns the reader at its start. What an earlier call returned is not to be read any more.
func (t *repeated) open() (io.Reader, error) {
	if !t.opened {
		t.opened = true
		if t.seeker != nil {
			return t.r, nil
		}
		return io.TeeReader(t.r, t), nil
	}
	if t.seeker != nil {
		_, err := t.seeker.Seek(t.start, io.SeekStart)
		return t.r, err
	}
	if t.file == nil {
		return bytes.NewReader(t.head), nil
	}
	_, err := t.file.Seek(0, io.SeekStart)
	return io.MultiReader(bytes.NewReader(t.head), t.file), err
}

// Write keeps what is read.
func (t *repeated) Write(p []byte) (int, error) {
	if t.file == nil && len(t.head)+len(p) <= inMemory {
		t.head = append(t.head, p...)
		return len(p), nil
	}
	if t.file == nil {
		var err error
		if t.file, err = os.CreateTemp("", "table"); err != nil {
			return 0, err
		}
	}
	return t.file.Write(p)
}

// Close gives up what was kept.
func (t *repeated) Close() error {
	if t.file == nil {
		return nil
	}
	return errors.Join(t.file.Close(), os.Remove(t.file.Name()))
}
