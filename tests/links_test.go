package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// A cell is linked anew each time it runs, so what it links is what its reader
// waits for.

// heavy are packages that no cell links, with all below them unless an = stands
// before the path, and why.
var heavy = map[string]string{
	"net/http":      "it brings TLS, and half as much again as all the rest",
	"crypto/tls":    "nothing in a cell speaks to a network",
	"html/template": "it calls methods by names unknown to the linker, which then keeps every method of every type",
	"text/template": "it calls methods by names unknown to the linker, which then keeps every method of every type",
	"go/types":      "a cell reads no types",
	"go/printer":    "a cell prints no programs",

	"=gonum.org/v1/plot":           "viz draws its axes itself",
	"gonum.org/v1/plot/plotter":    "viz draws its marks itself",
	"gonum.org/v1/plot/vg/vgpdf":   "a notebook shows PNG",
	"gonum.org/v1/plot/vg/vgtex":   "a notebook shows PNG",
	"gonum.org/v1/hdf5":            "readers of large formats are packages of their own",
	"gonum.org/v1/netlib":          "no cgo",
	"github.com/apache/arrow":      "readers of large formats are packages of their own",
	"github.com/apache/arrow-go":   "readers of large formats are packages of their own",
	"github.com/parquet-go":        "readers of large formats are packages of their own",
	"github.com/xitongsys/parquet": "readers of large formats are packages of their own",
	"github.com/go-echarts":        "it builds pages with html/template",
	"google.golang.org":            "no protocol buffers",
}

// cellBytes is what a cell may measure, stripped as the kernel links it. The page's script and two fonts are a megabyte of it; what a cell
// takes to start is measured by TestLatency, in tests/notebooks.
const cellBytes = 19 << 19

// linked judges the packages that a program links.
func linked(packages []string) (problems []error) {
	for _, p := range packages {
		for h, why := range heavy {
			if alone, is := strings.CutPrefix(h, "="); is && p == alone || p == h || strings.HasPrefix(p, h+"/") {
				problems = append(problems, fmt.Errorf("a cell links %s: %s", p, why))
			}
		}
	}
	return problems
}

// program builds a folder of testdata as the kernel does, with more flags for
// the linker, and returns what that prints and the size of the program.
func program(t *testing.T, folder, flags string) (printed string, size int64) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	out, err := exec.Command("go", "build", "-ldflags=-s -w "+flags, "-o", binary, "./testdata/"+folder).CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%.2000s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), info.Size()
}

func dependencies(t *testing.T, folder string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "./testdata/"+folder).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// keepsAllMethods returns the first line of the linker's graph that makes it
// keep every method of every type.
func keepsAllMethods(graph string) string {
	for line := range strings.Lines(graph) {
		if strings.Contains(line, "<ReflectMethod>") {
			return line
		}
	}
	return ""
}

func TestCellsStayLight(t *testing.T) {
	testenv.Unraced(t)
	all := dependencies(t, "cell")
	if len(all) < 50 {
		t.Fatalf("go list says that a cell links %v", all)
	}
	for _, err := range linked(all) {
		t.Error(err)
	}
	graph, size := program(t, "cell", "-dumpdep")
	if !strings.Contains(graph, " -> ") {
		t.Fatal("the linker printed no dependencies")
	}
	if line := keepsAllMethods(graph); line != "" {
		t.Errorf("every method of every type must be kept: %s", line)
	}
	t.Logf("a cell links %d packages in %.1f MiB", len(all), float64(size)/(1<<20))
	if size > cellBytes {
		t.Errorf("a cell has %.1f MiB, more than %.1f", float64(size)/(1<<20), float64(cellBytes)/(1<<20))
	}
}

// A program that looks a method up by a name it is given, and another that
// links a server, are found.
func TestHeavyProgramsAreFound(t *testing.T) {
	problems := linked(dependencies(t, "heavy"))
	for _, p := range []string{"net/http", "text/template"} {
		if !strings.Contains(fmt.Sprint(problems), "a cell links "+p+":") {
			t.Errorf("%s was not found: %v", p, problems)
		}
	}
	if p := linked([]string{"gonum.org/v1/plot", "gonum.org/v1/plot/plotter", "gonum.org/v1/plot/font", "net/httpx"}); len(p) != 2 {
		t.Errorf("plot and its plotter, but not its fonts: %v", p)
	}
	graph, size := program(t, "heavy", "-dumpdep")
	if keepsAllMethods(graph) == "" {
		t.Error("nothing in a program with text/template makes the linker keep all methods")
	}
	if _, light := program(t, "light", ""); light > size/2 {
		t.Errorf("a program of nothing has %d bytes, one with a server %d", light, size)
	}
	if p := linked(dependencies(t, "light")); p != nil {
		t.Errorf("a program of nothing: %v", p)
	}
}
