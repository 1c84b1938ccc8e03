package browser

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/tests/browser/kinds"
)

var (
	scriptElement = regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`)
	tag           = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>`)
	attribute     = regexp.MustCompile(`([a-zA-Z-]+)(?:="([^"]*)")?`)
)

// A viewer is a program that shows notebooks and lets through only part of what an output has.
type viewer struct {
	name       string
	tags       []string // the others go, their words stay; scripts go with all that is in them
	attributes []string
	styles     bool // whether style attributes stay
}

// The viewers that run no scripts: JupyterLab and Notebook 7 before a reader trusts the notebook, as @jupyterlab/apputils has it, and GitHub.
var viewers = []viewer{
	{"untrusted in JupyterLab", []string{"div", "img", "p", "table", "details", "progress"}, []string{"src", "alt", "width", "height", "class", "title"}, true},
	{"GitHub", []string{"div", "img", "p", "table", "details"}, []string{"src", "alt", "width", "height", "title"}, false},
}

// through returns what a viewer leaves of an output.
func (v viewer) through(output string) string {
	output = scriptElement.ReplaceAllString(output, "")
	return tag.ReplaceAllStringFunc(output, func(found string) string {
		parts := tag.FindStringSubmatch(found)
		if !contains(v.tags, parts[2]) {
			return ""
		}
		var b strings.Builder
		b.WriteString("<" + parts[1] + parts[2])
		for _, a := range attribute.FindAllStringSubmatch(parts[3], -1) {
			if contains(v.attributes, a[1]) || a[1] == "style" && v.styles {
				fmt.Fprintf(&b, " %s=%q", a[1], a[2])
			}
		}
		return b.String() + ">"
	})
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// unfit lists what is wrong with an output's text/html for one front end or another.
func unfit(output string) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	// Of scripts there are data, which no front end runs, and ordinary ones.
	for _, s := range scriptElement.FindAllStringSubmatch(output, -1) {
		if s[1] != "" && s[1] != ` type="application/json"` {
			add("a script with the attributes %q", s[1])
		}
	}
	bare := scriptElement.ReplaceAllString(output, "")
	for _, t := range tag.FindAllStringSubmatch(bare, -1) {
		if !contains([]string{"div", "img"}, t[2]) {
			add("an element that is lost or shown as text: <%s>", t[2])
		}
		for _, a := range attribute.FindAllStringSubmatch(t[3], -1) {
			switch {
			case a[1] == "id":
				add("an id, of which a page that shows the output twice has two")
			case a[1] == "src" && !strings.HasPrefix(a[2], "data:image/png;base64,"):
				add("a picture from %.40q", a[2])
			case strings.HasPrefix(a[1], "on"):
				add("a handler, %s", a[1])
			}
		}
	}
	if words := strings.TrimSpace(tag.ReplaceAllString(bare, "")); words != "" {
		add("words that stand beside the picture: %.40q", words)
	}
	for _, v := range viewers {
		left := v.through(output)
		picture := regexp.MustCompile(`<img width="(\d+)" height="(\d+)" alt="([^"]+)" src="data:image/png;base64,[A-Za-z0-9+/]{1000,}=*">`).FindStringSubmatch(left)
		if picture == nil || strings.Count(left, "<img") != 1 {
			add("%s it is no picture with its size and words: %.200q", v.name, left)
		}
	}
	return problems
}

// TestFrontEnds: the output of every kind of chart is fit for the programs that show notebooks without running scripts, and for those that
// show one output several times.
func TestFrontEnds(t *testing.T) {
	for _, k := range kinds.All() {
		c := k.Chart()
		out, err := c.HTML()
		if err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		for _, p := range unfit(out) {
			t.Errorf("%s: %s", k.Name, p)
		}
		if !strings.Contains(out, `alt="`+html.EscapeString(c.String())+`"`) {
			t.Errorf("%s: the picture is not described", k.Name)
		}
	}
}

// TestUnfitOutputsAreFound: each rule has its offender.
func TestUnfitOutputsAreFound(t *testing.T) {
	good := output(t, chart())
	if p := unfit(good); p != nil {
		t.Fatalf("of a chart is said %q", p)
	}
	for want, bad := range map[string]string{
		"a script with the attributes": strings.Replace(good, "<script>globalThis", `<script src="https://example.com/a.js">globalThis`, 1),
		"lost or shown as text":        strings.Replace(good, "<script", "<svg><text>a</text></svg><script", 1),
		"an id":                        strings.Replace(good, "<img ", `<img id="chart" `, 1),
		"a picture from":               strings.Replace(good, "data:image/png;base64,", "https://example.com/", 1),
		"a handler":                    strings.Replace(good, "<img ", `<img onload="draw()" `, 1),
		"words that stand beside":      strings.Replace(good, "<script", "loading<script", 1),
		"it is no picture":             strings.Replace(good, "width", "style", 2),
	} {
		if p := fmt.Sprint(unfit(bad)); !strings.Contains(p, want) {
			t.Errorf("of an output with %s is said %q", want, p)
		}
	}
}

// TestFrames: where every output is a page of its own, in a frame without rights, a chart that stands alone is drawn, and any other stays a
// picture.
func TestFrames(t *testing.T) {
	testenv.Need(t, "chromium")
	lib := library(t)
	frame := func(output string) string {
		return `<iframe sandbox="allow-scripts" width="700" height="520" srcdoc="` + html.EscapeString("<!DOCTYPE html><body>"+output+"</body>") + `"></iframe>`
	}
	path := page(t, frame(lib), frame(output(t, chart().Standalone())), frame(output(t, byValue().Standalone())), frame(output(t, chart())))
	s := look(t, path, patience, nil, step{"do": "frames"})
	charts := s.Steps[0].Charts
	if len(charts) != 3 || len(s.Charts) != 0 {
		t.Fatalf("%d charts in the frames and %d outside of them", len(charts), len(s.Charts))
	}
	s.Charts = charts[:2]
	if err := verdict(s, 2); err != nil {
		t.Error(err)
	}
	if c := charts[2]; c.State != "waiting" || !c.Picture {
		t.Errorf("without the library a chart is %+v", c)
	}
}

// TestNoIDs: what is drawn twice on one page has nothing that may be there but once.
func TestNoIDs(t *testing.T) {
	testenv.Need(t, "chromium")
	out := output(t, chart())
	s := look(t, page(t, library(t), out, out), patience, nil, step{"do": "ids"})
	if err := verdict(s, 2); err != nil {
		t.Fatal(err)
	}
	if got := s.Steps[0].Text; got != "" {
		t.Errorf("two charts share the ids %s", got)
	}
}
