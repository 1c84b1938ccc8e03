package vectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/internal/decimal"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	// Text is read by so many bytes, and cut into parts of so many, each parsed by one core.
	stretch = 4 << 20
	part    = 256 << 10
	// A longer line is none of words and numbers.
	longest = 16 << 20
)

// textForm reads lines.
type textForm struct {
	ctx    context.Context
	file   *source.File
	wanted map[string]bool
	first  int

	columns int
	told    int    // words by the first line, −1 where it has none
	lines   int    // that were read, the first included where it tells counts
	words   int    // that were read, whether wanted or not
	held    []byte // what was read and not parsed
	ended   bool   // whether all was read
	parts   []parsed
}

// parsed is what a part of the text gave.
type parsed struct {
	text   []byte
	words  []byte // one after the other
	ends   []int  // of each in words
	values []float32
	lines  int
	most   int // lines to read at most, −1 for all
	err    error
	line   int // of err within the part, counted from 0
}

func (t *textForm) begin() (columns, words, most int, err error) {
	t.told = -1
	if err := t.fill(stretch); err != nil {
		return 0, 0, 0, err
	}
	t.held = bytes.TrimPrefix(t.held, []byte("\xef\xbb\xbf"))
	if len(t.held) == 0 {
		return 0, 0, 0, mat32.ErrEmpty
	}
	first, rest, err := t.line(t.held)
	if err != nil {
		return 0, 0, 0, err
	}
	second, _, err := t.line(rest)
	if err != nil {
		return 0, 0, 0, err
	}
	if n, d, ok := counts(first); ok && (len(bytes.TrimSpace(second)) == 0 || separators(trimmed(second)) >= d) {
		if d < 1 || d > math.MaxInt32 || n > math.MaxInt32*int64(math.MaxInt32) {
			return 0, 0, 0, t.file.ErrorAt(1, "", "it tells %d words of %d columns", n, d)
		}
		t.told, t.columns, t.held, t.lines = int(n), int(d), rest, 1
		if t.told == 0 {
			return 0, 0, 0, mat32.ErrEmpty
		}
		first = second
	} else {
		t.columns = numbers(trimmed(first))
		if t.columns == 0 {
			return 0, 0, 0, t.file.ErrorAt(1, "", "it has no numbers behind a word: %s", quoted(first))
		}
	}
	lines := int64(bytes.Count(t.held, []byte{'\n'}) + 1)
	switch {
	case t.ended:
		most = int(lines)
	case t.file.Size == 0:
		most = unknown
	default:
		// By the lines at hand: the others may be longer or shorter, so that this is a guess.
		size := t.file.Size
		if t.file.Packed() {
			size *= dense
		}
		most = int(1.02 * float64(size) * float64(lines) / float64(len(t.held)))
		if t.file.Packed() && t.told < 0 {
			most = unknown
		}
	}
	return t.columns, t.told, most, nil
}

