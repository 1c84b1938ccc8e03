package table

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/datasets/internal/decimal"
)

// task is what is done with the cells of a column of the file.
type task struct {
	do       job
	slot     int  // among the numbers, or the words, of a row
	required bool // numbers alone: a word is an error
}

type job uint8

const (
	leave job = iota
	takeNumber
	takeWord
)

// spelling is how cells are to be understood.
type spelling struct {
	dialect
	point     byte // of decimals
	thousands byte // separator, 0 for none

	missing   map[string]bool
	begins    [256]bool // bytes that missing spellings begin with
	longest   int       // bytes of the longest
	sentinels []float64 // missing spellings that are numbers, such as −999
}

// isMissing reports whether a cell, without the blanks around it, stands for a missing value.
func (s *spelling) isMissing(cell []byte) bool {
	return len(cell) == 0 || len(cell) <= s.longest && s.begins[cell[0]] && s.missing[string(cell)]
}

// number reads any cell.
func (s *spelling) number(cell []byte) (float64, reading) {
	cell = s.trim(cell)
	if s.isMissing(cell) {
		return math.NaN(), isMissing
	}
	v, what := number(cell, s.point)
	if what == isWord && s.thousands != 0 {
		if plain := ungrouped(cell, s.thousands, s.point); plain != nil {
			v, what = number(plain, s.point)
		}
	}
	if what != isWord && slices.Contains(s.sentinels, v) {
		return math.NaN(), isMissing
	}
	return v, what
}

// seen is what a column of numbers held beside them.
type seen struct{ word, huge, long bool }

// words are the cells of one column of a piece: codes of a worker's own list, or, of a column of which it is known that it is text,
// the bytes one after the other.
type words struct {
	codes []int32 // −1 where it is missing

	codeOf map[string]int32
	list   []string
	global []int // code of the column, by that of the list, −1 where it has none yet
	latest int32 // code of the last cell, as equal ones often follow each other

	direct bool
	letter []byte
	ends   []int
}

// parser reads pieces of a file; every worker has one.
type parser struct {
	*spelling
	tasks   []task
	limit   int  // rows of a piece to read, −1 for all
	strict  bool // a missing number is an error, and so is one beyond float32
	buffer  []byte
	spare   []byte
	numbers []float64 // of one piece, row after row
	seen    []seen
	words   []words
	rows    int
	lines   int
	wrong   trouble
}

// trouble is what is wrong with a piece, if its reason is not empty: where, and in which column, −1 for all.
type trouble struct {
	at, column int
	reason     string
}

func newParser(s *spelling, tasks []task) *parser {
	p := &parser{spelling: s, tasks: tasks, limit: -1}
	numbers, texts := 0, 0
	for _, t := range tasks {
		switch t.do {
		case takeNumber:
			numbers++
		case takeWord:
			texts++
		}
	}
	p.seen = make([]seen, numbers)
	p.words = make([]words, texts)
	for i := range p.words {
		p.words[i].codeOf, p.words[i].latest = map[string]int32{}, -1
	}
	return p
}

