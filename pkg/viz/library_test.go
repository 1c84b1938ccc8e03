package viz

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/internal/testenv"
)

// bare makes this machine look as one without ECharts, and returns an empty working directory.
func bare(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("FLATLAND_ECHARTS", "")
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	t.Chdir(dir)
	return dir
}

func write(t *testing.T, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sources returns what a library output starts the runtime with.
func sources(t *testing.T, html string) []source {
	t.Helper()
	_, list, found := strings.Cut(html, "})([")
	list, _, end := strings.Cut(list, ");\n</script>")
	if !found || !end {
		t.Fatalf("no call in %.200q", html)
	}
	var s []source
	if err := json.Unmarshal([]byte("["+list), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func unpack(t *testing.T, s source) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s.Packed)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	code, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(code)
}

// TestPlaces: the places are looked at in their order, and each layout that npm or a reader makes is found.
func TestPlaces(t *testing.T) {
	dir := bare(t)
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(below)
	expect := func(want string) {
		t.Helper()
		out, err := libraryOutput()
		if err != nil {
			t.Fatal(err)
		}
		s := sources(t, out.html)
		if len(s) != 1 || s[0].Name != "echarts" {
			t.Fatalf("sources %v", s)
		}
		if want == "" {
			if s[0].Packed != "" || s[0].URL == "" || s[0].Integrity == "" || out.html != out.saved {
				t.Errorf("without a file: %+v", s[0])
			}
		} else if got := unpack(t, s[0]); got != want || s[0].URL != "" {
			t.Errorf("got %q from %q, want %q", got, s[0].URL, want)
		}
		if saved := sources(t, out.saved); saved[0].URL != echarts.url() || saved[0].Packed != "" {
			t.Errorf("saved: %+v", saved[0])
		}
	}
	expect("")
	write(t, "above", dir, ".tools", "node_modules", "echarts", "dist", "echarts.min.js")
	expect("above")
	write(t, "nearer", dir, "a", ".tools", "node_modules", "echarts", "dist", "echarts.min.js")
	expect("nearer")
	write(t, "user's", dir, "data", "flatland", "echarts", "echarts.min.js")
	expect("user's")
	write(t, "named", dir, "own", "dist", "echarts.min.js")
	t.Setenv("FLATLAND_ECHARTS", filepath.Join(dir, "own"))
	expect("named")
	t.Setenv("FLATLAND_ECHARTS", filepath.Join(dir, "own", "dist", "echarts.min.js"))
	expect("named")
	t.Setenv("FLATLAND_ECHARTS", filepath.Join(dir, "nowhere"))
	if _, err := libraryOutput(); err == nil || !strings.Contains(err.Error(), "FLATLAND_ECHARTS is ") {
		t.Errorf("a name that leads nowhere: %v", err)
	}
}

// TestSavedLibrary: what a notebook keeps is small, holds no library, and is in the metadata where it is looked for.
func TestSavedLibrary(t *testing.T) {
	dir := bare(t)
	write(t, strings.Repeat("echarts!", 1<<17), dir, ".tools", "node_modules", "echarts", "dist", "echarts.min.js")
	out, err := libraryOutput()
	if err != nil {
		t.Fatal(err)
	}
	b := out.bundle()
	mark := b.Metadata[jupyter.MarkKey].(map[string]string)
	if mark["kind"] != "library" || mark["saved"] != out.saved || b.Data["text/html"] != out.html || b.Data["text/plain"] == "" {
		t.Errorf("bundle %v", b)
	}
	// nbtest takes more than this for a library.
	if len(out.saved) > 96<<10 || strings.Contains(out.saved, "define.amd") || strings.Count(out.saved, "H4sI") != 1 {
		t.Errorf("what is saved has %d bytes", len(out.saved))
	}
	if strings.Count(out.html, "</script>") != 1 {
		t.Error("the script ends early")
	}
	again, err := libraryOutput()
	if err != nil || again != out {
		t.Error("another call gives other bytes")
	}
}

// TestPins: the hashes are those of the files that the set-up installs.
func TestPins(t *testing.T) {
	testenv.Need(t, "jupyter")
	tools, _ := testenv.Tools()
	folder := filepath.Join(tools, "node_modules", echarts.name)
	code, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(echarts.file)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum384(code)
	if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != echarts.integrity {
		t.Errorf("%s has the hash %s, not %s", echarts.name, got, echarts.integrity)
	}
	about, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var npm struct{ Version string }
	if err := json.Unmarshal(about, &npm); err != nil || npm.Version != echarts.version {
		t.Errorf("%s is version %s, not %s: %v", echarts.name, npm.Version, echarts.version, err)
	}
}

func TestUncommented(t *testing.T) {
	if got := uncommented("// a\n(x) => {\n\n  // b\n  y('http://c'); // d\n}\n"); got != "(x) => {\ny('http://c'); // d\n}" {
		t.Errorf("%q", got)
	}
	for line := range strings.Lines(runtimeScript()) {
		if strings.Contains(line, "`") && strings.Count(line, "`")%2 == 1 {
			t.Errorf("a literal of several lines, in which uncommented may take text for a comment: %q", line)
		}
	}
}
