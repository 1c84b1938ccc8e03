package nbtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The budget of a notebook. Sizes are bytes of the notebook file.
const (
	maxNotebook = 1_000_000 // what the sites that show notebooks still display
	maxCharts   = 12
	maxOutput   = 150_000
	maxLarge    = 2_000_000 // of an output when it is run that is kept in another form, without the copy of that form that it carries
	minPicture  = 1024      // a picture of fewer bytes shows nothing
)

// A trial is all that is known about a notebook that was run, and what was found wrong with it.
type trial struct {
	name     string
	notebook *Notebook // as run, tidied
	saved    *Notebook // as it is kept
	size     int       // of the file that keeps it
	sources  []source  // of each cell
	status   []string  // of each cell: how it ended
	programs []string  // that GoNB made of the cells which complain; "" of others
	limit    time.Duration
	private  []string // folders that exist on this machine or in this run only

	rule  string // the one being applied
	found []Problem
}

// How a cell ended.
const (
	unrun   = ""      // an earlier cell ended the run, or it never came to it
	fine    = "ok"    // as the kernel says, which proves little
	failed  = "error" // with an error
	dead    = "dead"  // the kernel died
	overrun = "late"  // it was still running at the limit
)

// A rule is one thing that a notebook must keep.
type rule struct {
	name  string // in Options.Without and in brackets behind each problem
	check func(*trial)
}

// rules are applied in this order; doc.go explains each.
var rules = []rule{
	{"error", (*trial).noErrors},
	{"stderr", (*trial).noneFell},
	{"run", (*trial).allRun},
	{"chart", (*trial).chartsShown},
	{"claim", (*trial).claimsChecked},
	{"size", (*trial).withinSize},
	{"count", (*trial).withinCount},
	{"library", (*trial).noLibrary},
	{"time", (*trial).noTimes},
	{"path", (*trial).noPaths},
	{"network", (*trial).noNetwork},
	{"shadow", (*trial).noShadows},
}

