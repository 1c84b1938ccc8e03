package browser

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

// A triedChart is one with a legend: it is hovered over and its legend is clicked.
type triedChart struct {
	chart int
	says  string // the tooltip of its first point
	gray  []int  // charts of the notebook without a colour: TestGallery looks at such
}

// triedCharts are those of notebooks that do not begin with a map.
var triedCharts = map[string]triedChart{
	"00_contents":             {chart: 1, says: "new"},
	"02_neighbours":           {chart: 2, says: "by lot", gray: []int{0, 3}},
	"03_linear_maps":          {chart: 3, says: "PCA", gray: []int{0, 4}},
	"04_whitening":            {chart: 3, says: "white", gray: []int{1}},
	"05_random_projections":   {chart: 4, says: "Gaussian", gray: []int{0}},
	"07_heat_and_diffusion":   {chart: 3, says: "row ", gray: []int{1, 2}},
	"08_neighbour_embeddings": {chart: 1, says: "row ", gray: []int{0, 5}},
	"10_intrinsic_dimension":  {chart: 0, says: "a line"},
	"11_local_dimension":      {chart: 1, says: "one row", gray: []int{4}},

	"12_dimension_of_representations": {chart: 0, says: "effective rank", gray: []int{9}},
	"13_quality_of_maps":              {chart: 0, says: "row ", gray: []int{1}},
	"14_comparing_representations":    {chart: 11, says: "row ", gray: []int{8}},
	"15_training_dynamics":            {chart: 0, says: "network 0"},
	"16_isotropy_and_collapse":        {chart: 5, says: "coding rate"},
	"17_magnitude":                    {chart: 0, says: "two points"},
	"19_topology":                     {chart: 5, says: "pieces", gray: []int{0}},
	"20_hyperbolic":                   {chart: 0, says: "nodes of a binary tree"},
	"18_curvature":                    {chart: 1, says: "noise 0"},
	"22_linked_charts":                {chart: 0, says: "row ", gray: []int{5}},
	"25_networks_that_learn":          {chart: 3, says: "network 0"},
	"26_superposition":                {chart: 7, says: "begun anywhere"},
	"27_subspaces_and_surfaces":       {chart: 0, says: "an axis found", gray: []int{3}},
	"21_charts":                       {chart: 0, says: "row "},
	"23_vector_search":                {chart: 7, says: "trained prefix", gray: []int{0}},
	"24_chaos":                        {chart: 1, says: "pair 1"},
	"28_groups":                       {chart: 0, says: "row "},
}

// TestNotebooks opens the page of every notebook of the course: with the network cut, all its charts are drawn, a point of the first tells
// its row when it is hovered over, and a click in its legend shows one class alone.
func TestNotebooks(t *testing.T) {
	testenv.Need(t, "chromium")
	notebooks, err := filepath.Glob(filepath.Join(testenv.Root(), "notebooks", "*.ipynb"))
	if err != nil || len(notebooks) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	for _, notebook := range notebooks {
		name := strings.TrimSuffix(filepath.Base(notebook), ".ipynb")
		t.Run(name, func(t *testing.T) {
			path := exported(t, notebook)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			charts := strings.Count(string(text), `data-flatland="`)
			if charts == 0 {
				return // nothing to draw
			}
			tried, ok := triedCharts[name]
			if !ok {
				tried = triedChart{chart: 0, says: "row "}
			}
			s := look(t, path, 2*patience, nil, step{"do": "hover", "chart": tried.chart, "series": 0, "point": 0}, step{"do": "legend", "chart": tried.chart})
			// What the page asks for by itself, beside the notebook: formulas and diagrams.
			s.Requests = slices.DeleteFunc(s.Requests, func(url string) bool {
				return strings.Contains(strings.ToLower(url), "mathjax") || strings.Contains(url, "mermaid")
			})
			s.Errors = slices.DeleteFunc(s.Errors, func(text string) bool { return strings.Contains(text, "Failed to load resource") })
			for _, i := range tried.gray {
				s.Charts[i].Ink = max(s.Charts[i].Ink, 100)
			}
			if err := verdict(s, charts); err != nil {
				t.Fatal(err)
			}
			if hover := s.Steps[0]; !strings.Contains(hover.Text, tried.says) {
				t.Errorf("a point's tooltip says %q", hover.Text)
			}
			click := s.Steps[1]
			if part := float64(click.Ink) / float64(s.Charts[tried.chart].Ink); click.Text == "" || part > 0.97 || part < 0.005 {
				t.Errorf("after a click on %q in the legend %.0f %% of the colour is left", click.Text, 100*part)
			}
		})
	}
}

// exported returns the page of the notebook: the one in build where that is newer than what it was made of, and else a new one.
func exported(t *testing.T, notebook string) string {
	t.Helper()
	page := strings.TrimSuffix(filepath.Base(notebook), ".ipynb") + ".html"
	made := filepath.Join(testenv.Root(), "build", page)
	if written(t, made).After(latest(t, notebook, filepath.Join(testenv.Root(), "pkg"), filepath.Join(testenv.Root(), "internal"), filepath.Join(testenv.Root(), "go.mod"))) {
		return made
	}
	testenv.Need(t, "jupyter")
	folder := t.TempDir()
	runner, err := nbtest.Open(t.Context(), nbtest.Options{Build: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	report, err := runner.Run(t.Context(), notebook)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Errorf("%s", fmt.Sprint(p))
	}
	return filepath.Join(folder, page)
}

// written returns when the file was written, or a time long past when there is none.
func written(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return time.Time{}
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// latest returns when the last of the files, and of the files below the folders, was written; tests do not count, and neither do
// folders, which change with their tests.
func latest(t *testing.T, paths ...string) (last time.Time) {
	t.Helper()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(file, "_test.go") {
				return err
			}
			if w := written(t, file); w.After(last) {
				last = w
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return last
}
