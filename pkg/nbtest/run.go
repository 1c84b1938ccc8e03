package nbtest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run runs each notebook that matches the pattern (as [filepath.Glob] matches, from the test's folder) in a subtest of its own, named for
// the notebook, which fails with one message for each problem. It fails t when nothing matches and when Jupyter or GoNB is not installed,
// with the commands that install them. The subtests log what each cell took.
//
// As many notebooks run at once as there are processors for: two for each, or as many as [Options] says in GOMAXPROCS.
func Run(t *testing.T, pattern string, o Options) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("nbtest: no notebook matches %s", pattern)
	}
	if err == nil {
		err = checkNames(paths, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the subtests, also parallel ones
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	each := 2 // cores of a notebook
	if o.GOMAXPROCS > 0 {
		each = o.GOMAXPROCS
	}
	places := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/each))
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".ipynb"), func(t *testing.T) {
			if cap(places) > 1 {
				t.Parallel()
			}
			places <- struct{}{}
			defer func() { <-places }()
			report, err := r.Run(t.Context(), path)
			for _, p := range report.Problems { // known also when the page could not be written
				t.Error(p)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report.Times())
			if t.Failed() {
				for _, note := range report.Notes {
					t.Log(note)
				}
				t.Logf("the notebook as it ran is %s", report.Executed)
			}
		})
	}
}

// checkNames finds what would be lost silently: of two notebooks of one name in different folders the build folder keeps one, and a time limit
// for a notebook that does not exist limits none.
func checkNames(paths []string, o Options) error {
	seen := map[string]string{}
	for _, path := range paths {
		name := filepath.Base(path)
		if before, twice := seen[name]; twice {
			return fmt.Errorf("nbtest: %s and %s have the same name; run them with different Options.Build", before, path)
		}
		seen[name] = path
	}
	for name := range o.Timeouts {
		if seen[name] == "" && seen[name+".ipynb"] == "" {
			return fmt.Errorf("nbtest: Options.Timeouts names %s, which is none of the notebooks", name)
		}
	}
	return nil
}

// Times is a table of what each cell took, for a log; a saved notebook never shows it.
func (r Report) Times() string {
	network := "cut by the system"
	if !r.Isolated {
		network = "cut by the environment only"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %v in %d cells; before that %s to compile what it imports, %s to start the kernel; network %s",
		r.Notebook, seconds(r.Total), r.Limit, len(r.Cells), seconds(r.WarmUp), seconds(r.Start), network)
	for _, c := range r.Cells {
		fmt.Fprintf(&b, "\n%10s  cell %d: %s", seconds(c.Took), c.Cell, short(c.First, 70))
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

// Inspect judges a notebook by the outputs it is kept with, by the same rules as after a run, and runs nothing: it needs neither Jupyter nor
// GoNB. A cell without a number in brackets was not run.
func Inspect(path string) ([]Problem, error) {
	n, err := Read(path)
	if err != nil {
		return nil, err
	}
	t := inspection(filepath.Base(path), n)
	text, err := n.Bytes()
	if err != nil {
		return nil, err
	}
	t.size = len(text)
	return t.judge(nil), nil
}

// inspection is a trial of a notebook as it is found.
func inspection(name string, n *Notebook) *trial {
	t := &trial{
		name: name, notebook: n, saved: n,
		status: make([]string, len(n.Cells)), programs: make([]string, len(n.Cells)), sources: make([]source, len(n.Cells)),
	}
	for i, c := range n.Cells {
		if !c.runs() {
			continue
		}
		t.sources[i] = parseCell(c.Source)
		if c.Count > 0 {
			t.status[i] = fine
		}
		if !c.Tagged("raises-exception") && slices.ContainsFunc(c.Outputs, func(o *Output) bool { return o.Kind == "error" }) {
			t.status[i] = failed
		}
	}
	return t
}