// checkRules returns an error that names what is not the name of a rule.
func checkRules(names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.name == name }) {
			known := make([]string, len(rules))
			for i, r := range rules {
				known[i] = r.name
			}
			return fmt.Errorf("nbtest: no rule is called %q; the rules are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// judge applies the rules and returns what they find, in the order of the cells.
func (t *trial) judge(without []string) []Problem {
	for _, r := range rules {
		if !slices.Contains(without, r.name) {
			t.rule = r.name
			r.check(t)
		}
	}
	slices.SortStableFunc(t.found, func(a, b Problem) int { return a.Cell - b.Cell })
	return t.found
}

// problem describes a cell, or the whole notebook if i is negative, to the reader of a message.
func (t *trial) problem(i int, format string, values ...any) Problem {
	p := Problem{Notebook: t.name, Rule: t.rule, Text: fmt.Sprintf(format, values...)}
	if i >= 0 {
		c := t.notebook.Cells[i]
		p.Cell, p.Count, p.ID, p.First = i+1, c.Count, c.ID, firstLine(c.Source)
	}
	return p
}

func (t *trial) add(i int, format string, values ...any) {
	t.found = append(t.found, t.problem(i, format, values...))
}

// addAt adds a problem with a line of the cell.
func (t *trial) addAt(i, line int, format string, values ...any) {
	p := t.problem(i, format, values...)
	p.Line = line
	if lines := strings.Split(t.notebook.Cells[i].Source, "\n"); line >= 1 && line <= len(lines) {
		p.Source = strings.TrimSpace(lines[line-1])
	}
	t.found = append(t.found, p)
}

func (t *trial) noErrors() {
	for i, c := range t.notebook.Cells {
		switch t.status[i] {
		case dead:
			t.add(i, "the kernel died")
			continue
		case overrun:
			t.add(i, "still running when the notebook reached its limit of %v", t.limit)
			continue
		}
		raised := false
		for _, o := range c.Outputs {
			if o.Kind != "error" {
				continue
			}
			raised = true
			if c.Tagged("raises-exception") {
				continue
			}
			for _, said := range complaints(o) {
				p := t.problem(i, "%s", said.text)
				if ended := cause(c.stream("stderr")); ended != "" && said.line == 0 {
					p.Text = ended
					t.blame(&p, c.stream("stderr"))
				} else if said.line > 0 {
					t.point(&p, t.cellOf(said.count), said.line)
				}
				t.found = append(t.found, p)
			}
		}
		switch {
		case !raised && t.status[i] == failed:
			t.add(i, "the kernel says that it failed, and shows no error")
		case !raised && t.status[i] == fine && c.Tagged("raises-exception"):
			t.add(i, "is tagged raises-exception and raises none")
		}
	}
}

// noneFell does not take a kernel's word for it: old ones report a cell that panicked as a success, and a shell line that fails never fails
// its cell.
func (t *trial) noneFell() {
	for i, c := range t.notebook.Cells {
		if t.status[i] != fine || c.Tagged("raises-exception") {
			continue
		}
		if stderr := c.stream("stderr"); fell.MatchString(stderr) {
			p := t.problem(i, "says that all is well, and on stderr: %s", cause(stderr))
			t.blame(&p, stderr)
			t.found = append(t.found, p)
		}
	}
}

func (t *trial) allRun() {
	for i, c := range t.notebook.Cells {
		if !c.runs() || t.status[i] != unrun {
			continue
		}
		if i > 0 && slices.ContainsFunc(t.status[:i], func(s string) bool { return s != unrun && s != fine }) {
			return // the cell that ended the run has been named
		}
		t.add(i, "was not run")
		return
	}
}

func (t *trial) chartsShown() {
	for i, c := range t.notebook.Cells {
		if t.status[i] != fine || c.Tagged("raises-exception") {
			continue
		}
		charts, shown := 0, 0
		for _, o := range c.Outputs {
			switch o.Mark("kind") {
			case "chart":
				charts++
				shown++
				if lacks := o.lacks(); len(lacks) > 0 {
					t.add(i, "chart %d has %s", charts, strings.Join(lacks, "; "))
				}
			case "table":
				shown++
			}
		}
		s := t.sources[i]
		promised := s.shows
		if s.mayShow && promised == 0 && s.err != nil {
			promised = 1 // a cell that cannot be read closely is read by its text
		}
		switch {
		case c.Tagged("chart") && charts == 0:
			t.add(i, "is tagged chart and shows none")
		case shown < promised:
			t.add(i, "calls Show %s and shows %s", times(promised), things(shown))
		case s.mayShow && shown == 0:
			t.add(i, "calls Show and shows no chart")
		}
	}
}

// claimsChecked finds a claim that nothing in its cell could have refuted.
func (t *trial) claimsChecked() {
	for i, c := range t.notebook.Cells {
		for _, o := range c.Outputs {
			if o.Mark("kind") == "claim" && c.Held() == 0 {
				t.add(i, "claims %s, and no check in it has held", o.Mark("system"))
				break
			}
		}
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func things(n int) string {
	switch n {
	case 0:
		return "no chart"
	case 1:
		return "1 chart"
	}
	return fmt.Sprintf("%d charts", n)
}

// lacks lists what is wrong with a chart's output.
func (o *Output) lacks() (missing []string) {
	if strings.TrimSpace(o.plain("text/plain")) == "" {
		missing = append(missing, "no text/plain: terminals and diffs would show nothing")
	}
	if page := o.plain("text/html"); !strings.Contains(page, "<img") || !strings.Contains(page, "data:image/png") {
		missing = append(missing, "no text/html with its picture in an <img>: pages that drop scripts would show nothing")
	}
	picture, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(o.plain("image/png")), ""))
	switch {
	case err != nil:
		missing = append(missing, fmt.Sprintf("an image/png that is not base64: %v", err))
	case len(picture) == 0:
		missing = append(missing, "no image/png")
	case len(picture) < minPicture:
		missing = append(missing, fmt.Sprintf("a PNG of %d bytes, which is too small to show anything", len(picture)))
	default:
		if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
			missing = append(missing, fmt.Sprintf("a PNG that does not decode: %v", err))
		}
	}
	return missing
}

func (t *trial) withinSize() {
	if t.size > maxNotebook {
		t.add(-1, "takes %s when saved; the budget of a notebook is %s", kilobytes(t.size), kilobytes(maxNotebook))
	}
	for i, c := range t.notebook.Cells {
		for j, o := range c.Outputs {
			limit, advice, size := maxOutput, "; draw fewer points, or tag the cell large-output", o.size()
			mark, _ := o.Metadata[markKey].(map[string]any)
			saved, carries := mark["saved"].(string)
			if carries {
				size -= len(saved)
			}
			if carries || c.Tagged("large-output") {
				limit, advice = maxLarge, ""
			}
			if size > limit && o.Mark("kind") != "library" {
				t.add(i, "output %d takes %s; the budget of one is %s%s", j+1, kilobytes(size), kilobytes(limit), advice)
			}
			if kept := t.saved.Cells[i].Outputs[j].size(); kept > maxOutput && (carries || c.Tagged("large-output") || o.Mark("kind") == "library") {
				t.add(i, "output %d takes %s when saved, as what is kept of it; the budget of one is %s", j+1, kilobytes(kept), kilobytes(maxOutput))
			}
		}
	}
}

func kilobytes(n int) string { return fmt.Sprintf("%.0f kB", float64(n)/1000) }

func (t *trial) withinCount() {
	charts := 0
	for i, c := range t.notebook.Cells {
		for _, o := range c.Outputs {
			if o.Mark("kind") == "chart" {
				charts++
				if charts == maxCharts+1 {
					t.add(i, "shows chart %d of this notebook; the budget of one is %d", charts, maxCharts)
				}
			}
		}
	}
}

// longestPacked is the longest run of compressed data that is not taken for a library.
const longestPacked = 32 << 10

// longestScript is the same of the output of viz.Library, in which the page's own script stays.
const longestScript = 96 << 10

// noLibrary looks for a JavaScript library in what is saved: as text, by the header that lets one file serve every module system, or packed,
// by gzip's first bytes in base64.
func (t *trial) noLibrary() {
	for i, c := range t.saved.Cells {
		for j, o := range c.Outputs {
			most := longestPacked
			if o.Mark("kind") == "library" {
				most = longestScript
			}
			for _, value := range o.Data {
				text, _ := value.(string)
				if strings.Contains(text, "define.amd") || longestRun(text, "H4sI") > most {
					t.add(i, "output %d carries a JavaScript library into the saved notebook; only the output of viz.Library may, which is saved without it", j+1)
					break
				}
			}
		}
	}
}

// longestRun is the length of the longest piece of base64 in text that begins with start. In the middle of a piece, as of a picture, start
// may stand by chance.
func longestRun(text, start string) (longest int) {
	packed := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/'
	}
	for at := 0; ; {
		i := strings.Index(text[at:], start)
		if i < 0 {
			return longest
		}
		at += i
		n := strings.IndexFunc(text[at:], func(r rune) bool { return !packed(r) && r != '\\' && r != '\n' })
		if n < 0 {
			n = len(text) - at
		}
		if at == 0 || !packed(rune(text[at-1])) {
			longest = max(longest, n)
		}
		at += n
	}
}

