package notebooks

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

// papers is how many papers the course bears out: A01 and so on.
const papers = 59

// TestEveryPaperIsBorneOut reads the claims of the committed notebooks: each paper has one at least, and the table of the contents has a line
// for each, with the chapter and the cell.
func TestEveryPaperIsBorneOut(t *testing.T) {
	paths, err := filepath.Glob(course)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebook matches %s (%v)", course, err)
	}
	var contents []string // line by line
	cited := map[string]bool{}
	claims := map[string][]nbtest.Claim{} // by the number of the chapter
	for _, path := range paths {
		n, err := nbtest.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "00_contents.ipynb" {
			contents = strings.Split(shown(n), "\n")
		}
		number, _, _ := strings.Cut(filepath.Base(path), "_")
		claims[number] = n.Claims()
		for _, c := range claims[number] {
			cited[c.System] = true
		}
	}
	for i := range papers {
		if number := fmt.Sprintf("A%02d", i+1); !cited[number] {
			t.Errorf("no notebook claims %s", number)
		}
	}
	for chapter, list := range claims {
		for _, c := range list {
			for _, parts := range [][]string{{c.System, c.Paper}, {c.Of, fmt.Sprintf("%s [%d]", chapter, c.Count), c.Found, c.Theirs}} {
				if !slices.ContainsFunc(contents, func(line string) bool { return holdsAll(line, parts) }) {
					t.Errorf("00_contents.ipynb has no line with %q of the claim %+v: run make notebooks", parts, c)
				}
			}
		}
	}
}

func holdsAll(line string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
}

// shown is the plain text of all that a notebook displays.
func shown(n *nbtest.Notebook) string {
	var b strings.Builder
	for _, c := range n.Cells {
		for _, o := range c.Outputs {
			text, _ := o.Data["text/plain"].(string)
			b.WriteString(text)
		}
	}
	return b.String()
}
