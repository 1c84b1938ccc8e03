package nbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/flatland-go/flatland/internal/testenv"
)

// tools are the programs that running a notebook needs.
type tools struct {
	python    string // one that has nbclient and nbconvert
	gonb      string // the kernel
	goimports string // which the kernel calls
	cached    bool   // goimports is in Go's cache, as a tool of the module
	shared    string // the .tools folder they come from, if any: cells look there for ECharts
}

// A MissingError says which programs running a notebook needs and this machine lacks.
type MissingError struct {
	Missing []string // such as "gonb"
	Setup   string   // the command that installs them here, or "" where each must be installed by itself
}

// installs are the commands that install each tool in a repository that is not Flatland's.
var installs = map[string]string{
	"python with nbclient and nbconvert": "python3 -m venv .tools/venv && .tools/venv/bin/pip install jupyterlab nbclient nbconvert",
	"gonb":                               "go get -tool github.com/janpfeifer/gonb@v0.11.4",
	"goimports":                          "go get -tool golang.org/x/tools/cmd/goimports@v0.51.0",
}

// Error returns the message.
func (e *MissingError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "nbtest: running a notebook needs %s. To install what is missing:", strings.Join(e.Missing, ", "))
	if e.Setup != "" {
		return b.String() + "\n\t" + e.Setup
	}
	for _, name := range e.Missing {
		fmt.Fprintf(&b, "\n\t%s", installs[name])
	}
	return b.String()
}

// findTools looks for each program in the .tools folder of the working directory or of a parent, then on PATH, then among the module's tools.
func findTools(ctx context.Context, module string) (tools, error) {
	var t tools
	var missing []string
	t.shared, _ = testenv.Tools()
	for _, wanted := range []struct {
		name  string
		into  *string
		paths []string
		works func(string) bool
	}{
		{"python with nbclient and nbconvert", &t.python, []string{"venv/bin/python", "python3", "python"}, func(path string) bool {
			code := "import importlib.util as u, sys; sys.exit(not (u.find_spec('nbclient') and u.find_spec('nbconvert')))"
			return exec.CommandContext(ctx, path, "-c", code).Run() == nil
		}},
		{"gonb", &t.gonb, []string{"bin/gonb", "gonb", "tool:gonb"}, nil},
		{"goimports", &t.goimports, []string{"bin/goimports", "goimports", "tool:goimports"}, nil},
	} {
		for _, place := range wanted.paths {
			path := t.at(ctx, module, place)
			if path != "" && (wanted.works == nil || wanted.works(path)) {
				*wanted.into = path
				t.cached = wanted.name == "goimports" && strings.HasPrefix(place, "tool:")
				break
			}
		}
		if *wanted.into == "" {
			missing = append(missing, wanted.name)
		}
	}
	if len(missing) == 0 {
		return t, nil
	}
	e := &MissingError{Missing: missing}
	if testenv.Root() != "" {
		e.Setup = "docker/setup.sh"
	}
	return t, e
}

// at returns the absolute path of a program, or "" if it is not there: a relative path is looked for in .tools, a bare name on PATH, and what
// begins with "tool:" among the tools that the module's go.mod names, which Go builds if it has not yet.
func (t tools) at(ctx context.Context, module, place string) string {
	if name, ok := strings.CutPrefix(place, "tool:"); ok {
		ask := exec.CommandContext(ctx, "go", "tool", "-n", name)
		ask.Dir = module
		path, err := ask.Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(path))
	}
	if strings.Contains(place, "/") {
		path := filepath.Join(t.shared, place)
		if info, err := os.Stat(path); t.shared == "" || err != nil || info.Mode()&0o111 == 0 {
			return ""
		}
		return path
	}
	path, err := exec.LookPath(place)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return ""
	}
	if path, err = filepath.Abs(path); err != nil {
		return ""
	}
	return path
}
