package datasets_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// A program carries the tables it calls and no others: this is what keeps a
// notebook's cells small however many tables there will be.
func TestProgramsCarryOnlyTheTablesTheyCall(t *testing.T) {
	testenv.Unraced(t)
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

// The larger set is a package of its own, which nothing imports on the way to a
// notebook's cell.
func TestNothingImportsTheLargeSet(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps",
		"../cell", "../datasets", "../dr", "../intrinsic", "../neighbors", "../quality", "../viz").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("pkg/datasets\n")) {
		t.Fatalf("the list lacks the package itself:\n%s", out)
	}
	if bytes.Contains(out, []byte("pkg/datasets/mnist10k")) {
		t.Error("a program that looks at Iris carries MNIST")
	}
}
