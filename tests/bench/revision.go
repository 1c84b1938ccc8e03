package bench

import (
	"os/exec"
	"strings"
)

// Revision is the commit that the sources of the module in root are at, "+" with changes.
func Revision(root string) string {
	git := func(args ...string) (string, error) {
		text, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
		return strings.TrimSpace(string(text)), err
	}
	commit, err := git("rev-parse", "--short=7", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changed, err := git("status", "--porcelain", "--", "pkg", "internal", "tests/bench", "tests/peers"); err != nil || changed != "" {
		commit += "+"
	}
	return commit
}
