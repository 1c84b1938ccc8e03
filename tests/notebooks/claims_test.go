package notebooks

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

// papers is how many papers the course bears out: A01 and so on.
const papers = 59

// TestEveryPaperIsBorneOut reads the claims of the committed notebooks: each paper has one at least, and the contents show all of them.
func TestEveryPaperIsBorneOut(t *testing.T) {
	paths, err := filepath.Glob(course)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebook matches %s (%v)", course, err)
	}
	contents := ""
	cited := map[string]bool{}
	var claims []nbtest.Claim
	for _, path := range paths {
		n, err := nbtest.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "00_contents.ipynb" {
			contents = shown(n)
		}
		for _, c := range n.Claims() {
			claims, cited[c.System] = append(claims, c), true
		}
	}
	for i := range papers {
		if number := fmt.Sprintf("A%02d", i+1); !cited[number] {
			t.Errorf("no notebook claims %s", number)
		}
	}
	for _, c := range claims {
		for _, part := range []string{c.System, c.Paper, c.Of, c.Found, c.Theirs} {
			if !strings.Contains(contents, part) {
				t.Errorf("00_contents.ipynb does not show %q of the claim %+v: run make notebooks", part, c)
			}
		}
	}
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
