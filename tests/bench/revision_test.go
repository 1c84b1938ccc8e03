package bench

import "testing"

func TestRevision(t *testing.T) {
	if got := Revision(t.TempDir()); got != "unknown" {
		t.Errorf("outside of a repository: %q", got)
	}
}
