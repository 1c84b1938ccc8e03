package nbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flatland-go/flatland/internal/whole"
)

// A Runner has a kernel installed in a throw-away Jupyter data folder and runs notebooks in it. It is safe for concurrent use.
type Runner struct {
	options Options
	tools   tools
	root    string // holds everything that Close removes
	exposed atomic.Bool
	mu      sync.Mutex // guards calls of options.Report
	count   atomic.Int64
}

// A Report is what one run of a notebook has shown.
type Report struct {
	Notebook string        // the file's name
	Problems []Problem     // none if the notebook passes
	WarmUp   time.Duration // compiling the packages the notebook imports, before the clock starts
	Start    time.Duration // of the kernel
	Cells    []Timing      // of the code cells that were run, in order
	Total    time.Duration // from the kernel's readiness to the last cell's end
	Limit    time.Duration
	Isolated bool      // whether the network was cut by the system, and not by the environment alone
	Executed string    // the notebook with its outputs, in the build folder
	Page     string    // the same for a browser, with the chart library in it; "" if it could not be written
	Saved    *Notebook // what Options.Save writes
	Notes    []string  // what the reader of a failure may want to know, such as that a package did not compile beforehand
}

// A Timing is how long a cell took, seen from where its user sits: compiling, starting and running it.
type Timing struct {
	Cell  int    // counted from 1 over all cells
	First string // its first line
	Took  time.Duration
}

// patience is how long a kernel may take to start and to answer, on a machine that does other things too.
const patience = 60 * time.Second

// Open installs the kernel for the modules. The caller closes the Runner. It is an error of type [*MissingError] when Jupyter or GoNB is not
// there.
func Open(ctx context.Context, o Options) (*Runner, error) {
	o, err := o.resolve(ctx)
	if err != nil {
		return nil, err
	}
	t, err := findTools(ctx, o.Modules[0])
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "nbtest-")
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil { // paths that cells print have none
		return nil, err
	}
	r := &Runner{options: o, tools: t, root: root}
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close removes what the Runner has put on disk, the build folder aside.
func (r *Runner) Close() error { return os.RemoveAll(r.root) }

func (r *Runner) prepare(ctx context.Context) error {
	for _, dir := range []string{"bin", "config", "data", "ipython", "runs", "workspace"} {
		if err := os.Mkdir(filepath.Join(r.root, dir), 0o777); err != nil {
			return err
		}
	}
	// The kernel finds goimports in a folder of its own, and not gopls beside it, which it would start, and which nobody asks anything.
	if err := os.Symlink(r.tools.goimports, filepath.Join(r.root, "bin", "goimports")); err != nil {
		return err
	}
	if r.tools.shared != "" { // cells look for ECharts in the .tools of a parent of their folder
		if err := os.Symlink(r.tools.shared, filepath.Join(r.root, ".tools")); err != nil {
			return err
		}
	}
	work := "go 1.26\n"
	if version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output(); err == nil {
		work = "go " + strings.TrimPrefix(strings.Fields(string(version))[0], "go") + "\n"
	}
	for _, module := range r.options.Modules {
		work += "use " + strconv.Quote(module) + "\n"
	}
	if err := os.WriteFile(filepath.Join(r.root, "workspace", "go.work"), []byte(work), 0o666); err != nil {
		return err
	}
	env := append(offline(),
		"GOFLAGS="+goflags(ctx), "GOWORK=", "GO111MODULE=", "GOPACKAGESDRIVER=off",
		"PATH="+filepath.Join(r.root, "bin")+string(os.PathListSeparator)+"${PATH}")
	if n := r.options.GOMAXPROCS; n > 0 {
		env = append(env, "GOMAXPROCS="+strconv.Itoa(n))
	}
	return install(ctx, filepath.Join(r.root, "data"), r.tools, r.options.Modules, append(env, escaped(r.options.Env)...))
}

// Run runs one notebook and judges it. The error is for what keeps the runner from doing its work, such as a kernel that does not start or a
// full disk; everything that is wrong with the notebook is among the report's problems.
func (r *Runner) Run(ctx context.Context, path string) (Report, error) {
	report, err := r.run(ctx, path)
	if err == nil && r.options.Report != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.options.Report(report)
	}
	return report, err
}

func (r *Runner) run(ctx context.Context, path string) (Report, error) {
	file := filepath.Base(path)
	report := Report{Notebook: file, Limit: r.options.limit(file)}
	notebook, err := Read(path)
	if err != nil {
		return report, err
	}
	if spec, ok := notebook.Metadata["kernelspec"].(map[string]any); ok && spec["name"] != kernelName {
		return report, fmt.Errorf("nbtest: %s is a notebook for the kernel %v, not for %s", path, spec["name"], kernelName)
	}
	place, err := r.newPlace(path, notebook)
	if err != nil {
		return report, err
	}
	defer os.RemoveAll(place.root)

	t := &trial{
		name: file, notebook: blank(notebook), limit: report.Limit,
		status: make([]string, len(notebook.Cells)), programs: make([]string, len(notebook.Cells)),
		sources: make([]source, len(notebook.Cells)),
		private: append([]string{r.root}, r.options.Modules...),
	}
	for i, c := range t.notebook.Cells {
		if c.runs() {
			t.sources[i] = parseCell(c.Source)
		}
	}
	report.warmUp(ctx, r, t.sources)

	w, isolated, err := r.startWorker(ctx, place)
	if err != nil {
		return report, err
	}
	report.Isolated = isolated
	hurry := true
	defer func() { w.end(hurry) }()
	if err := report.execute(ctx, w, place, t); err != nil {
		return report, err
	}
	if err := report.finish(t, r.options.Without); err != nil {
		return report, err
	}

	if err := r.keep(ctx, path, &report, t, w); err != nil {
		return report, err
	}
	hurry = report.Page == ""
	return report, nil
}

