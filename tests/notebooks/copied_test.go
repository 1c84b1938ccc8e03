package notebooks

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// TestCopiedCourse does what a teacher does who copies docs/course: in a folder outside of this repository it gives the commands of that
// course's workflow, which must leave a report and the notebook as it ran. Then the notebook says what is not so, and the last command fails.
//
// Two things are as they are here and not there: Flatland is this checkout, and what pip would install is installed, in the same versions.
func TestCopiedCourse(t *testing.T) {
	testenv.Need(t, "jupyter")
	tools, _ := testenv.Tools()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../docs/course")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "build")); err != nil {
		t.Fatal(err)
	}
	give := func(command string) (said string, err error) {
		c := exec.CommandContext(t.Context(), "bash", "-ec", command)
		c.Dir = folder
		c.Env = append(os.Environ(), "PATH="+filepath.Join(tools, "venv", "bin")+":"+os.Getenv("PATH"), "PIP_NO_INDEX=1", "GOWORK=off", "PWD="+folder)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	commands := commandsOf(t, filepath.Join(folder, ".github", "workflows", "notebooks.yml"))
	here := "go mod edit -replace github.com/flatland-go/flatland='" + testenv.Root() + "'"
	for _, command := range append([]string{here}, commands...) {
		said, err := give(command)
		t.Logf("$ %s\n%s", command, said)
		if err != nil {
			t.Fatal(err)
		}
	}
	if tests, failed := report(t, folder); tests < 2 || len(failed) > 0 {
		t.Errorf("the report has %d tests, and %q failed", tests, failed)
	}
	for _, name := range []string{"01_penguins.ipynb", "01_penguins.html"} {
		if _, err := os.Stat(filepath.Join(folder, "build", name)); err != nil {
			t.Error(err)
		}
	}

	path := filepath.Join(folder, "notebooks", "01_penguins.ipynb")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(text), "hit.Value, 0.8)", "hit.Value, 0.99)", 1)
	if wrong == string(text) {
		t.Fatal("the notebook has no check to make wrong")
	}
	if err := os.WriteFile(path, []byte(wrong), 0o666); err != nil {
		t.Fatal(err)
	}
	said, err := give(commands[len(commands)-1])
	if err == nil || !strings.Contains(said, "neighbours of the same kind: got 0.8") {
		t.Errorf("of a check that fails it says %v and\n%s", err, said)
	}
	if _, failed := report(t, folder); !strings.Contains(strings.Join(failed, " "), "TestNotebooks/01_penguins") {
		t.Errorf("in the report %q failed", failed)
	}
}

// commandsOf returns the commands of a workflow, each of which must be a line.
func commandsOf(t *testing.T, path string) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- run: ([^|>\s].*)$`).FindAllStringSubmatch(string(text), -1) {
		commands = append(commands, m[1])
	}
	if len(commands) == 0 || len(commands) != strings.Count(string(text), "run:") {
		t.Fatalf("%s has other commands than these lines: %q", path, commands)
	}
	return commands
}

// report reads the JUnit report of the course: how many tests there were, and which of them failed.
func report(t *testing.T, folder string) (tests int, failed []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "build", "notebooks.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Suites []struct {
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Suites {
		for _, c := range s.Cases {
			tests++
			if c.Failure != nil {
				failed = append(failed, c.Name)
			}
		}
	}
	return tests, failed
}
