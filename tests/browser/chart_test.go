package browser

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
)

const (
	classes = kinds.Classes
	each    = kinds.Each
)

func chart() *viz.Chart {
	y, p := kinds.Rings()
	return viz.Scatter(y, p).Titled("Four rings")
}

// byValue is a chart other than chart.
func byValue() *viz.Chart { return kinds.RingsByHeight() }

const patience = 15_000 // milliseconds in which a page on a busy machine draws its charts

// TestOrders: whatever the order of outputs and however often a cell ran, every chart is drawn.
func TestOrders(t *testing.T) {
	testenv.Need(t, "chromium")
	lib, a, b := library(t), output(t, chart()), output(t, byValue())
	for _, test := range []struct {
		name   string
		pieces []string
		charts int
	}{
		{"in order", []string{lib, a, b}, 2},
		{"reversed", []string{b, a, lib}, 2},
		{"chart before the library", []string{a, lib, b}, 2},
		{"two identical charts", []string{lib, a, a}, 2},
		{"first cell run twice", []string{lib, lib, a, b, lib}, 2},
		{"library in two charts", []string{a, b, a, lib, a}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := look(t, page(t, test.pieces...), patience, nil)
			if err := verdict(s, test.charts); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLateOutput: a notebook inserts an output of a cell that runs again, and its chart is drawn although no library comes after it.
func TestLateOutput(t *testing.T) {
	testenv.Need(t, "chromium")
	s := look(t, page(t, library(t), output(t, chart())), patience, nil, step{"do": "repeat", "chart": 0})
	if err := verdict(s, 1); err != nil {
		t.Error(err)
	}
	s.Charts = s.After
	if err := verdict(s, 2); err != nil {
		t.Errorf("after the cell ran again: %v", err)
	}
}

// requireJS stands for the AMD loader of the classic notebook and of nbconvert's pages, under which a library that looks for one sets no
// global name.
const requireJS = `<script>
globalThis.define = function () { globalThis.defined = (globalThis.defined ?? 0) + 1; throw new Error('a library called define'); };
globalThis.define.amd = {};
globalThis.requirejs = globalThis.require = function () { throw new Error('a library called require'); };
</script>`

func TestBesideAnotherLoader(t *testing.T) {
	testenv.Need(t, "chromium")
	s := look(t, page(t, requireJS, library(t), output(t, chart())), patience, nil)
	if err := verdict(s, 1); err != nil {
		t.Error(err)
	}
}

// TestHover: the tooltip of a point names its class and row, shows its text as text, and its thumbnail.
func TestHover(t *testing.T) {
	testenv.Need(t, "chromium")
	s := look(t, page(t, library(t), output(t, chart())), patience, nil, step{"do": "hover", "chart": 0, "series": 2, "point": 7})
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	got := s.Steps[0]
	row := 2*each + 7
	if got.Row != row {
		t.Errorf("the point is row %d, want %d", got.Row, row)
	}
	for _, want := range []string{"south", fmt.Sprint("row ", row), fmt.Sprintf("point <%d> & more", row)} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("the tooltip says %q, without %q", got.Text, want)
		}
	}
	if got.Shades != 8 {
		t.Errorf("the thumbnail has %d greys, want the 8 of its stripes", got.Shades)
	}
}

func TestHoverValue(t *testing.T) {
	testenv.Need(t, "chromium")
	s := look(t, page(t, library(t), output(t, byValue())), patience, nil, step{"do": "hover", "chart": 0, "series": 0, "point": 50})
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	if got := s.Steps[0].Text; !strings.Contains(got, "height: 5\n") || !strings.Contains(got, "east") {
		t.Errorf("the tooltip says %q, want the value, 5, and the class, east", got)
	}
}

// TestWheel: the wheel zooms into the map, so that part of it leaves the plot.
func TestWheel(t *testing.T) {
	testenv.Need(t, "chromium")
	wheel := step{"do": "wheel", "chart": 0}
	s := look(t, page(t, library(t), output(t, chart())), patience, nil, wheel, wheel, wheel, wheel)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	if before, after := s.Charts[0].Ink, s.Steps[3].Ink; float64(after) > 0.8*float64(before) {
		t.Errorf("%d coloured pixels before zooming, %d after", before, after)
	}
}

// TestWithoutLibrary: the picture stays.
func TestWithoutLibrary(t *testing.T) {
	testenv.Need(t, "chromium")
	s := look(t, page(t, output(t, chart())), 500, nil)
	if len(s.Charts) != 1 || s.Charts[0].State != "waiting" || !s.Charts[0].Picture {
		t.Errorf("got %+v, want a picture", s.Charts)
	}
}

// fromNetwork returns the library's output as it is where the machine has no ECharts, and the URL it names.
func fromNetwork(t *testing.T) (html, url string) {
	t.Helper()
	t.Setenv("FLATLAND_ECHARTS", "")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	html, err := viz.LibraryHTML()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(html, `"url":"`)
	url, _, _ = strings.Cut(rest, `"`)
	if !found || !strings.HasPrefix(url, "https://") {
		t.Fatalf("no URL in %s", html)
	}
	return html, url
}

// TestFromNetwork: the page loads the library itself when what comes has the hash, and keeps the picture when it has not or nothing comes.
func TestFromNetwork(t *testing.T) {
	testenv.Need(t, "chromium")
	tools, _ := testenv.Tools()
	genuine := filepath.Join(tools, "node_modules", "echarts", "dist", "echarts.min.js")
	code, err := os.ReadFile(genuine)
	if err != nil {
		t.Fatal(err)
	}
	forged := filepath.Join(t.TempDir(), "echarts.min.js")
	if err := os.WriteFile(forged, append(bytes.Clone(code), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	html, url := fromNetwork(t)
	t.Chdir(wd)
	path := page(t, html, output(t, chart()))
	t.Run("genuine", func(t *testing.T) {
		if err := verdict(look(t, path, patience, map[string]string{url: genuine}), 1); err != nil {
			t.Error(err)
		}
	})
	for name, files := range map[string]map[string]string{"forged": {url: forged}, "unreachable": nil} {
		t.Run(name, func(t *testing.T) {
			s := look(t, path, 1500, files)
			if len(s.Charts) != 1 || s.Charts[0].State != "waiting" || !s.Charts[0].Picture {
				t.Errorf("got %+v, want a picture", s.Charts)
			}
			if verdict(s, 1) == nil {
				t.Error("the verdict on a page without a library is that all is well")
			}
		})
	}
}

// packed is bytes as the page takes them.
func packed(t *testing.T, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

// TestOffenders: what must not pass does not.
func TestOffenders(t *testing.T) {
	testenv.Need(t, "chromium")
	lib, good := library(t), output(t, chart())
	_, rest, _ := strings.Cut(good, `"x":"`)
	x, _, _ := strings.Cut(rest, `"`)
	for name, test := range map[string]struct {
		piece string
		want  string
	}{
		"fewer coordinates than rows": {strings.Replace(good, x, x[:len(x)/8*4], 1), "chart 1 is failed"},
		"data that are not JSON":      {strings.Replace(good, `"x":`, `"x"`, 1), "chart 1 is failed"},
		"an unknown sort of chart":    {strings.Replace(good, `"kind":"scatter"`, `"kind":"doughnut"`, 1), "chart 1 is failed"},
		"no data":                     {`<div data-flatland="scatter"><img alt=""></div>`, "chart 1 is failed"},
		"no chart":                    {"<p>nothing</p>", "1 charts on the page"},
		"the network is asked":        {good + `<script src="https://example.com/a.js"></script>`, "asks the network"},
		"points off the plot":         {strings.Replace(good, x, packed(t, bytes.Repeat([]byte{255}, 2*classes*each)), 1), ""},
		"an error on the console":     {good + `<script>console.error('ouch')</script>`, "ouch"},
	} {
		t.Run(name, func(t *testing.T) {
			s := look(t, page(t, lib, good, test.piece), patience, nil)
			err := verdict(s, 2)
			if test.want == "" { // drawn, but not as it should be
				if err == nil && s.Charts[1].Ink < s.Charts[0].Ink*3/4 {
					return
				}
				t.Fatalf("verdict %v, ink %d of %d", err, s.Charts[1].Ink, s.Charts[0].Ink)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("verdict %v, want one that says %q", err, test.want)
			}
		})
	}
	if !strings.Contains(good, "<img") {
		t.Error("a chart without a picture")
	}
}
