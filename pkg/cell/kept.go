package cell

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// A Result is one kept result.
type Result struct {
	What  string    // the method, the shape of its data, and the function of the notebook that asked for it first: "dr.TSNE, 1797 × 64 in long"
	Bytes int64     // on the disk
	Made  time.Time // when it was computed, to the second
	Used  time.Time // when it was last asked for
	path  string
}

// unreadable is what a file is called that another version of Flatland has left, or that is damaged.
const unreadable = "unreadable"

// Results are kept results.
type Results []Result

// Kept returns what is kept for this user, or in the store that FLATLAND_STORE names, what was used last first; in a headless run (see the
// package's doc) by name. The oldest of them go when all together take more than FLATLAND_STORE_LIMIT.
//
//	cell.Kept().Show()
//	cell.Forget("dr.TSNE")
//
// It costs the reading of a line of each. A store that cannot be read fails the cell.
func Kept() Results {
	s, err := openStore()
	var all Results
	if err == nil {
		all, err = s.list()
	}
	if err != nil {
		fail("cell.Kept", err)
	}
	return all
}

// Forget removes the kept results whose What has one of the texts in it, as "dr.TSNE" or "in sweep", or without any text all results. A text
// that no result has is an error. Results that are being computed appear afterwards all the same.
func Forget(what ...string) error {
	s, err := openStore()
	if err != nil {
		return err
	}
	all, err := s.list()
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, text := range what {
		found := false
		for _, r := range all {
			if strings.Contains(r.What, text) {
				found, gone[r.path] = true, true
			}
		}
		if !found {
			return fmt.Errorf("cell.Forget: nothing that is kept is called %q", text)
		}
	}
	var failed error
	for _, r := range all {
		if len(what) > 0 && !gone[r.path] {
			continue
		}
		if err := os.Remove(r.path); !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// list returns the results of the store.
func (s store) list() (Results, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var all Results
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasSuffix(e.Name(), keptEnding) {
			continue // gone meanwhile, or not a result
		}
		r := Result{What: unreadable, Bytes: info.Size(), Made: info.ModTime(), Used: info.ModTime(), path: filepath.Join(s.dir, e.Name())}
		if f, err := os.Open(r.path); err == nil {
			if h, err := readHead(f); err == nil {
				r.What, r.Made = h.what, h.made
			}
			f.Close()
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Result) int {
		byName := cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Bytes, b.Bytes))
		if jupyter.Headless() {
			return byName
		}
		return cmp.Or(b.Used.Compare(a.Used), byName)
	})
	return all, nil
}

// Show displays the results as a table, or prints it outside a notebook.
func (r Results) Show() { r.table(time.Now()).Show() }

// String returns the results as a table: what they are, their size, and how long ago they were computed and last used; in a headless run
// without the times, which would differ from run to run.
func (r Results) String() string { return r.table(time.Now()).String() }

func (r Results) table(now time.Time) Table {
	t := Table{Header: []string{"kept", "size", "age", "last used"}}
	var total int64
	for _, e := range r {
		total += e.Bytes
		t.Rows = append(t.Rows, []any{e.What, size(e.Bytes), ago(now.Sub(e.Made)), ago(now.Sub(e.Used)) + " ago"})
	}
	t.Rows = append(t.Rows, []any{resultsIn(len(r)), size(total), "", ""})
	if jupyter.Headless() {
		t.Header = t.Header[:2]
		for i, row := range t.Rows {
			t.Rows[i] = row[:2]
		}
	}
	return t
}

func resultsIn(n int) string {
	if n == 1 {
		return "1 result"
	}
	return fmt.Sprintf("%d results", n)
}

// size writes a number of bytes in the units of FLATLAND_STORE_LIMIT.
func size(bytes int64) string {
	v, unit := float64(bytes), "B"
	for _, larger := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1024, larger
	}
	return significant(v, 3) + " " + unit
}

// ago writes how long something has been, in the largest unit that has passed.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}
