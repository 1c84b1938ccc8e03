package table

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

const nulReason = "there is a NUL byte: this is not text, or it is UTF-16 without a byte-order mark, to be saved as UTF-8"

// mostWords is how many different words a category may have.
const mostWords = 1 << 16

// builder makes the columns of a table of the pieces of a file. Workers take pieces in turn, read them side by side, and hand them in
// in the order of the file: which worker reads a piece changes nothing.
type builder struct {
	spelling *spelling
	tasks    []task
	names    []string // of the file's columns
	numbers  []numberColumn
	words    []wordColumn
	left     int // rows to read, −1 for all
	limit    int64

	reading sync.Mutex // the file
	chunks  *chunks
	pending []byte // the first piece, without the row of names
	begun   int    // pieces given away
	over    bool   // there are no more

	turn     sync.Mutex
	moved    sync.Cond
	finished int   // pieces handed in
	line     int   // of the file where the next piece begins, from 1
	rows     int   // handed in
	room     int   // rows that the columns have memory for
	expected int   // rows, as far as is known
	held     int64 // bytes of words
	err      error // the first in the order of the file

	// Workers that write rows have it for reading: it is taken for writing to move the columns.
	moving sync.RWMutex
}

type numberColumn struct {
	column int // of the file
	values []float64
	seen   seen
	line   int // near the first word
}

type wordColumn struct {
	column   int // of the file
	category bool
	codes    []int
	codeOf   map[string]int
	names    []string
	texts    []string
	direct   atomic.Bool // it is text
}

// run reads all pieces that remain.
func (b *builder) run() error {
	b.moved.L = &b.turn
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	if b.left >= 0 {
		workers = 1 // which knows how many rows are left
	}
	for range workers {
		all.Go(b.work)
	}
	all.Wait()
	return b.err
}

func (b *builder) work() {
	p := newParser(b.spelling, b.tasks)
	for {
		chunk, turn, err := b.take(p)
		if err == io.EOF {
			return
		}
		if err == nil {
			for i := range p.words {
				if w := &p.words[i]; !w.direct && b.words[i].direct.Load() {
					w.forget()
				}
			}
			p.limit = b.left
			p.parse(chunk)
			p.lines = lines(chunk)
			if at := nulAt(chunk); at >= 0 && p.limit < 0 {
				p.wrong = trouble{at, -1, nulReason}
			}
		}
		if !b.handIn(p, chunk, turn, err) {
			return
		}
	}
}

// take gives a worker the next piece, and its number.
func (b *builder) take(p *parser) (chunk []byte, turn int, err error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.over {
		return nil, 0, io.EOF
	}
	if b.pending != nil {
		chunk, b.pending = b.pending, nil
	} else {
		p.buffer, err = b.chunks.next(p.buffer, &b.spelling.dialect)
		chunk = p.buffer
	}
	turn = b.begun
	if err != nil {
		b.over = true
	}
	b.begun++
	return chunk, turn, err
}

// stop has no worker take another piece.
func (b *builder) stop() {
	b.reading.Lock()
	b.over = true
	b.reading.Unlock()
}

// handIn adds what a worker has read, when it is its turn, and reports whether there is more to do.
func (b *builder) handIn(p *parser, chunk []byte, turn int, err error) bool {
	b.turn.Lock()
	for b.finished != turn {
		b.moved.Wait()
	}
	next := func() {
		b.finished++
		b.moved.Broadcast()
		b.turn.Unlock()
	}
	if b.err == nil {
		switch {
		case errors.Is(err, errLongRow):
			b.err = b.longRow(chunk)
		case err != nil:
			b.err = err
		case p.wrong.reason != "":
			b.err = b.trouble(chunk, p.wrong)
		default:
			b.err = b.grow(b.rows + p.rows)
		}
	}
	if b.err != nil {
		next()
		b.stop()
		return false
	}
	first := b.rows
	b.rows += p.rows
	for i := range p.seen {
		s, n := p.seen[i], &b.numbers[i]
		if s.word && !n.seen.word {
			n.line = b.line
		}
		n.seen = seen{n.seen.word || s.word, n.seen.huge || s.huge, n.seen.long || s.long}
	}
	held := b.held
	for i := range p.words {
		b.held += b.words[i].learn(&p.words[i], &b.moving, first, b.room)
	}
	if b.held > held {
		if b.err = b.afford(b.rows); b.err != nil {
			next()
			b.stop()
			return false
		}
	}
	b.line += p.lines
	if b.left >= 0 {
		if b.left -= p.rows; b.left == 0 {
			defer b.stop()
		}
	}
	b.moving.RLock()
	next()
	b.copy(p, first)
	b.moving.RUnlock()
	return true
}

