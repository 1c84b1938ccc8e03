package nbtest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Problem is one way in which a notebook fails.
type Problem struct {
	Notebook string // the file's name
	Cell     int    // counted from 1 over all cells; 0 when the notebook as a whole is meant
	Count    int    // the number in brackets beside the cell, 0 if it has none
	ID       string // the cell's id, "" before format 4.5
	First    string // the first line of the cell that says something
	Line     int    // in the cell, counted from 1; 0 when no line is to blame
	Source   string // the text of that line
	Rule     string // the name of the rule that is broken, as in Options.Without
	Text     string // what is wrong
}

// String names the notebook, the cell and the line, and says what is wrong.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Notebook)
	if p.Cell > 0 {
		fmt.Fprintf(&b, ": cell %d", p.Cell)
		if p.Count > 0 {
			fmt.Fprintf(&b, " [%d]", p.Count)
		}
		if p.ID != "" {
			fmt.Fprintf(&b, " #%s", p.ID)
		}
		if p.First != "" {
			fmt.Fprintf(&b, " (%s)", short(p.First, 60))
		}
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, ": line %d", p.Line)
		if p.Source != "" {
			fmt.Fprintf(&b, " `%s`", short(p.Source, 120))
		}
	}
	fmt.Fprintf(&b, ": %s [%s]", p.Text, p.Rule)
	return b.String()
}

// short cuts text to one line of at most n characters.
func short(text string, n int) string {
	text = strings.TrimSpace(text)
	cut := false
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text, cut = text[:i], true
	}
	if utf8.RuneCountInString(text) > n {
		text, cut = string([]rune(text)[:n-1]), true
	}
	if cut {
		text += "…"
	}
	return text
}

// firstLine is the line of a cell that tells it from others best: the first of its main, or else the first that is not an import's head.
func firstLine(source string) string {
	lines := strings.Split(source, "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return directive(l) == "%%" }); i >= 0 && strings.TrimSpace(strings.Join(lines[i+1:], "")) != "" {
		lines = lines[i+1:]
	}
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && line != "%%" && line != "import (" {
			return line
		}
	}
	return ""
}
