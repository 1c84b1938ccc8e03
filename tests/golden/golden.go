// Package golden reads what Flatland's answers are checked against: files of numbers made by other libraries.
//
// Each <family>.json is written by tests/peers/golden_<family>.py and checked in, so that no test needs Python. Its
// header says which library made it, and how; the rest is the family's own.
package golden

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// Header is the field "header" of every golden file.
type Header struct {
	Peer    string            `json:"peer"` // the library that computed the numbers
	Version string            `json:"version"`
	Python  string            `json:"python"`
	With    map[string]string `json:"with"` // versions of the libraries below the peer
	What    string            `json:"what"`
	How     string            `json:"how"` // the peer's settings, the conventions, and what each field means
}

// Load decodes tests/golden/<name>.json into v as [json.Unmarshal] does, so v may be a struct with only the fields of
// interest. It fails t when there is no such file or it does not fit v.
func Load(t testing.TB, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir(), name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("golden: there is no tests/golden/%s.json; make golden writes it, given tests/peers/golden_%[1]s.py", name)
		return
	}
	if err != nil {
		t.Fatalf("golden: %v", err)
		return
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("golden: tests/golden/%s.json does not fit %T: %v", name, v, err)
	}
}

// dir is the folder of the golden files.
func dir() string { return filepath.Join(testenv.Root(), "tests", "golden") }
