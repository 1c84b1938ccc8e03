package nbtest

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseCell(t *testing.T) {
	for name, c := range map[string]struct {
		cell  string
		names string // with their lines
		shows int
		may   bool
	}{
		"declarations":    {cell: "import \"fmt\"\nconst a, b = 1, 2\ntype c int\nfunc (c) d() {}\nfunc e() {}", names: "a2 b2 c3 e5"},
		"main":            {cell: "var x int\n%%\ny := 2\nplot().Show()", names: "x1", shows: 1, may: true},
		"main with args":  {cell: "%% --fast\nplot().Show()", shows: 1, may: true},
		"a main of Go":    {cell: "func main() {\n\tplot().Show()\n}", shows: 1, may: true},
		"for other tools": {cell: "//gonb:%%\nplot().Show()", shows: 1, may: true},
		"executed":        {cell: "%exec story\nfunc story() {\n\tplot().Show()\n}", names: "story2", shows: 1, may: true},
		"declared only":   {cell: "func f() {\n\tplot().Show()\n}", names: "f1"},
		"in main, unsure": {cell: "%%\nif x {\n\tplot().Show()\n}", may: true},
		"in a literal":    {cell: "%%\nf := func() { plot().Show() }\n_ = f", may: true},
		"wrapped":         {cell: "%%\ncell.Must(plot().Show())\nif err := plot().Show(); err != nil {\n}", shows: 2, may: true},
		"commented":       {cell: "%%\n// plot().Show()\nfmt.Println(\".Show(\")"},
		"commands":        {cell: "%env A B\n!echo hello \\\n   there\nvar x = 1", names: "x4"},
		"not Go":          {cell: "%%bash\nfunc x", names: ""},
	} {
		s := parseCell(c.cell)
		if s.err != nil {
			t.Errorf("%s: %v", name, s.err)
		}
		var names []string
		for _, n := range s.names {
			names = append(names, fmt.Sprint(n.Name, n.Line))
		}
		if got := strings.Join(names, " "); got != c.names || s.shows != c.shows || s.mayShow != c.may {
			t.Errorf("%s: got names %q, %d shows, maybe %v; want %q, %d, %v", name, got, s.shows, s.mayShow, c.names, c.shows, c.may)
		}
	}
	if s := parseCell("%%\nx := := plot().Show()"); s.err == nil || !s.mayShow {
		t.Errorf("a cell that is not Go gives the error %v, and maybe shows: %v", s.err, s.mayShow)
	}
}

func TestPackageName(t *testing.T) {
	for at, want := range map[string]string{
		"fmt": "fmt", "math/rand/v2": "rand", "gopkg.in/yaml.v3": "yaml", "example.org/go-tsne": "tsne", "example.org/hnsw-go": "hnsw", "v2": "v2",
	} {
		if got := packageName(at); got != want {
			t.Errorf("packageName(%q) is %q, want %q", at, got, want)
		}
	}
}
