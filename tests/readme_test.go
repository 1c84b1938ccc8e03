package tests

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// What the front page says is held to what is there.

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unnamed returns the paths that a text links nowhere to.
func unnamed(text string, paths []string) (missing []string) {
	for _, p := range paths {
		if !strings.Contains(text, "("+p+")") {
			missing = append(missing, p)
		}
	}
	return missing
}

func TestReadmeNamesEveryPackageAndNotebook(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"pkg/*", "notebooks/*.ipynb"} {
		found, err := filepath.Glob("../" + pattern)
		if err != nil || len(found) < 10 {
			t.Fatalf("%s matches %v (%v)", pattern, found, err)
		}
		for _, p := range found {
			paths = append(paths, strings.TrimPrefix(filepath.ToSlash(p), "../"))
		}
	}
	for _, p := range unnamed(readme(t), paths) {
		t.Errorf("README.md does not link to %s", p)
	}
	if got := unnamed("[a](pkg/a) [b](pkg/bc) pkg/c", []string{"pkg/a", "pkg/b", "pkg/c"}); fmt.Sprint(got) != "[pkg/b pkg/c]" {
		t.Errorf("not linked to are %v", got)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)[^):]*\)|(?:src|href)="([^"#:]+)"`)

// dead returns the files of this repository that a page in a folder refers to and that are not there.
func dead(folder, text string) (missing []string) {
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(folder, m[1]+m[2])); err != nil {
			missing = append(missing, m[1]+m[2])
		}
	}
	return missing
}

func TestPagesReferToWhatIsThere(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "BENCHMARKS.md", "docker/README.md", "docs/course/README.md"} {
		path := filepath.Join("..", page)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range dead(filepath.Dir(path), string(text)) {
			t.Errorf("%s refers to %s, which is not there", page, p)
		}
	}
	if got := dead("..", `[a](go.mod) [b](https://go.dev) <img src="docs/none.png"> [c](nowhere.md#x)`); fmt.Sprint(got) != "[docs/none.png nowhere.md]" {
		t.Errorf("dead are %v", got)
	}
}

// The pictures of the front page are those of the saved notebooks.
func TestPicturesAreThoseOfTheNotebooks(t *testing.T) {
	testenv.Unraced(t)
	folder := t.TempDir()
	run := exec.Command("go", "run", "docs/pictures.go", folder)
	run.Dir = ".."
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	made, err := os.ReadDir(folder)
	if err != nil || len(made) == 0 {
		t.Fatalf("docs/pictures.go made %v (%v)", made, err)
	}
	for _, m := range made {
		want, err := os.ReadFile(filepath.Join(folder, m.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", "docs", m.Name()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is not the picture that the notebook holds (%v): run go run docs/pictures.go", m.Name(), err)
		}
		if !strings.Contains(readme(t), `src="docs/`+m.Name()+`"`) {
			t.Errorf("README.md does not show docs/%s", m.Name())
		}
	}
}

// rows returns the cells of the rows of the tables in a text, by the case in their first cell.
func rows(text string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name, _, _ := strings.Cut(cells[0], ":")
		if len(cells) > 4 && all[name] == nil {
			all[name] = cells
		}
	}
	return all
}

// misquoted compares the figures of a page with the table of benchmarks that they are taken from.
func misquoted(page, benchmarks string) (quoted int, problems []error) {
	_, speed, _ := strings.Cut(benchmarks, "\n## Speed\n")
	table := rows(speed)
	for name, cells := range rows(page) {
		bare := strings.Trim(name, "`")
		if bare == name {
			continue
		}
		quoted++
		from := table[bare]
		switch {
		case from == nil:
			problems = append(problems, fmt.Errorf("BENCHMARKS.md has no case %s", bare))
		case !strings.HasPrefix(from[2], cells[1]+":"), cells[2] != from[3], cells[3] != from[4], cells[4] != from[5]:
			problems = append(problems, fmt.Errorf("of %s BENCHMARKS.md says %q, and the page %q", bare, from[2:6], cells[1:]))
		}
	}
	return quoted, problems
}

func TestReadmeQuotesBenchmarks(t *testing.T) {
	benchmarks, err := os.ReadFile("../BENCHMARKS.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted, problems := misquoted(readme(t), string(benchmarks))
	for _, err := range problems {
		t.Error(err)
	}
	if quoted != 3 {
		t.Errorf("README.md quotes %d benchmarks, not three", quoted)
	}
	const table = "\n## Speed\n\n| a | A | peer 1: x | 1 s | 2 s | 2 (1 … 3) |\n"
	for page, want := range map[string]int{
		"| `a`: A | peer 1 | 1 s | 2 s | 2 (1 … 3) |": 0,
		"| `a`: A | peer 1 | 1 s | 3 s | 3 (1 … 3) |": 1,
		"| `b`: A | peer 1 | 1 s | 2 s | 2 (1 … 3) |": 1,
	} {
		if _, problems := misquoted(page, table); len(problems) != want {
			t.Errorf("of %s it says %v", page, problems)
		}
	}
}

// The program of the section on one's own data does what the section says.
func TestReadmeProgramRuns(t *testing.T) {
	testenv.Unraced(t)
	_, section, _ := strings.Cut(readme(t), "\n## Your own data\n")
	_, code, found := strings.Cut(section, "```go\npackage main\n")
	code, _, _ = strings.Cut(code, "```")
	if !found {
		t.Fatal("the section has no program")
	}
	folder := t.TempDir()
	var csv strings.Builder
	csv.WriteString("origin;roast;acidity;bitterness;colour\n")
	for i := range 30 {
		fmt.Fprintf(&csv, "Kenya;%s;%d.5;%d;%d\n", []string{"light", "dark"}[i%2], 5+i%4, 2+i%3, 30+i%7)
	}
	csv.WriteString("Brazil;dark;NA;2;31\n")
	for name, text := range map[string]string{"main.go": "package main\n" + code, "coffee.csv": csv.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(folder, "program")
	if said, err := exec.Command("go", "build", "-o", program, filepath.Join(folder, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	run := exec.Command(program)
	run.Dir = folder
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	page, err := os.ReadFile(filepath.Join(folder, "coffee.html"))
	if err != nil || !bytes.Contains(page, []byte("n = 30")) {
		t.Errorf("the page has %d bytes, and not the caption of 30 rows (%v)", len(page), err)
	}
}
