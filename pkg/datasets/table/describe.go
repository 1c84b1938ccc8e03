package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Summary is what one column holds, in short.
type Summary struct {
	Name    string
	Kind    Kind
	Missing int

	// Of numbers, without missing ones; NaN where there are none.
	Min, Mean, Max float64

	// Of words: how many are different, and the most frequent, five at most, the most frequent first and ties in the order they come.
	Distinct int
	Top      []string
	Counts   []int // of each of Top
}

// Describe returns a summary of every column.
func (t *Table) Describe() []Summary {
	out := make([]Summary, len(t.Columns))
	for j := range t.Columns {
		out[j] = t.Columns[j].describe()
	}
	return out
}

func (c *Column) describe() Summary {
	s := Summary{Name: c.Name, Kind: c.Kind, Min: math.NaN(), Mean: math.NaN(), Max: math.NaN()}
	if c.Kind == Number {
		known := slices.DeleteFunc(slices.Clone(c.Numbers), math.IsNaN)
		s.Missing = len(c.Numbers) - len(known)
		if len(known) > 0 {
			s.Min, s.Max, s.Mean = slices.Min(known), slices.Max(known), mean(known)
		}
		return s
	}
	codes, names := c.Codes, c.Names
	if c.Kind == Text {
		codes, names = coded(c.Texts)
	}
	counts := make([]int, len(names))
	for _, code := range codes {
		if code < 0 || code >= len(names) {
			s.Missing++
			continue
		}
		counts[code]++
	}
	order := make([]int, 0, len(names))
	for k, n := range counts {
		if n > 0 {
			order = append(order, k)
		}
	}
	s.Distinct = len(order)
	slices.SortStableFunc(order, func(a, b int) int { return counts[b] - counts[a] })
	for _, k := range order[:min(5, len(order))] {
		s.Top, s.Counts = append(s.Top, names[k]), append(s.Counts, counts[k])
	}
	return s
}

// String returns a small table: the shape, every column (of very many, the first and the last) with its kind, what is missing, and
// the range and mean of its numbers or its most frequent words, and the notes.
func (t *Table) String() string {
	const most = 40
	var b strings.Builder
	fmt.Fprintf(&b, "%s × %s\n", count(t.Rows(), "row"), count(len(t.Columns), "column"))
	lines := [][]string{{"name", "kind", "missing", "min", "mean", "max", "words"}}
	hidden := max(0, len(t.Columns)-most)
	for j := range t.Columns {
		if hidden > 0 && j >= most-1 && j < len(t.Columns)-1 {
			if j == most-1 {
				lines = append(lines, []string{"…", "", "", "", "", "", fmt.Sprintf("%d more columns", hidden)})
			}
			continue
		}
		s := t.Columns[j].describe()
		line := []string{cut(s.Name, 24), s.Kind.String(), strconv.Itoa(s.Missing), "", "", "", ""}
		if s.Kind == Number {
			line[3], line[4], line[5] = digits(s.Min), digits(s.Mean), digits(s.Max)
		} else {
			words := make([]string, len(s.Top))
			for k, word := range s.Top {
				words[k] = fmt.Sprintf("%s (%d)", cut(word, 20), s.Counts[k])
			}
			if line[6] = strings.Join(words, ", "); s.Distinct > len(words) {
				line[6] += fmt.Sprintf(", … of %d", s.Distinct)
			}
		}
		lines = append(lines, line)
	}
	numbers := len(t.Numbers()) > 0
	onlyNumbers := len(t.Numbers()) == len(t.Columns) && hidden == 0
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var row strings.Builder
		for i, cell := range line {
			if i >= 3 && i < 6 && !numbers || i == 6 && onlyNumbers {
				continue
			}
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i >= 2 && i < 6 {
				row.WriteString(pad + cell + "  ")
			} else {
				row.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	for _, note := range t.Notes {
		b.WriteString("note: " + note + "\n")
	}
	return b.String()
}

func digits(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

// cut shortens a word for a line.
func cut(word string, most int) string {
	word = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return '·'
		}
		return r
	}, word)
	if utf8.RuneCountInString(word) <= most {
		return word
	}
	return string([]rune(word)[:most-1]) + "…"
}
