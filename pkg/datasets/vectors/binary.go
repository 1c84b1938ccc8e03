package vectors

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// binaryForm reads word2vec's binary form.
type binaryForm struct {
	file   *source.File
	wanted map[string]bool
	first  int

	columns, told int
	words         int // that were read, whether wanted or not
	row           []byte
}

const (
	// Words of a batch, and bytes of a word at most: neither is known to the format.
	wordsAtATime = 1024
	longestWord  = 1 << 16
	mostColumns  = 1 << 20
)

func (f *binaryForm) begin() (columns, words, most int, err error) {
	line, err := f.until('\n', 64)
	if err == io.EOF && len(line) == 0 {
		return 0, 0, 0, mat32.ErrEmpty
	}
	if err != nil && err != io.EOF {
		return 0, 0, 0, err
	}
	n, d, ok := counts(line)
	if !ok || err == io.EOF && n > 0 {
		return 0, 0, 0, f.file.Errorf("it does not begin with a line that tells how many words and columns it has, but with %s", quoted(line))
	}
	if n == 0 {
		return 0, 0, 0, mat32.ErrEmpty
	}
	if d < 1 || d > mostColumns || n > math.MaxInt32*int64(math.MaxInt32) {
		return 0, 0, 0, f.file.Errorf("its first line tells %d words of %d columns", n, d)
	}
	f.told, f.columns = int(n), int(d)
	f.row = make([]byte, 4*d)
	held := f.file.Size / (4*d + 1)
	switch {
	case f.file.Size == 0:
		most = unknown
	case f.file.Packed():
		most = int(dense * held)
	default:
		most = int(held)
		if held < n && f.first == 0 && f.wanted == nil {
			return 0, 0, 0, f.file.Errorf("its first line tells %d words of %d columns, of which its %d bytes hold %d at most: it is cut off, or a text, for which Binary must be false", n, d, f.file.Size, held)
		}
	}
	return f.columns, f.told, most, nil
}

// until reads up to a byte, which is left out, or to as many bytes as there may be. The error is io.EOF where the file ends before.
func (f *binaryForm) until(end byte, most int) ([]byte, error) {
	var text []byte
	for len(text) <= most {
		c, err := f.file.ReadByte()
		if err != nil {
			return text, err
		}
		if c == end {
			return text, nil
		}
		text = append(text, c)
	}
	return text, nil
}

func (f *binaryForm) next() (batch, error) {
	var b batch
	all := f.told
	if f.first > 0 {
		all = min(all, f.first)
	}
	if f.words >= all {
		if f.words == f.told {
			return b, f.end()
		}
		return b, io.EOF
	}
	for range min(wordsAtATime, all-f.words) {
		word, err := f.until(' ', longestWord)
		if err == nil && len(word) > longestWord {
			return b, f.file.Errorf("word %d has more than %d bytes: the file is damaged, or of another form", f.words+1, longestWord)
		}
		if err == nil {
			_, err = io.ReadFull(f.file, f.row)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return b, f.file.Errorf("it ends after %d of the %d words that its first line tells", f.words, f.told)
		}
		if err != nil {
			return b, err
		}
		f.words++
		word = bytes.TrimLeft(word, "\n") // which some programs write behind every vector
		if f.wanted != nil && !f.wanted[string(word)] {
			continue
		}
		b.words = append(b.words, string(word))
		for k := range f.columns {
			v := math.Float32frombits(binary.LittleEndian.Uint32(f.row[4*k:]))
			if v-v != 0 {
				return b, f.file.Errorf("number %d of word %d, %s, is %v: every one must be finite", k+1, f.words, quoted(word), v)
			}
			b.values = append(b.values, v)
		}
	}
	return b, nil
}

// end reads the end of the file, where gzip keeps its checksum. It returns io.EOF where nothing but line feeds is left.
func (f *binaryForm) end() error {
	for {
		c, err := f.file.ReadByte()
		if err != nil {
			return err
		}
		if c != '\n' {
			return f.file.Errorf("it goes on after the %d words that its first line tells: MaxRows = %[1]d reads these", f.told)
		}
	}
}
