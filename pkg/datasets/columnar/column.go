package columnar

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/datasets/table"
)

// form is what the values of a column are, of whatever type the file has them.
type form int

const (
	number  form = iota
	boolean      // numbers 0 and 1 that are a category in tables
	text
	unread // of a type that is neither number nor text
)

// field is a column of a file that can be chosen.
type field struct {
	name string
	form form
	list bool   // of numbers
	what string // the type, for messages and of what is unread
	unit string // of times, for notes
	word bool   // a category in the file's own words
}

// numeric reports whether a matrix takes it.
func (f *field) numeric() bool { return f.form == number || f.form == boolean }

// mostWords are the different words that a category may have.
const mostWords = 1 << 16

// column is some rows of a field, or all of them.
type column struct {
	*field
	place   int // of the field
	rows    int
	parts   [][]float64 // of numbers, in stretches, NaN where they are missing; of lists, their elements
	numbers []float64   // the last of them
	lengths []int32     // of lists, −1 where they are missing

	words []string // by code
	index map[string]int32
	codes []int32  // −1 where they are missing
	texts []string // in place of all these, once there are too many words
	plain bool
	held  int64 // bytes of texts
	large bool  // an integer beyond 2^53 came
}

// stretch is how many values are kept together, so that a column grows without being copied.
const stretch = 1 << 17

// put appends a number.
func (c *column) put(v float64) {
	if len(c.numbers) == stretch {
		c.parts = append(c.parts, c.numbers)
		c.numbers = make([]float64, 0, stretch)
	}
	c.numbers = append(c.numbers, v)
}

// code returns that of a word.
func (c *column) code(word []byte) int32 {
	if k, ok := c.index[string(word)]; ok {
		return k
	}
	if c.index == nil {
		c.index = map[string]int32{}
	}
	w := string(word)
	k := int32(len(c.words))
	c.index[w] = k
	c.words = append(c.words, w)
	c.held += int64(len(w)) + 80
	return k
}

// say appends a word, and miss that there is none.
func (c *column) say(word []byte) {
	if c.plain {
		c.texts = append(c.texts, string(word))
		c.held += int64(len(word)) + 16
		return
	}
	c.codes = append(c.codes, c.code(word))
	if len(c.words) > mostWords && !c.word {
		c.spell()
	}
}

func (c *column) miss() {
	switch {
	case c.form != text:
		c.put(math.NaN())
	case c.plain:
		c.texts = append(c.texts, "")
	default:
		c.codes = append(c.codes, -1)
	}
}

// spell turns codes into texts.
func (c *column) spell() {
	c.plain = true
	c.texts = make([]string, len(c.codes))
	for i, k := range c.codes {
		if k >= 0 {
			c.texts[i] = c.words[k]
		}
	}
	c.codes, c.words, c.index = nil, nil, nil
}

// size returns about how many bytes it holds.
func (c *column) size() int64 {
	return 8*int64(len(c.parts)*stretch+len(c.numbers)) + 4*int64(len(c.lengths)+len(c.codes)) + 16*int64(len(c.texts)) + c.held
}

// all returns the numbers in one piece, and lets go of the parts.
func (c *column) all() []float64 {
	if len(c.parts) == 0 {
		return c.numbers
	}
	total := len(c.numbers)
	for _, p := range c.parts {
		total += len(p)
	}
	out := make([]float64, 0, total)
	for k, p := range c.parts {
		out = append(out, p...)
		c.parts[k] = nil
	}
	out = append(out, c.numbers...)
	c.parts, c.numbers = nil, nil
	return out
}

// reset forgets the rows.
func (c *column) reset() {
	c.rows, c.parts, c.numbers, c.lengths = 0, nil, nil, c.lengths[:0]
	c.codes, c.texts = c.codes[:0], c.texts[:0]
}

// width returns the length that all lists have, −1 where all are missing. Lists of different lengths are a reason.
func (c *column) width() (int, string) {
	width := int32(-1)
	for i, n := range c.lengths {
		switch {
		case n < 0 || n == width:
		case width < 0:
			width = n
		default:
			return 0, fmt.Sprintf("its lists are of different lengths: %d and, in row %d, %d", width, i+1, n)
		}
	}
	return int(width), ""
}

// finish returns the columns of a table that it is: of lists of numbers one for every place in them. The reason says why it is none.
func (c *column) finish() (list []table.Column, reason string) {
	switch {
	case c.form == unread:
		return nil, "it holds " + c.what
	case c.list:
		width, reason := c.width()
		if reason != "" {
			return nil, reason
		}
		elements := c.all()
		for k := range max(width, 0) {
			numbers := make([]float64, len(c.lengths))
			at := k
			for i, n := range c.lengths {
				numbers[i] = math.NaN()
				if n >= 0 {
					numbers[i] = elements[at]
					at += width
				}
			}
			list = append(list, table.Column{Name: fmt.Sprintf("%s[%d]", c.name, k), Numbers: numbers})
		}
		if width < 0 {
			return nil, "all its lists are missing"
		}
		return list, ""
	case c.form == number:
		return []table.Column{{Name: c.name, Numbers: c.all()}}, ""
	case c.form == boolean:
		codes := make([]int, c.rows)
		for i, v := range c.all() {
			codes[i] = -1
			if v == v {
				codes[i] = int(v)
			}
		}
		return []table.Column{{Name: c.name, Kind: table.Category, Codes: codes, Names: []string{"false", "true"}}}, ""
	}
	present := 0
	for _, k := range c.codes {
		if k >= 0 {
			present++
		}
	}
	if !c.plain && !c.word && 2*len(c.words) > present {
		c.spell()
	}
	if c.plain {
		return []table.Column{{Name: c.name, Kind: table.Text, Texts: c.texts}}, ""
	}
	codes := make([]int, len(c.codes))
	for i, k := range c.codes {
		codes[i] = int(k)
	}
	return []table.Column{{Name: c.name, Kind: table.Category, Codes: codes, Names: slices.Clone(c.words)}}, ""
}
