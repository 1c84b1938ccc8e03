package datasets_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A program carries the tables it calls and no others: this is what keeps a
// notebook's cells small however many tables there will be.
func TestProgramsCarryOnlyTheTablesTheyCall(t *testing.T) {
	files, err := filepath.Glob("data/*.csv.gz")
	if err != nil || len(files) < 4 {
		t.Fatalf("found the tables %v: %v", files, err)
	}
	for _, used := range []string{"iris", "digits"} {
		binary := filepath.Join(t.TempDir(), used)
		if out, err := exec.Command("go", "build", "-o", binary, "./testdata/"+used).CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		program, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			table, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := filepath.Base(file) == used+".csv.gz"
			if got := bytes.Contains(program, table); got != want {
				t.Errorf("a program that calls %s carries %s: %v, want %v", used, file, got, want)
			}
		}
	}
}
