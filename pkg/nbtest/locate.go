package nbtest

import (
	"regexp"
	"strconv"
	"strings"
)

// GoNB runs a cell as a program of its own, and writes beside each position in that program which line of which cell it came from: a panic's
// stack says "[[ Cell [4] Line 2 ]]", a compiler's message "Cell[4]: Line 2". The number in brackets counts the cells as they were run; it is
// absent for what GoNB added by itself.
var (
	placeMark = regexp.MustCompile(`Cell ?\[(\d+)\]:? Line (\d+)`)
	escapes   = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
	died      = regexp.MustCompile(`(?m)^(?:panic|fatal error): .*$`)
	fell      = regexp.MustCompile(`panic:|exit status|signal:|fatal error:`)
)

// blame finds the line of a cell that a kernel's message points to first, which is the innermost frame that is a cell's, and fills it in.
// Where the line belongs to a cell that was run earlier, and only failed now, the text says so.
func (t *trial) blame(p *Problem, message string) {
	match := placeMark.FindStringSubmatch(escapes.ReplaceAllString(message, ""))
	if match == nil {
		return
	}
	count, _ := strconv.Atoi(match[1])
	line, _ := strconv.Atoi(match[2])
	for i, c := range t.notebook.Cells {
		if c.Count != count {
			continue
		}
		source := ""
		if lines := strings.Split(c.Source, "\n"); line >= 1 && line <= len(lines) {
			source = strings.TrimSpace(lines[line-1])
		}
		if i+1 == p.Cell {
			p.Line, p.Source = line, source
		} else {
			p.Text += " (at cell " + strconv.Itoa(i+1) + ", line " + strconv.Itoa(line) + " `" + short(source, 120) + "`)"
		}
		return
	}
}

// cause says in a line why a cell's program ended: its panic if it had one, else the last thing it wrote to stderr.
func cause(stderr string) string {
	stderr = escapes.ReplaceAllString(stderr, "")
	if found := died.FindString(stderr); found != "" {
		return found
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if said := strings.TrimSpace(lines[len(lines)-1]); said != "" {
		if len(lines) > 1 && fell.MatchString(said) { // the shell's verdict; what the program said itself is above it
			return strings.TrimSpace(lines[len(lines)-2]) + "; " + said
		}
		return said
	}
	return ""
}

// complaints cuts an error output into the messages it holds: the compiler's, one each, or else the single one of an ended program.
func complaints(o *Output) (messages []complaint) {
	traceback, _ := o.Rest["traceback"].([]any)
	for _, entry := range traceback {
		text, _ := entry.(string)
		text = escapes.ReplaceAllString(text, "")
		if !placeMark.MatchString(text) {
			continue
		}
		parts := strings.Split(strings.TrimSpace(text), "\n")
		messages = append(messages, complaint{text: strings.TrimSpace(parts[len(parts)-1]), place: text})
	}
	if len(messages) == 0 {
		value, _ := o.Rest["evalue"].(string)
		messages = []complaint{{text: strings.TrimSpace(escapes.ReplaceAllString(value, ""))}}
	}
	return messages
}

// A complaint is a message of the compiler or the kernel, and the text that says where.
type complaint struct{ text, place string }
