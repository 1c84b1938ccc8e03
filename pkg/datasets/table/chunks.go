package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
)

const (
	// chunkSize is what one worker takes at a time: what becomes of it stays in a cache.
	chunkSize = 1 << 20
	// longestRow bounds memory where a row does not end, as behind a quote that nothing closes.
	longestRow = 64 << 20
)

// chunks cuts a file into pieces of whole rows. The pieces depend on the file alone.
type chunks struct {
	file  *source.File
	kept  []byte // read, and not yet given away
	ended bool
	wide  bool // the file is UTF-16
}

// open leaves out a byte-order mark, the first lines, and UTF-16.
func open(file *source.File, skipLines int) (*chunks, error) {
	c := &chunks{file: file}
	head, err := file.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, file.Wrap(err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, err = file.Discard(3)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		c.wide = true
		file.Reader = bufio.NewReaderSize(&wideReader{r: file.Reader, order: binary.LittleEndian}, chunkSize)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		c.wide = true
		file.Reader = bufio.NewReaderSize(&wideReader{r: file.Reader, order: binary.BigEndian}, chunkSize)
	default:
		err = nil
	}
	for left := skipLines; left > 0 && err == nil; left-- {
		err = skipLine(file.Reader)
	}
	if err == io.EOF {
		return nil, file.Errorf("it has no more than the lines to skip, %d", skipLines)
	}
	return c, file.Wrap(err)
}

func skipLine(r *bufio.Reader) error {
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil || c == '\n':
			return err
		case c == '\r':
			if next, err := r.Peek(1); err == nil && next[0] == '\n' {
				_, err = r.Discard(1)
				return err
			}
			return nil
		}
	}
}

// peek returns the beginning of the file, for whoever has to decide how to read it.
func (c *chunks) peek() ([]byte, error) {
	err := c.fill(chunkSize)
	return c.kept, err
}

// fill reads n more bytes, or what there are, into memory that grows with what was read.
func (c *chunks) fill(n int) error {
	for n > 0 && !c.ended {
		if free := cap(c.kept) - len(c.kept); free <= 1 {
			c.kept = slices.Grow(c.kept, 1+min(n, max(len(c.kept), 64<<10)))
		}
		to := c.kept[len(c.kept) : cap(c.kept)-1] // with room for an end of line
		read, err := c.file.Read(to[:min(n, len(to))])
		c.kept = c.kept[:len(c.kept)+read]
		n -= read
		if err == io.EOF {
			c.ended = true
			if last := len(c.kept) - 1; last >= 0 && c.kept[last] != '\n' && c.kept[last] != '\r' {
				c.kept = append(c.kept, '\n')
			}
		} else if err != nil {
			return c.file.Wrap(err)
		}
	}
	return nil
}

// next returns the next piece in the memory of buffer, or io.EOF. It ends with an end of line.
func (c *chunks) next(buffer []byte, d *dialect) ([]byte, error) {
	given := c.kept
	c.kept = append(buffer[:0], given...)
	// What was kept goes to the memory that is given away the next time; nobody else holds it.
	for n := chunkSize; ; n = len(c.kept) {
		if err := c.fill(n); err != nil {
			return nil, err
		}
		if c.ended {
			chunk := c.kept
			c.kept = nil
			if len(chunk) == 0 {
				return chunk, io.EOF
			}
			return chunk, nil
		}
		if end := d.lastRow(c.kept); end > 0 {
			chunk := c.kept[:end]
			c.kept = append(given[:0], c.kept[end:]...)
			return chunk, nil
		}
		if len(c.kept) > longestRow {
			return c.kept, errLongRow
		}
	}
}

var errLongRow = errors.New("a row is too long")

// wideReader gives UTF-16 as UTF-8. What is no character becomes the replacement character.
type wideReader struct {
	r       *bufio.Reader
	order   binary.ByteOrder
	started bool // the mark of byte order is read
}

func (w *wideReader) Read(p []byte) (int, error) {
	n := 0
	for n+utf8.UTFMax <= len(p) {
		b, err := w.r.Peek(2)
		if len(b) < 2 {
			switch {
			case n > 0: // the error comes again
				return n, nil
			case err == io.EOF && len(b) == 1:
				return 0, io.ErrUnexpectedEOF
			}
			return 0, err
		}
		c := rune(w.order.Uint16(b))
		size := 2
		if utf16.IsSurrogate(c) {
			both, _ := w.r.Peek(4)
			if c = utf8.RuneError; len(both) == 4 {
				if c = utf16.DecodeRune(rune(w.order.Uint16(both)), rune(w.order.Uint16(both[2:]))); c != utf8.RuneError {
					size = 4
				}
			}
		}
		if _, err := w.r.Discard(size); err != nil {
			return n, err
		}
		if c != '\ufeff' || n > 0 || w.started {
			n += utf8.EncodeRune(p[n:], c)
		}
		w.started = true
	}
	return n, nil
}
