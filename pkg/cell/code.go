package cell

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	libraryModule = "github.com/flatland-go/flatland"
	gonumModule   = "gonum.org/v1/gonum"
)

// commonCode identifies the code that every result rests on.
var commonCode = sync.OnceValue(func() string {
	parts := []string{runtime.Version(), runtime.GOARCH, moduleCode(libraryModule), moduleCode(gonumModule)}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			// Which code is compiled, and which bits it computes. Not all settings: -race and -ldflags change neither.
			switch s.Key {
			case "-tags", "GOEXPERIMENT", "GOAMD64", "GOARM64", "GO386", "CGO_ENABLED":
				parts = append(parts, s.Key+"="+s.Value)
			}
		}
	}
	return strings.Join(parts, "\n")
})

// codeOf identifies the code of a type; it is empty for types that have none or that Go brings along.
func codeOf(t reflect.Type) string {
	switch path := t.PkgPath(); path {
	case "":
		return ""
	case "main":
		name, _, _ := strings.Cut(t.Name(), "[")
		return declarationCode(name)
	default:
		return packageCode(path)
	}
}

// packageCode identifies the module that holds the package; it is empty for packages that Go brings along, since commonCode names its
// version.
func packageCode(path string) string {
	module := moduleOf(path, modules())
	if module == "" {
		if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
			return ""
		}
		return programCode()
	}
	return moduleCode(module)
}

// moduleOf returns the path of the module that holds the package, or "".
func moduleOf(pkg string, modules map[string]*debug.Module) string {
	best := ""
	for path := range modules {
		if len(path) > len(best) && (pkg == path || strings.HasPrefix(pkg, path+"/") || strings.HasPrefix(pkg, path+"_test")) {
			best = path
		}
	}
	return best
}

var modules = sync.OnceValue(func() map[string]*debug.Module {
	all := map[string]*debug.Module{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path != "" {
				all[m.Path] = m
			}
		}
	}
	return all
})

var moduleCodes sync.Map // from a module's path to a func() string

// moduleCode identifies the code of a module: by its version when a checksum vouches for it, by its sources when it is a directory, and
// by the whole program when these cannot be found.
func moduleCode(path string) string {
	once, _ := moduleCodes.LoadOrStore(path, sync.OnceValue(func() string {
		m, dir := modules()[path], ""
		if m != nil && m.Replace != nil {
			m, dir = m.Replace, m.Replace.Path
		}
		if m != nil && m.Sum != "" {
			return m.Path + "@" + m.Version
		}
		if path == libraryModule && !filepath.IsAbs(dir) {
			dir = libraryDirectory()
		}
		if stamp, err := stampOf(dir); err == nil {
			return path + " " + stamp
		}
		return programCode()
	}))
	return once.(func() string)()
}

// libraryDirectory returns where this package was compiled from, as in a workspace or in the library's own tests; -trimpath hides it.
func libraryDirectory() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// sourceEndings are those of the files that a compiler reads, beside the data that a package embeds.
var sourceEndings = []string{".go", ".s", ".S", ".c", ".h", ".syso"}

// stampOf identifies the sources of the module in dir by their names, sizes and modification times: it changes when one is edited, added,
// removed or put back. Tests, hidden files and modules inside do not count; data count in the folders pkg and internal, where they may be
// embedded, and not elsewhere, since notebooks may be saved there.
func stampOf(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("%q is not an absolute path", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", err
	}
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path == dir {
				return nil
			}
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || slices.Contains([]string{"testdata", "node_modules", "vendor"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		embedded := top == "pkg" || top == "internal"
		switch {
		case strings.HasPrefix(name, "."), strings.HasSuffix(name, "_test.go"), !d.Type().IsRegular():
			return nil
		case !embedded && rel != "go.mod" && !slices.Contains(sourceEndings, filepath.Ext(name)):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%q %d %d\n", filepath.ToSlash(rel), info.Size(), info.ModTime().UnixNano())
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// programCode identifies the running program as a whole, for want of anything finer.
var programCode = sync.OnceValue(func() string {
	if f, err := os.Open(programFile()); err == nil {
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err == nil {
			return "program " + hex.EncodeToString(h.Sum(nil))
		}
	}
	// A program that cannot read itself recognises nothing of what an earlier run left.
	return fmt.Sprintf("process %d at %d", os.Getpid(), time.Now().UnixNano())
})

func programFile() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}