// A place is where one notebook runs: a copy of its folder, and folders for everything that the run leaves behind.
type place struct{ root, folder, notebook, tmp, store, runtime string }

func (r *Runner) newPlace(path string, notebook *Notebook) (place, error) {
	root := filepath.Join(r.root, "runs", strconv.FormatInt(r.count.Add(1), 10))
	p := place{
		root: root, folder: filepath.Join(root, "notebooks"), notebook: filepath.Join(root, "notebook.ipynb"),
		tmp: filepath.Join(root, "tmp"), store: filepath.Join(root, "store"), runtime: filepath.Join(root, "runtime"),
	}
	for _, dir := range []string{p.folder, p.tmp, p.store, p.runtime} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return p, err
		}
	}
	if err := copyFolder(p.folder, filepath.Dir(path)); err != nil {
		return p, err
	}
	text, err := blank(notebook).Bytes()
	if err != nil {
		return p, err
	}
	return p, os.WriteFile(p.notebook, text, 0o666)
}

// copyFolder copies a notebook's folder, so that cells find the files beside it, and the repository keeps them as they are. Hidden files, what
// npm installs and what builds leave behind stay out.
func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		name := entry.Name()
		switch {
		case at != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "build"):
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, at), 0o777)
		}
		text, err := os.ReadFile(path) // follows a link, whose target may be out of the copy's reach
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a link to nothing
		}
		if err != nil {
			if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
				return nil // a link to a folder may lead in a circle
			}
			return err
		}
		return os.WriteFile(filepath.Join(to, at), text, 0o666)
	})
}

// warmUp compiles the packages that the cells import, as the kernel will, so that the notebook's clock measures the notebook: with an empty
// cache the first cell would compile all of gonum. It is the one step with a network, for modules that are not in the cache yet.
func (rep *Report) warmUp(ctx context.Context, r *Runner, sources []source) {
	packages := []string{"flag"} // GoNB imports it into every cell
	for _, s := range sources {
		for _, p := range s.imports {
			if p.Path != "C" && !slices.Contains(packages, p.Path) {
				packages = append(packages, p.Path)
			}
		}
	}
	begin := time.Now()
	build := exec.CommandContext(ctx, "go", append([]string{"build"}, packages...)...)
	build.Dir = r.options.Modules[0]
	build.Env = append(os.Environ(), "GOWORK="+filepath.Join(r.root, "workspace", "go.work"), "GOFLAGS="+goflags(ctx))
	if said, err := build.CombinedOutput(); err != nil {
		rep.Notes = append(rep.Notes, "the packages it imports do not all compile: "+strings.TrimSpace(string(said)))
	}
	rep.WarmUp = time.Since(begin)
}

// startWorker starts a worker without a network where the system can do that, and otherwise one that is kept from it by its environment.
func (r *Runner) startWorker(ctx context.Context, p place) (w *worker, cut bool, err error) {
	env := append(os.Environ(),
		"JUPYTER_DATA_DIR="+filepath.Join(r.root, "data"), "JUPYTER_CONFIG_DIR="+filepath.Join(r.root, "config"),
		"IPYTHONDIR="+filepath.Join(r.root, "ipython"), "JUPYTER_RUNTIME_DIR="+p.runtime,
		"JUPYTER_PATH=", "JUPYTER_CONFIG_PATH=", "JUPYTER_PREFER_ENV_PATH=0", "PYTHONDONTWRITEBYTECODE=1",
		"TMPDIR="+p.tmp, "FLATLAND_STORE="+p.store)
	if attr := isolated(); attr != nil && !r.exposed.Load() {
		if w, err = startWorker(r.tools.python, env, p.folder, attr); err == nil {
			if err = w.tell(command{Do: "isolate"}); err == nil {
				err = w.expect(ctx, "isolated", patience)
			}
			if err == nil {
				return w, true, nil
			}
			w.end(true)
		}
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		r.exposed.Store(true) // what the system refuses once it refuses always
	}
	w, err = startWorker(r.tools.python, env, p.folder, grouped())
	return w, false, err
}

// noGet tells GoNB not to call go get before each cell: the workspace resolves every import, and there is no network to get anything from.
const noGet = "%noautoget"

