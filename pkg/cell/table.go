package cell

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// A Table is a small table of values to show under a cell. Numbers are set to the right, floats with four significant digits. Rows may be
// of different lengths; what is missing or nil stays empty. A [Link] can be followed where the front end shows pages.
type Table struct {
	Header []string
	Rows   [][]any
}

// A Link is an entry of a table that leads to another notebook or page.
type Link struct{ Text, URL string }

// String returns the text.
func (l Link) String() string { return l.Text }

// Show displays the table in the notebook, or prints it on standard output outside one.
func (t Table) Show() {
	if !jupyter.Connected() {
		fmt.Print(t)
		return
	}
	err := jupyter.Display(jupyter.Bundle{
		Data:     map[string]any{"text/html": t.html(), "text/plain": t.String()},
		Metadata: mark("table"),
	})
	if err != nil {
		fail("cell.Table", err)
	}
}

// String returns the table as text, each column as wide as its widest entry.
func (t Table) String() string {
	lines, right := t.cells()
	widths := make([]int, len(right))
	for _, cells := range lines {
		for j, c := range cells {
			widths[j] = max(widths[j], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, cells := range lines {
		var row strings.Builder
		for j, c := range cells {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(c))
			if right[j] {
				row.WriteString(pad + c + "  ")
			} else {
				row.WriteString(c + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

func (t Table) html() string {
	lines, right := t.cells()
	var b strings.Builder
	b.WriteString("<table>")
	for i, cells := range lines {
		tag, row := "td", i
		if len(t.Header) > 0 {
			row--
		}
		if row < 0 {
			tag = "th"
		}
		b.WriteString("<tr>")
		for j, c := range cells {
			side := "left"
			if right[j] {
				side = "right"
			}
			c = html.EscapeString(c)
			if row >= 0 && j < len(t.Rows[row]) {
				if to, ok := t.Rows[row][j].(Link); ok {
					c = fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(to.URL), c)
				}
			}
			fmt.Fprintf(&b, `<%s style="text-align:%s">%s</%s>`, tag, side, c, tag)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table>")
	return b.String()
}

// cells returns the texts, the header's first where there is one, in lines of one length, and which columns hold nothing but numbers.
func (t Table) cells() (lines [][]string, right []bool) {
	columns := len(t.Header)
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	right = make([]bool, columns)
	for j := range right {
		right[j] = true
	}
	if len(t.Header) > 0 {
		header := make([]string, columns)
		copy(header, t.Header)
		lines = append(lines, header)
	}
	for _, row := range t.Rows {
		line := make([]string, columns)
		for j, v := range row {
			switch v := v.(type) {
			case nil:
			case float64:
				line[j] = briefly(v)
			case float32:
				line[j] = briefly(float64(v))
			case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
				line[j] = fmt.Sprint(v)
			default:
				line[j] = fmt.Sprint(v)
				right[j] = false
			}
		}
		lines = append(lines, line)
	}
	return lines, right
}
