package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limit is how many bytes all golden files may have together: they are part of every clone.
const limit = 2_000_000

// families lists the names that stand for * in the files that match pattern, a path from the folder of the goldens.
func families(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir(), pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("nothing matches %s", pattern)
	}
	before, after, _ := strings.Cut(filepath.Base(pattern), "*")
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), before), after)
	}
	return paths
}

func TestEveryFileHasItsHeaderAndPins(t *testing.T) {
	pins := "\n"
	for _, name := range []string{"requirements.txt", "sources.txt"} {
		text, err := os.ReadFile(filepath.Join(dir(), "..", "peers", name))
		if err != nil {
			t.Fatal(err)
		}
		pins += string(text)
	}
	for _, name := range families(t, "*.json") {
		var file struct{ Header Header }
		Load(t, name, &file)
		h := file.Header
		if h.Peer == "" || h.Version == "" || h.Python == "" || h.What == "" || h.How == "" {
			t.Errorf("%s.json: the header lacks a field: %+v", name, h)
		}
		versions := map[string]string{h.Peer: h.Version}
		for library, version := range h.With {
			versions[library] = version
		}
		for library, version := range versions {
			pin := fmt.Sprintf("\n%s==%s ", strings.ToLower(library), version)
			if !strings.Contains(pins, pin) {
				t.Errorf("%s.json was made with %s %s, which tests/peers does not pin; make golden", name, library, version)
			}
		}
	}
}

func TestFilesAndGeneratorsPairUp(t *testing.T) {
	files, generators := families(t, "*.json"), families(t, "../peers/golden_*.py")
	if got, want := strings.Join(files, " "), strings.Join(generators, " "); got != want {
		t.Errorf("files: %s; generators: %s", got, want)
	}
}

func TestFilesAreSmall(t *testing.T) {
	var total int64
	for _, name := range families(t, "*.json") {
		info, err := os.Stat(filepath.Join(dir(), name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > limit {
		t.Errorf("the golden files have %d bytes together, more than %d", total, limit)
	}
}

// recorder keeps the message of a failure.
type recorder struct {
	testing.TB
	message string
}

func (*recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) { r.message = fmt.Sprintf(format, args...) }

func TestLoadNamesTheRemedy(t *testing.T) {
	var missing recorder
	Load(&missing, "unheard-of", &struct{}{})
	if !strings.Contains(missing.message, "tests/golden/unheard-of.json") || !strings.Contains(missing.message, "make golden") {
		t.Errorf("message for a missing file: %q", missing.message)
	}
	var misfit recorder
	Load(&misfit, families(t, "*.json")[0], &struct{ Header int }{})
	if !strings.Contains(misfit.message, "does not fit") {
		t.Errorf("message for a file of another form: %q", misfit.message)
	}
}