// printedTimes finds durations and clock times. A whole number of seconds is told from a plural ("the 8s and 3s") by the word before it.
var printedTimes = []*regexp.Regexp{
	regexp.MustCompile(`\b\d+(?:\.\d+)?\s?(?:ns|µs|μs|ms)\b`),
	regexp.MustCompile(`\b\d+\.\d+\s?s(?:ec|ecs|econds?)?(?:[\s,;:)\]]|\.?$|\.\s)`),
	regexp.MustCompile(`\b(?:\d+h)?\d+m\d+(?:\.\d+)?s\b`),
	regexp.MustCompile(`\b\d+\s?(?:seconds?|minutes?)\b`),
	regexp.MustCompile(`(?i)\b(?:took|takes|elapsed|time|after|within|in)[:=]?\s+\d+\s?s\b`),
	regexp.MustCompile(`\b[0-2]?\d:[0-5]\d:[0-5]\d\b`),
}

func (t *trial) noTimes() {
	for i, c := range t.saved.Cells {
		if t.status[i] != fine {
			continue // what a failure says need not be the same each time
		}
		for j, o := range c.Outputs {
		texts:
			for _, text := range o.visible() {
				for _, pattern := range printedTimes {
					if found := pattern.FindString(text); found != "" {
						t.add(i, "output %d prints a time, %q, which differs from run to run", j+1, strings.TrimSpace(found))
						break texts
					}
				}
			}
		}
	}
}