// fill reads until n bytes or more are held, or all.
func (t *textForm) fill(n int) error {
	for len(t.held) < n && !t.ended {
		if cap(t.held) < n {
			t.held = append(make([]byte, 0, n), t.held...)
		}
		k, err := t.file.Read(t.held[len(t.held):min(cap(t.held), n)])
		t.held = t.held[:len(t.held)+k]
		if err == io.EOF {
			t.ended = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// line cuts the first line off, without its end.
func (t *textForm) line(text []byte) (line, rest []byte, err error) {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return text[:i], text[i+1:], nil
	}
	if !t.ended {
		return nil, nil, t.file.ErrorAt(1, "", "it is longer than %d MiB: the file is no text of words and numbers", len(text)>>20)
	}
	return text, nil, nil
}

// counts reads a first line of two whole numbers.
func counts(line []byte) (words, columns int64, ok bool) {
	f := bytes.Fields(line)
	if len(f) != 2 {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(string(f[0]), 10, 62)
	d, e := strconv.ParseUint(string(f[1]), 10, 62)
	return int64(n), int64(d), err == nil && e == nil
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// trimmed returns a line without blanks and a carriage return at its end.
func trimmed(line []byte) []byte {
	n := len(line)
	for n > 0 && (blank(line[n-1]) || line[n-1] == '\r') {
		n--
	}
	return line[:n]
}

func separators(line []byte) int64 {
	return int64(bytes.Count(line, []byte{' '}) + bytes.Count(line, []byte{'\t'}))
}

// numbers returns how many fields at the end of a line are numbers, the first field not among them.
func numbers(line []byte) int {
	n := 0
	for {
		i := bytes.LastIndexAny(line, " \t")
		if i < 0 {
			return n
		}
		if _, err := decimal.Float32(line[i+1:]); err != nil {
			return n
		}
		n++
		line = trimmed(line[:i])
	}
}

// next parses a stretch of whole lines, its parts side by side.
func (t *textForm) next() (batch, error) {
	var b batch
	if t.first > 0 && t.words >= t.first {
		return b, io.EOF
	}
	for size := stretch; ; size *= 2 { // for long lines
		if err := t.fill(size); err != nil {
			return b, err
		}
		if t.ended || bytes.LastIndexByte(t.held, '\n') >= 0 {
			break
		}
		if len(t.held) > longest {
			return b, t.file.ErrorAt(t.lines+1, "", "it is longer than %d MiB: the file is no text of words and numbers", longest>>20)
		}
	}
	text := t.held
	if !t.ended {
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	if len(text) == 0 {
		if t.told >= 0 && t.words < t.told {
			return b, t.file.Errorf("it ends after %d of the %d words that its first line tells", t.words, t.told)
		}
		return b, io.EOF
	}
	t.cut(text)
	if err := par.Blocks(t.ctx, len(t.parts), 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			t.parts[i].parse(t.columns, t.wanted)
		}
	}); err != nil {
		return b, err
	}
	if err := t.gather(&b); err != nil {
		return b, err
	}
	left := copy(t.held, t.held[len(text):])
	t.held = t.held[:left]
	return b, nil
}

// cut divides a text into parts of whole lines. With MaxRows, a part has no more lines than these.
func (t *textForm) cut(text []byte) {
	k := 0
	for len(text) > 0 {
		end := len(text)
		if end > part {
			if i := bytes.IndexByte(text[part:], '\n'); i >= 0 {
				end = part + i + 1
			}
		}
		if k == len(t.parts) {
			t.parts = append(t.parts, parsed{})
		}
		p := &t.parts[k]
		*p = parsed{text: text[:end], words: p.words[:0], ends: p.ends[:0], values: p.values[:0], most: -1}
		if t.first > 0 {
			p.most = t.first - t.words
		}
		text = text[end:]
		k++
	}
	t.parts = t.parts[:k]
}

// gather joins what the parts gave, up to the first error or the last word asked for.
func (t *textForm) gather(b *batch) error {
	size := 0
	for i := range t.parts {
		size += len(t.parts[i].values)
	}
	b.values = make([]float32, 0, size)
	for i := range t.parts {
		p := &t.parts[i]
		if t.first > 0 && t.words+p.lines > t.first {
			// Fewer of this part are left than when it was cut: it is parsed again, up to there.
			if p.most = t.first - t.words; p.most == 0 {
				return nil
			}
			p.words, p.ends, p.values, p.err = p.words[:0], p.ends[:0], p.values[:0], nil
			p.parse(t.columns, t.wanted)
		}
		if t.told >= 0 && t.words+p.lines > t.told && p.err == nil {
			return t.file.ErrorAt(t.lines+t.told-t.words+1, "", "it goes on after the %d words that its first line tells: MaxRows = %[1]d reads these", t.told)
		}
		if p.err != nil {
			return t.file.ErrorAt(t.lines+p.line+1, "", "%v", p.err)
		}
		words, from := string(p.words), 0
		for _, end := range p.ends {
			b.words = append(b.words, words[from:end])
			from = end
		}
		b.values = append(b.values, p.values...)
		t.lines += bytes.Count(p.text, []byte{'\n'})
		t.words += p.lines
	}
	return nil
}

// parse reads the lines of a part, without those that are blank.
func (p *parsed) parse(columns int, wanted map[string]bool) {
	p.lines = 0
	text := p.text
	for number := 0; len(text) > 0 && p.lines != p.most; number++ {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		line = trimmed(line)
		if len(line) == 0 {
			continue
		}
		p.lines++
		if err := p.word(line, columns, wanted); err != nil {
			p.err, p.line = err, number
			return
		}
	}
}

// word reads a line.
func (p *parsed) word(line []byte, columns int, wanted map[string]bool) error {
	if wanted != nil {
		word := line[:max(bytes.IndexAny(line, " \t"), 0)]
		if len(word) == 0 || separators(line) != int64(columns) { // no word, one with blanks, or several between fields
			var err error
			if word, _, err = split(line, columns); err != nil {
				return err
			}
		}
		if !wanted[string(word)] {
			return nil
		}
	}
	// The quick way: a word without blanks, one between fields.
	had := len(p.values)
	if i := bytes.IndexByte(line, ' '); i > 0 && !blank(line[0]) && !blank(line[i-1]) {
		rest := line[i+1:]
		for range columns {
			v, n := decimal.Prefix32(rest)
			if n == 0 || n < len(rest) && rest[n] != ' ' {
				break
			}
			p.values = append(p.values, v)
			rest = rest[min(n+1, len(rest)):]
		}
		if len(p.values) == had+columns && len(rest) == 0 {
			p.words = append(p.words, line[:i]...)
			p.ends = append(p.ends, len(p.words))
			return nil
		}
		p.values = p.values[:had]
	}
	word, fields, err := split(line, columns)
	if err != nil {
		return err
	}
	for k := range columns {
		fields = bytes.TrimLeft(fields, " \t")
		end := bytes.IndexAny(fields, " \t")
		if end < 0 {
			end = len(fields)
		}
		v, err := decimal.Float32(fields[:end])
		switch {
		case errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("its number %d, %s, is beyond float32", k+1, quoted(fields[:end]))
		case err != nil:
			hint := ""
			if bytes.ContainsFunc(fields[:end], func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
				hint = ": if this is word2vec's binary form, set Binary"
			}
			return fmt.Errorf("its field %d of %d behind the word is no number but %s%s", k+1, columns, quoted(fields[:end]), hint)
		case v-v != 0:
			return fmt.Errorf("its number %d is %v: every one must be finite", k+1, v)
		}
		p.values = append(p.values, v)
		fields = fields[end:]
	}
	p.words = append(p.words, word...)
	p.ends = append(p.ends, len(p.words))
	return nil
}

// split divides a line into a word, which may hold blanks, and its last fields.
func split(line []byte, columns int) (word, fields []byte, err error) {
	end := len(line)
	for k := range columns {
		i := bytes.LastIndexAny(line[:end], " \t")
		if i < 0 {
			return nil, nil, fmt.Errorf("it has %d fields, want a word and %d numbers: %s", k+1, columns, quoted(line))
		}
		fields = line[i:]
		end = len(trimmed(line[:i]))
		if end == 0 {
			if k == columns-1 {
				return nil, nil, fmt.Errorf("it has no word before its %d numbers", columns)
			}
			return nil, nil, fmt.Errorf("it has %d fields, want a word and %d numbers: %s", k+1, columns, quoted(line))
		}
	}
	return line[:end], fields, nil
}

// quoted returns the beginning of a text for a message.
func quoted(b []byte) string {
	const most = 40
	if len(b) > most {
		return fmt.Sprintf("%q…", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