// copy writes the values of a piece to the rows of the columns that are its own.
func (b *builder) copy(p *parser, first int) {
	width := len(b.numbers)
	for c := range b.numbers {
		to := b.numbers[c].values[first : first+p.rows]
		for r := range to {
			to[r] = p.numbers[r*width+c]
		}
	}
	for i := range p.words {
		w, from := &b.words[i], &p.words[i]
		if w.direct.Load() {
			from.texts(w.texts[first : first+p.rows])
			continue
		}
		to := w.codes[first : first+p.rows]
		for r, code := range from.codes[:p.rows] {
			if to[r] = -1; code >= 0 {
				to[r] = from.global[code]
			}
		}
	}
}

// learn gives the new words of a piece codes in the order of their rows, and makes the column text when there are too many. It
// returns the bytes of the words.
func (w *wordColumn) learn(from *words, moving *sync.RWMutex, rows, room int) (held int64) {
	if from.direct {
		return int64(len(from.letter))
	}
	if w.direct.Load() {
		for _, code := range from.codes {
			if code >= 0 {
				held += int64(len(from.list[code]))
			}
		}
		return held
	}
	for _, code := range from.codes {
		if code < 0 || from.global[code] >= 0 {
			continue
		}
		word := from.list[code]
		known, ok := w.codeOf[word]
		if !ok {
			known = len(w.names)
			w.codeOf[word] = known
			w.names = append(w.names, word)
			held += int64(len(word))
		}
		from.global[code] = known
	}
	if len(w.names) > mostWords && !w.category {
		moving.Lock()
		w.toText(rows, room)
		moving.Unlock()
	}
	return held
}

// toText gives the words of the first rows as they are, and has room for more.
func (w *wordColumn) toText(rows, room int) {
	w.texts = make([]string, room)
	for r, code := range w.codes[:rows] {
		if code >= 0 {
			w.texts[r] = w.names[code]
		}
	}
	w.codes, w.codeOf, w.names = nil, nil, nil
	w.direct.Store(true)
}

// grow makes room for as many rows: first for those that are expected, later for half as many again.
func (b *builder) grow(rows int) error {
	if rows <= b.room {
		return nil
	}
	room := max(rows, b.expected)
	if b.room > 0 {
		room = max(rows, b.room+b.room/2)
	}
	if b.left >= 0 {
		room = min(room, rows+b.left)
	}
	err := b.afford(room)
	if err != nil && b.room > 0 && room > rows {
		room = rows
		err = b.afford(room)
	}
	if err != nil {
		return err
	}
	b.moving.Lock()
	defer b.moving.Unlock()
	for i := range b.numbers {
		b.numbers[i].values = moved(b.numbers[i].values, b.rows, room)
	}
	for i := range b.words {
		if w := &b.words[i]; w.direct.Load() {
			w.texts = moved(w.texts, b.rows, room)
		} else {
			w.codes = moved(w.codes, b.rows, room)
		}
	}
	b.room = room
	return nil
}

// afford returns an error where as many rows need more than the limit.
func (b *builder) afford(rows int) error {
	return b.chunks.file.CheckMemory("table.CSV", b.bytes(rows), b.limit, "read fewer Columns, or up to MaxRows, or stream them by Rows")
}

// bytes is the memory of as many rows, with the words so far.
func (b *builder) bytes(rows int) int64 {
	each := 8 * len(b.numbers)
	for i := range b.words {
		if b.words[i].direct.Load() {
			each += 8
		}
		each += 8
	}
	if each > 0 && int64(rows) > math.MaxInt64/int64(each) {
		return math.MaxInt64
	}
	return int64(each)*int64(rows) + b.held
}

func moved[T any](from []T, rows, room int) []T {
	to := make([]T, room)
	copy(to, from[:rows])
	return to
}

// trouble words what is wrong in a piece.
func (b *builder) trouble(chunk []byte, t trouble) error {
	column := ""
	if t.column >= 0 {
		column = nameless(t.column)
		if t.column < len(b.names) {
			column = b.names[t.column]
		}
	}
	return b.chunks.file.ErrorAt(b.line+lines(chunk[:t.at]), column, "%s", t.reason)
}

// longRow words that the last row read does not end.
func (b *builder) longRow(chunk []byte) error {
	reason := fmt.Sprintf("this row does not end within %d MiB", longestRow>>20)
	if _, wrong := b.spelling.width(chunk, 0); wrong == openQuote {
		reason += ": a quote is never closed"
	}
	return b.chunks.file.ErrorAt(b.line, "", "%s", reason)
}

// trim gives back the room that no row took, where it is much.
func (b *builder) trim() {
	for i := range b.numbers {
		b.numbers[i].values = fitted(b.numbers[i].values, b.rows)
	}
	for i := range b.words {
		b.words[i].codes = fitted(b.words[i].codes, b.rows)
		b.words[i].texts = fitted(b.words[i].texts, b.rows)
	}
}

func fitted[T any](s []T, rows int) []T {
	if s == nil {
		return nil
	}
	if len(s)-rows > len(s)/8 {
		return slices.Clone(s[:rows])
	}
	return s[:rows:rows]
}