// parse reads a piece, which ends with an end of line.
func (p *parser) parse(b []byte) {
	p.rows, p.wrong, p.numbers = 0, trouble{}, p.numbers[:0]
	clear(p.seen)
	for i := range p.words {
		w := &p.words[i]
		w.codes, w.letter, w.ends = w.codes[:0], w.letter[:0], w.ends[:0]
	}
	comma, point, tasks := p.comma, p.point, p.tasks
	plain := len(p.sentinels) == 0
	last := len(tasks) - 1
	for i := p.skip(b, 0); i < len(b) && p.rows != p.limit; i = p.skip(b, i) {
		start := i
		have := len(p.numbers)
		p.numbers = slices.Grow(p.numbers, len(p.seen))[:have+len(p.seen)]
		row := p.numbers[have:]
		for c := range tasks {
			t := &tasks[c]
			switch t.do {
			case takeNumber:
				// Most cells are a few digits with a point, and a separator behind them: scanned here, without a call, they take a
				// tenth less time than by decimal.PrefixPoint64, which reads the others.
				j := i
				if b[j] == '-' {
					j++
				}
				var m uint64
				first := j
				for d := b[j] - '0'; d <= 9; d = b[j] - '0' {
					m = m*10 + uint64(d)
					j++
				}
				digits, fraction := j-first, 0
				if b[j] == point {
					j++
					first = j
					for d := b[j] - '0'; d <= 9; d = b[j] - '0' {
						m = m*10 + uint64(d)
						j++
					}
					fraction = j - first
					digits += fraction
				}
				if (b[j] == comma || b[j] == '\n' || b[j] == '\r') && digits > 0 && digits <= 19 && plain {
					var v float64
					if m <= exact {
						v = float64(m) / decimal.Ten(fraction)
					} else if v = decimal.Fixed64(m, fraction); fraction == 0 && rounded(b[i:j], v) {
						p.seen[t.slot].long = true
					}
					if b[i] == '-' {
						v = -v
					}
					row[t.slot] = v
					i = j
					break
				}
				cell, end, ok := p.take(b, i, start, c)
				if !ok {
					return
				}
				v, what := p.number(cell)
				switch what {
				case isMissing:
					if p.strict {
						p.wrong = trouble{start, c, "the cell is empty, or stands for a missing value"}
						return
					}
				case isWord:
					if t.required {
						p.wrong = trouble{start, c, fmt.Sprintf("the cell %s is not a number", short(cell))}
						return
					}
					v, p.seen[t.slot].word = math.NaN(), true
				case isHuge:
					p.seen[t.slot].huge = true
				case isTooLong:
					p.seen[t.slot].long = true
				}
				if p.strict && math.Abs(v) > math.MaxFloat32 && (what == isHuge || !math.IsInf(v, 0)) {
					p.wrong = trouble{start, c, fmt.Sprintf("the number %s is beyond float32", short(cell))}
					return
				}
				row[t.slot] = v
				i = end
			case takeWord:
				cell, end, ok := p.take(b, i, start, c)
				if !ok {
					return
				}
				p.words[t.slot].add(cell, p.isMissing(p.trim(cell)))
				i = end
			default:
				_, end, ok := p.take(b, i, start, c)
				if !ok {
					return
				}
				i = end
			}
			if c < last {
				if b[i] != comma {
					p.ragged(b, start)
					return
				}
				i++
			}
		}
		switch b[i] {
		case '\n':
			i++
		case '\r': // a "\n" behind it is an empty line, which is skipped
			i++
		default:
			p.ragged(b, start)
			return
		}
		p.rows++
	}
}

// take returns the cell at i of the row that begins at start.
func (p *parser) take(b []byte, i, start, column int) (cell []byte, end int, ok bool) {
	cell, end, p.spare, p.wrong.reason = p.cell(b, i, p.spare[:0])
	if p.wrong.reason != "" {
		p.wrong.at, p.wrong.column = i, column
		return nil, 0, false
	}
	return cell, end, true
}

func (p *parser) ragged(b []byte, start int) {
	n, wrong := p.width(b, start)
	if p.wrong = (trouble{start, -1, wrong}); wrong == "" {
		p.wrong.reason = fmt.Sprintf("this row has %s, want %d", count(n, "cell"), len(p.tasks))
	}
}

// add takes a cell.
func (w *words) add(cell []byte, missing bool) {
	if w.direct {
		if !missing {
			w.letter = append(w.letter, cell...)
		}
		w.ends = append(w.ends, len(w.letter))
		return
	}
	code := int32(-1)
	if !missing {
		if w.latest >= 0 && string(cell) == w.list[w.latest] {
			code = w.latest
		} else if known, ok := w.codeOf[string(cell)]; ok {
			code = known
		} else {
			word := string(cell)
			code = int32(len(w.list))
			w.codeOf[word] = code
			w.list, w.global = append(w.list, word), append(w.global, -1)
		}
		w.latest = code
	}
	w.codes = append(w.codes, code)
}

// texts writes the cells of a column of text.
func (w *words) texts(to []string) {
	if !w.direct {
		for r := range to {
			if to[r] = ""; w.codes[r] >= 0 {
				to[r] = w.list[w.codes[r]]
			}
		}
		return
	}
	all := string(w.letter)
	from := 0
	for r := range to {
		to[r] = all[from:w.ends[r]]
		from = w.ends[r]
	}
}

// forget gives up the list for text.
func (w *words) forget() {
	*w = words{direct: true, letter: w.letter, ends: w.ends, codes: w.codes[:0]}
}

// short is a cell for a message.
func short(cell []byte) string {
	const most = 40
	if len(cell) > most {
		return fmt.Sprintf("%q… of %d bytes", cell[:most], len(cell))
	}
	return fmt.Sprintf("%q", cell)
}

// count is a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