// execute passes the cells to the kernel and collects what they put out, until the last, the first that fails, or the limit.
func (rep *Report) execute(ctx context.Context, w *worker, p place, t *trial) error {
	err := w.tell(command{
		Do: "execute", Notebook: p.notebook, Folder: p.folder, Kernel: kernelName, Patience: patience.Seconds(), Quiet: []string{noGet},
	})
	if err != nil {
		return w.broke(err.Error())
	}
	count, running := 0, -1
	begin := time.Now()
	deadline := begin.Add(2 * patience)
	var end time.Time // of the notebook's limit, which holds while a cell runs
	for {
		e, err := w.next(ctx, deadline)
		if errors.Is(err, errLate) && running >= 0 {
			t.status[running] = overrun
			rep.Cells = append(rep.Cells, timing(t, running, time.Since(begin).Seconds()))
			rep.Total = rep.Limit
			return nil
		}
		if errors.Is(err, errLate) {
			return w.broke("the kernel neither starts nor ends")
		}
		if err != nil {
			return err
		}
		switch e.Event {
		case "ready":
			rep.Start = time.Duration(e.Seconds * float64(time.Second))
			end = time.Now().Add(rep.Limit)
		case "start":
			running, begin, deadline = e.Index, time.Now(), end
			count++
			t.notebook.Cells[running].Count = count
		case "cell":
			if err := t.record(e); err != nil {
				return err
			}
			running, deadline = -1, time.Now().Add(2*patience)
			if e.Status != "" {
				t.status[e.Index], t.programs[e.Index] = e.Status, e.Program
				rep.Cells = append(rep.Cells, timing(t, e.Index, e.Seconds))
				rep.Total += rep.Cells[len(rep.Cells)-1].Took
			}
		case "executed":
			return nil
		}
	}
}

func timing(t *trial, i int, seconds float64) Timing {
	return Timing{Cell: i + 1, First: firstLine(t.notebook.Cells[i].Source), Took: time.Duration(seconds * float64(time.Second))}
}

// record takes over a cell's outputs.
func (t *trial) record(e event) error {
	cell := t.notebook.Cells[e.Index]
	cell.Outputs = nil
	for _, text := range e.Outputs {
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		var fields any
		if err := decoder.Decode(&fields); err != nil {
			return err
		}
		output, err := readOutput(fields)
		if err != nil {
			return fmt.Errorf("%s: cell %d: %w", t.name, e.Index+1, err)
		}
		cell.Outputs = append(cell.Outputs, output)
	}
	return nil
}

// finish tidies and judges what was run.
func (rep *Report) finish(t *trial, without []string) error {
	tidy(t.notebook)
	saved, err := forSaving(t.notebook)
	if err != nil {
		return err
	}
	text, err := saved.Bytes()
	if err != nil {
		return err
	}
	t.saved, t.size = saved, len(text)
	rep.Saved, rep.Problems = saved, t.judge(without)
	return nil
}

// keep writes the executed notebook and its page into the build folder, and the notebook's outputs into the notebook if they are to be saved
// and nothing is wrong with them.
func (r *Runner) keep(ctx context.Context, path string, rep *Report, t *trial, w *worker) error {
	if err := os.MkdirAll(r.options.Build, 0o777); err != nil {
		return err
	}
	saved, err := rep.Saved.Bytes()
	if err != nil {
		return err
	}
	rep.Executed = filepath.Join(r.options.Build, rep.Notebook)
	if err := replaceFile(rep.Executed, saved); err != nil {
		return err
	}
	if r.options.Save && len(rep.Problems) == 0 {
		if err := replaceFile(path, saved); err != nil {
			return err
		}
	}
	if slices.Contains(t.status, overrun) {
		return nil // the worker waits for a cell that does not end
	}
	full, err := t.notebook.Bytes()
	if err != nil {
		return err
	}
	title := strings.TrimSuffix(rep.Notebook, ".ipynb")
	input := filepath.Join(r.root, "runs", title+"."+strconv.FormatInt(r.count.Add(1), 10)+".ipynb")
	if err := os.WriteFile(input, full, 0o666); err != nil {
		return err
	}
	defer os.Remove(input)
	page := filepath.Join(r.options.Build, title+".html")
	if err := w.tell(command{Do: "export", Notebook: input, HTML: page, Title: title, Formulas: hasFormulas(t.notebook)}); err != nil {
		return w.broke(err.Error())
	}
	if err := w.expect(ctx, "exported", patience); err != nil {
		return err
	}
	rep.Page = page
	return nil
}

// hasFormulas reports whether the notebook's prose holds TeX.
func hasFormulas(n *Notebook) bool {
	return slices.ContainsFunc(n.Cells, func(c *Cell) bool {
		return c.Kind == "markdown" && (strings.Contains(c.Source, "$") || strings.Contains(c.Source, `\(`) || strings.Contains(c.Source, `\[`))
	})
}

// replaceFile writes a file that others see in its old state or in its new one.
func replaceFile(path string, text []byte) error {
	return whole.Save(path, func(f *os.File) error {
		_, err := f.Write(text)
		return err
	})
}