var (
	unseen = regexp.MustCompile(`(?is)<(?:script|style)\b.*?</(?:script|style)\s*>|<!--.*?-->`)
	tags   = regexp.MustCompile(`(?s)<[^>]*>`)
)

// visible lists the pieces of text that a reader of the output sees, in a fixed order.
func (o *Output) visible() []string {
	texts := []string{o.Text}
	for _, mime := range []string{"text/plain", "text/markdown", "text/latex"} {
		texts = append(texts, o.plain(mime))
	}
	text := tags.ReplaceAllString(unseen.ReplaceAllString(o.plain("text/html"), " "), " ")
	return append(texts, strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " "))
}

func (t *trial) noPaths() {
	for i, c := range t.saved.Cells {
		if t.status[i] != fine {
			continue // a stack names folders
		}
		for j, o := range c.Outputs {
			everything := []string{o.Text}
			for _, value := range o.Data {
				if s, ok := value.(string); ok {
					everything = append(everything, s)
				}
			}
			for _, folder := range t.private {
				if slices.ContainsFunc(everything, func(s string) bool { return strings.Contains(s, folder+"/") }) {
					t.add(i, "output %d names a folder of this machine, %s", j+1, folder)
					break
				}
			}
		}
	}
}

// fetches finds what a page would load from the network by itself; a link that waits for a click is none.
var fetches = regexp.MustCompile(`(?i)<(?:script|img|link|iframe|embed|object|source|video|audio)\b[^>]*?\b(?:src|href|data)\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]*` +
	`|\bimport\s*\(?\s*["'](?:https?:)?//[^"'\s]*|\.src\s*=\s*["'](?:https?:)?//[^"'\s]*`)

func (t *trial) noNetwork() {
	for i, c := range t.saved.Cells {
		for j, o := range c.Outputs {
			if o.Mark("kind") == "library" {
				continue // saved, it is a loader that names its file's hash
			}
			for _, mime := range []string{"text/html", "application/javascript", "text/javascript", "image/svg+xml"} {
				if found := fetches.FindString(o.plain(mime)); found != "" {
					t.add(i, "output %d loads from the network: %s", j+1, short(found, 120))
					break
				}
			}
		}
	}
}

// noShadows finds names that a notebook gives to something of its own and to a package: in GoNB both live in one scope, and which of them a
// cell sees depends on which cells were run before it.
func (t *trial) noShadows() {
	imported := map[string]string{}
	for _, s := range t.sources {
		for _, p := range s.imports {
			if p.Name != "_" && p.Name != "." {
				imported[p.Name] = p.Path
			}
		}
	}
	for i, s := range t.sources {
		if s.err != nil && t.status[i] == fine && !t.notebook.Cells[i].Tagged("raises-exception") {
			t.add(i, "runs, and does not parse as Go, so that its names are not known: %v", s.err)
		}
		for _, n := range s.names {
			if at, ok := imported[n.Name]; ok {
				t.addAt(i, n.Line, "declares %s, which is also the name of the imported package %q", n.Name, at)
			}
		}
	}
}
