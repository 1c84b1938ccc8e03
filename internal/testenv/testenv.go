// Package testenv tells a test whether this machine has what the test needs beyond Go itself, and where it is.
//
// A check may be skipped through [Need], [Data] and [Unraced] and in no other way, so that the tests pass on a bare machine, say
// there what they left out, and leave nothing out where FLATLAND_STRICT=1 is set: make test and CI set it.
package testenv

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A need is something that a test may ask of the machine.
type need struct {
	lacks   func() error // what is missing, or nil
	install string       // what the reader does about it
}

var needs = map[string]need{
	"jupyter": {
		lacks: func() error {
			return files(toolsDir(), "bin/gonb", "bin/goimports", "venv/bin/jupyter", "venv/bin/python", "node_modules/echarts/package.json")
		},
		install: "run docker/setup.sh notebooks",
	},
	"chromium": {
		lacks: func() error {
			if _, ok := Chromium(); !ok {
				return errors.New("none of " + strings.Join(browsers, ", ") + " is on PATH")
			}
			if _, err := exec.LookPath("node"); err != nil {
				return errors.New("node is not on PATH")
			}
			return files(toolsDir(), "node_modules/playwright-core/package.json", "node_modules/echarts/package.json")
		},
		install: "run docker/setup.sh browser",
	},
	"peers": {
		lacks:   func() error { return files(toolsDir(), "peers/bin/python") },
		install: "run docker/setup.sh peers",
	},
	"mnist": {
		lacks: func() error {
			return files(dataDir(), "mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz")
		},
		install: "put the two files of MNIST's test part into a folder mnist and name the folder above it in FLATLAND_DATA",
	},
}

// browsers are the names under which Chromium is installed, the tested one first.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// Need returns when the machine has what, which is one of
//
//	jupyter   GoNB, goimports, Jupyter and ECharts in .tools
//	chromium  Chromium and node on PATH, playwright-core and ECharts in .tools
//	peers     the Python with the libraries that Flatland is compared with, in .tools/peers
//	mnist     MNIST's test part under FLATLAND_DATA, or else under ../shared/data beside the module
//
// Otherwise it skips t, or fails it where FLATLAND_STRICT=1, with a message that says what is missing and how to
// install it. Any other what fails t.
func Need(t testing.TB, what string) {
	t.Helper()
	n, ok := needs[what]
	if !ok {
		t.Fatalf("testenv: no need is called %q; there are %s", what, strings.Join(slices.Sorted(maps.Keys(needs)), ", "))
		return
	}
	err := n.lacks()
	if err == nil {
		return
	}
	missing := fmt.Sprintf("needs %s: %v; to install it, %s", what, err, n.install)
	if os.Getenv("FLATLAND_STRICT") == "1" {
		t.Fatalf("%s (FLATLAND_STRICT=1 turns this skip into a failure)", missing)
		return
	}
	t.Skip(missing)
}

// Unraced leaves a test to the pass without -short. The pass with it runs under the race detector, ten times slower, and
// need not see what says nothing about races: numbers that other tests compute in parallel there too, and code of one
// goroutine.
func Unraced(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("says nothing about races: left to the pass without -short")
	}
}

// Cores returns the numbers of processors on which a result must have the same bits: 1, 2 and 7. With -short it is 7 alone: to
// race, goroutines need run but once.
func Cores() []int {
	if testing.Short() {
		return []int{7}
	}
	return []int{1, 2, 7}
}

// Data returns the path of a file of real data, such as "mnist/t10k-images-idx3-ubyte.gz". The first element of name is
// the need that it belongs to, and a machine without it skips or fails t as [Need] does.
func Data(t testing.TB, name string) string {
	t.Helper()
	set, _, _ := strings.Cut(name, "/")
	Need(t, set)
	if err := files(dataDir(), name); err != nil {
		t.Fatalf("testenv: no such data: %v", err)
	}
	return filepath.Join(dataDir(), filepath.FromSlash(name))
}

// Tools returns the absolute path of the nearest .tools folder of the working directory or of a parent of it: where
// docker/setup.sh installs. It reports whether there is one.
func Tools() (dir string, ok bool) {
	above := nearest(func(dir string) bool {
		info, err := os.Stat(filepath.Join(dir, ".tools"))
		return err == nil && info.IsDir()
	})
	if above == "" {
		return "", false
	}
	return filepath.Join(above, ".tools"), true
}

// Root returns the absolute path of Flatland's module, which is the nearest folder, from the working directory upwards,
// whose go.mod declares it (a nested module is not the root), or "" when the working directory is outside of it.
func Root() string {
	return nearest(func(dir string) bool {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			return false
		}
		for line := range strings.Lines(string(text)) {
			if strings.TrimSpace(line) == "module github.com/flatland-go/flatland" {
				return true
			}
		}
		return false
	})
}

// Chromium returns the path of the Chromium on PATH, under any of the names it goes by, and reports whether there is one.
func Chromium() (path string, ok bool) {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}

// nearest returns the first folder that holds, from the working directory upwards, or "".
func nearest(holds func(dir string) bool) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for !holds(dir) {
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
	return dir
}

// files reports the first of names that is not a file under dir.
func files(dir string, names ...string) error {
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s is missing", path)
		case err != nil:
			return err
		case info.IsDir():
			return fmt.Errorf("%s is a folder", path)
		}
	}
	return nil
}

// toolsDir is where the tools are, or would be once installed.
func toolsDir() string {
	if dir, ok := Tools(); ok {
		return dir
	}
	return filepath.Join(Root(), ".tools")
}

func dataDir() string {
	if dir := os.Getenv("FLATLAND_DATA"); dir != "" {
		return dir
	}
	return filepath.Join(Root(), "..", "shared", "data")
}
