package notebooks

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

// What a user waits for a cell that does next to nothing, with warm caches: the promise of the course's first page.
const (
	firstCell = 3 * time.Second
	laterCell = 1500 * time.Millisecond
)

// TestLatency measures, where the user sits, cells that link what a real notebook's cells link. The median of the later ones counts: the
// machine may be busy with other things for a while.
func TestLatency(t *testing.T) {
	testenv.Need(t, "jupyter")
	runner, err := nbtest.Open(t.Context(), nbtest.Options{Build: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	report, err := runner.Run(t.Context(), filepath.Join("testdata", "latency", "latency.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report.Times())
	for _, p := range report.Problems {
		t.Error(p)
	}
	if t.Failed() {
		return
	}
	if took := report.Cells[0].Took; took > firstCell {
		t.Errorf("the first cell takes %v; %v is promised", took, firstCell)
	}
	var later []time.Duration
	for _, c := range report.Cells[1:] {
		later = append(later, c.Took)
	}
	slices.Sort(later)
	if median := later[len(later)/2]; median > laterCell {
		t.Errorf("later cells take %v; %v is promised", median, laterCell)
	}
}
