package nbtest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
	died    = regexp.MustCompile(`(?m)^(?:panic|fatal error): .*$`)
	fell    = regexp.MustCompile(`panic:|exit status|signal:|fatal error:`)

	// compiled is how GoNB places a compiler's message; the number in brackets counts the cells as they were run.
	compiled = regexp.MustCompile(`Cell\[(\d+)\]: Line (\d+)`)

	// programLine is a position in the program that GoNB made of a cell.
	programLine = regexp.MustCompile(`\bmain\.go:(\d+)`)
)

// cellOf finds the cell with the number in brackets, or returns -1.
func (t *trial) cellOf(count int) int {
	for i, c := range t.notebook.Cells {
		if c.Count == count && c.runs() {
			return i
		}
	}
	return -1
}

// point fills in the line that is to blame. Where it belongs to another cell, which was run earlier and fails only now, the text says so.
func (t *trial) point(p *Problem, cell, line int) {
	if cell < 0 {
		return
	}
	source := ""
	if lines := strings.Split(t.notebook.Cells[cell].Source, "\n"); line >= 1 && line <= len(lines) {
		source = strings.TrimSpace(lines[line-1])
	}
	if cell+1 == p.Cell {
		p.Line, p.Source = line, source
		return
	}
	p.Text += fmt.Sprintf(" (at cell %d, line %d `%s`)", cell+1, line, short(source, 120))
}

// blame finds the line of a cell at which its program ended, from what it wrote to stderr, which is a stack or the word of a failed check.
func (t *trial) blame(p *Problem, stderr string) {
	match := programLine.FindStringSubmatch(stderr) // of the innermost call that a cell makes
	if match == nil {
		t.blameCheck(p, stderr)
		return
	}
	at, _ := strconv.Atoi(match[1])
	if cell, line := t.origin(t.programs[p.Cell-1], at, p.Cell-1); line > 0 {
		t.point(p, cell, line)
	}
}

// origin finds the line of a cell that a line of a program was taken from: the one that is equal, and of several such, the one with the most
// equal lines around it. Cells that ran after the given one had no part in its program; of two cells that agree, the later wins, as in GoNB.
//
// GoNB marks positions in stacks with their cells by itself, but only those that happen to arrive in one piece.
func (t *trial) origin(program string, at, last int) (cell, line int) {
	lines := strings.Split(program, "\n")
	if at < 1 || at > len(lines) || strings.TrimSpace(lines[at-1]) == "" {
		return 0, 0
	}
	best := 0
	for i := last; i >= 0; i-- {
		if !t.notebook.Cells[i].runs() {
			continue
		}
		source := strings.Split(t.notebook.Cells[i].Source, "\n")
		for j := range source {
			if score := agreement(lines, at-1, source, j); score > best {
				best, cell, line = score, i, j+1
			}
		}
	}
	return cell, line
}

// agreement counts the equal lines around a[i] and b[j], up to the first that differ, if these two are equal themselves.
func agreement(a []string, i int, b []string, j int) (n int) {
	same := func(i, j int) bool {
		return i >= 0 && j >= 0 && i < len(a) && j < len(b) && strings.TrimSpace(a[i]) == strings.TrimSpace(b[j])
	}
	if !same(i, j) {
		return 0
	}
	for n = 1; same(i-n, j-n); n++ {
	}
	above := n
	for n = 1; same(i+n, j+n); n++ {
	}
	return above + n - 1
}

// failedCheck finds what a check of pkg/cell that failed was called, and literal what a cell has in quotes.
var (
	failedCheck = regexp.MustCompile(`(?m)^✗ (.*)$`)
	literal     = regexp.MustCompile(`"([^"\\]+)"`)
)

// blameCheck finds the one line of the cell that has the name of a failed check in quotes: a check ends the program without a stack.
func (t *trial) blameCheck(p *Problem, stderr string) {
	match := failedCheck.FindStringSubmatch(stderr)
	if match == nil {
		return
	}
	found := 0
	for i, line := range strings.Split(t.notebook.Cells[p.Cell-1].Source, "\n") {
		for _, quoted := range literal.FindAllStringSubmatch(line, -1) {
			if strings.HasPrefix(match[1], quoted[1]+":") || strings.HasPrefix(match[1], quoted[1]+" in ") {
				found++
				p.Line, p.Source = i+1, strings.TrimSpace(line)
			}
		}
	}
	if found > 1 {
		p.Line, p.Source = 0, ""
	}
}

// cause says in a line why a cell's program ended: its panic if it had one, else the last thing it wrote to stderr.
func cause(stderr string) string {
	stderr = strings.TrimSpace(stderr)
	if found := died.FindString(stderr); found != "" {
		return found
	}
	lines := strings.Split(stderr, "\n")
	said := strings.TrimSpace(lines[len(lines)-1])
	if len(lines) > 1 && fell.MatchString(said) { // the shell's verdict; what the program said itself is above it
		return strings.TrimSpace(lines[len(lines)-2]) + "; " + said
	}
	return said
}

// A complaint is a message of the compiler, with its line of the cell with that number in brackets, or another of the kernel, without.
type complaint struct {
	text        string
	count, line int
}

// complaints cuts an error output into the messages it holds: the compiler's, or else the single one about a program that has ended.
func complaints(o *Output) (messages []complaint) {
	traceback, _ := o.Rest["traceback"].([]any)
	for _, entry := range traceback {
		text, _ := entry.(string)
		text = strings.TrimSpace(escapes.ReplaceAllString(text, ""))
		if match := compiled.FindStringSubmatch(text); match != nil {
			count, _ := strconv.Atoi(match[1])
			line, _ := strconv.Atoi(match[2])
			said := text[strings.LastIndexByte(text, '\n')+1:]
			messages = append(messages, complaint{text: strings.TrimSpace(said), count: count, line: line})
		}
	}
	if len(messages) == 0 {
		value, _ := o.Rest["evalue"].(string)
		messages = []complaint{{text: strings.TrimSpace(escapes.ReplaceAllString(value, ""))}}
	}
	return messages
}
