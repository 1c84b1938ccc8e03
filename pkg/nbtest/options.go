package nbtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options say how notebooks are run. The zero value is right for a repository that keeps its notebooks beside the Go module they use.
type Options struct {
	// Modules are the folders of the Go modules that notebooks import without a path cell. Default: the module (or the workspace's modules)
	// of the working directory, with the modules that it replaces by folders.
	Modules []string

	// Build is the folder that gets each executed notebook, name.ipynb, and its page, name.html. Default: build in the first module.
	Build string

	// Timeout is how long the cells of one notebook may take together, from the moment the kernel is ready. Default: 45 s, so that a
	// course of ten is run in a few minutes.
	Timeout time.Duration

	// Timeouts are the exceptions, by the notebook's file name with or without .ipynb.
	Timeouts map[string]time.Duration

	// Save writes the outputs back into a notebook in which no problem was found. Two runs write the same bytes.
	Save bool

	// Env is added to the environment of the kernel and of the cells, as "KEY=value"; it wins over what the package sets.
	Env []string

	// GOMAXPROCS is the number of processors that the kernel, the compiler and the cells use. Default: what they find.
	GOMAXPROCS int

	// Without names rules that are not applied, such as "time" in a notebook about clocks. Default: none; doc.go lists the rules.
	Without []string

	// Report is called after each notebook, also one that fails; not by two notebooks at once.
	Report func(Report)
}

const defaultTimeout = 45 * time.Second

// resolve fills in the defaults and checks what was given.
func (o Options) resolve(ctx context.Context) (Options, error) {
	if err := checkRules(o.Without); err != nil {
		return o, err
	}
	if len(o.Modules) == 0 {
		found, err := modulesHere(ctx)
		if err != nil {
			return o, err
		}
		o.Modules = found
	} else {
		given := o.Modules
		o.Modules = make([]string, len(given))
		for i, dir := range given {
			dir, err := filepath.Abs(dir)
			if err != nil {
				return o, err
			}
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
				return o, fmt.Errorf("nbtest: Options.Modules: %s is not the folder of a module: %w", dir, err)
			}
			o.Modules[i] = dir
		}
	}
	build, err := filepath.Abs(cmp.Or(o.Build, filepath.Join(o.Modules[0], "build")))
	if err != nil {
		return o, err
	}
	o.Build = build
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	for name, limit := range o.Timeouts {
		if limit <= 0 {
			return o, fmt.Errorf("nbtest: Options.Timeouts[%q] is %v; it must be positive", name, limit)
		}
	}
	if o.Timeout < 0 || o.GOMAXPROCS < 0 {
		return o, fmt.Errorf("nbtest: Options.Timeout (%v) and GOMAXPROCS (%d) must not be negative", o.Timeout, o.GOMAXPROCS)
	}
	return o, nil
}

// limit is the time limit of a notebook, by its file name.
func (o Options) limit(name string) time.Duration {
	return cmp.Or(o.Timeouts[name], o.Timeouts[strings.TrimSuffix(name, ".ipynb")], o.Timeout)
}

// modulesHere asks Go for the modules of the working directory, and for those that stand in for others as folders: a notebook of a teacher
// whose go.mod says "replace flatland => ../flatland" imports both.
func modulesHere(ctx context.Context) ([]string, error) {
	// All it needs is in go.mod files, those of others among them: where they are not in the cache yet, it takes the network, and where there
	// is none, the module itself can still be told.
	var text []byte
	var err error
	for _, try := range []struct{ what, proxy string }{{"all", "GOPROXY=off"}, {"all", ""}, {"", ""}} {
		list := exec.CommandContext(ctx, "go", "list", "-m", "-json", "-mod=readonly")
		if try.what != "" {
			list.Args = append(list.Args, try.what)
		}
		if list.Env = os.Environ(); try.proxy != "" {
			list.Env = append(list.Env, try.proxy)
		}
		if text, err = list.Output(); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("nbtest: asking Go for the module of the working directory: %w", withStderr(err))
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	dirs := map[string]bool{}
	var main []string
	for {
		var m struct {
			Main    bool
			Dir     string
			Replace *struct{ Version, Dir string }
		}
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("nbtest: reading what go list -m says: %w", err)
		}
		switch {
		case m.Main && m.Dir != "":
			main = append(main, m.Dir)
		case m.Replace != nil && m.Replace.Version == "" && m.Replace.Dir != "":
			dirs[m.Replace.Dir] = true
		}
	}
	if len(main) == 0 {
		return nil, errors.New("nbtest: the working directory is in no Go module; name the folder of one in Options.Modules")
	}
	return append(main, slices.Sorted(maps.Keys(dirs))...), nil
}

// withStderr adds to the error of a command what the command said.
func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
