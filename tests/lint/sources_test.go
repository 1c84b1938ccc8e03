package lint

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// file is a parsed source file.
type file struct {
	fset *token.FileSet
	path string // from the root, with slashes
	*ast.File
}

// at names the place of a node.
func (f file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

func (f file) test() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f file) folder() string { return filepath.ToSlash(filepath.Dir(f.path)) }

// within reports whether the file lies below one of the folders.
func (f file) within(folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(f.path, folder+"/") })
}

// parse reads a file whose text is given.
func parse(fset *token.FileSet, path string, text []byte) (file, error) {
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	return file{fset, path, f}, err
}

// sources reads every Go file of this project, modules inside it included, but
// for those in testdata, which tests plant.
func sources(t *testing.T) []file {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files below %s", len(files), testenv.Root())
	}
	return files
}

var parsed = sync.OnceValues(func() (files []file, err error) {
	root := testenv.Root()
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "build" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		from, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parse(fset, filepath.ToSlash(from), text)
		files = append(files, f)
		return err
	})
	return files, err
})

func report(t *testing.T, problems []error) {
	t.Helper()
	for _, err := range problems {
		t.Error(err)
	}
}

// planted judges a file of the given text by a rule, which must say what is
// wanted, or nothing when says is empty.
func planted(t *testing.T, rule func(files []file) []error, path, text, says string) {
	t.Helper()
	f, err := parse(token.NewFileSet(), path, []byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	err = errors.Join(rule([]file{f})...)
	switch {
	case says == "" && err != nil:
		t.Errorf("accused without reason: %v\n%s", err, text)
	case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
		t.Errorf("found %v, want what says %q\n%s", err, says, text)
	}
}
