package browser

import (
	"encoding/base64"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
)

// makers returns the functions of the package in a folder that make charts: the exported ones that return a *Chart.
func makers(folder string) (map[string]bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			for _, r := range f.Type.Results.List {
				star, is := r.Type.(*ast.StarExpr)
				if !is {
					continue
				}
				if name, is := star.X.(*ast.Ident); is && name.Name == "Chart" {
					found[f.Name.Name] = true
				}
			}
		}
	}
	return found, nil
}

// missing lists the functions without a row in the table of kinds, and the rows without a function.
func missing(functions map[string]bool, rows []string) (problems []string) {
	known := make(map[string]bool)
	for _, row := range rows {
		name, _, _ := strings.Cut(row, " ")
		known[name] = true
		if !functions[name] {
			problems = append(problems, fmt.Sprintf("%q is no chart of viz.%s, which is not there", row, name))
		}
	}
	for name := range functions {
		if !known[name] {
			problems = append(problems, fmt.Sprintf("viz.%s has no row in tests/browser/kinds", name))
		}
	}
	return problems
}

// TestEveryKindHasARow: whoever adds a kind of chart shows one.
func TestEveryKindHasARow(t *testing.T) {
	functions, err := makers(filepath.Join(testenv.Root(), "pkg", "viz"))
	if err != nil {
		t.Fatal(err)
	}
	if !functions["Scatter"] || !functions["Grid"] || functions["Library"] {
		t.Fatalf("the functions that make charts are %v", functions)
	}
	var rows []string
	seen := make(map[string]bool)
	for _, k := range kinds.All() {
		rows = append(rows, k.Name)
		if seen[k.Name] {
			t.Errorf("two kinds are called %q", k.Name)
		}
		seen[k.Name] = true
	}
	for _, p := range missing(functions, rows) {
		t.Error(p)
	}
	if p := missing(map[string]bool{"Scatter": true, "Doughnut": true}, []string{"Scatter", "Scatter values", "Pie"}); len(p) != 2 {
		t.Errorf("of a function without a row and a row without a function is said %q", p)
	}
}

// file returns a kind's name as part of a file's.
func file(k kinds.Kind) string { return strings.ToLower(strings.ReplaceAll(k.Name, " ", "-")) }

// shots returns the folder of screenshots.
func shots(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(testenv.Root(), "build", "shots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// A used chart is what kinds.mjs saw of one.
type used struct {
	Light, Dark chartState
	Says        string // of a place under the pointer
	Legend      struct {
		Name               string
		Differs            bool // whether the chart looks otherwise after a click on it
		Whole, Less, Again int  // coloured pixels before it, after it, and after another
	}
	Slider struct{ There, Differs bool } // whether the chart looks otherwise at its other end
}

// TestKinds opens the page that Save writes of every kind of chart: it is drawn, says something of a place under the pointer, shows less
// after a click in its legend and all after another, moves with its slider, and follows a reader who turns to the dark. Pictures of each are
// left in build/shots, and a page of all, with their static pictures, in build/gallery.html.
func TestKinds(t *testing.T) {
	testenv.Need(t, "chromium")
	lib := library(t) // and lets Save find it
	all, folder, pages := kinds.All(), shots(t), t.TempDir()
	var jobs []map[string]string
	for _, k := range all {
		path := filepath.Join(pages, file(k)+".html")
		if err := k.Chart().Save(path); err != nil {
			t.Fatalf("%s: %v", k.Name, err)
		}
		jobs = append(jobs, map[string]string{
			"url": (&url.URL{Scheme: "file", Path: path}).String(), "says": k.Says, "portrait": filepath.Join(folder, "kind-"+file(k)),
		})
	}
	var saw struct {
		Kinds            []used
		Requests, Errors []string
	}
	run(t, "kinds.mjs", map[string]any{"pages": jobs, "patience": patience}, &saw)
	for i, k := range all {
		t.Run(k.Name, func(t *testing.T) {
			u := saw.Kinds[i]
			for theme, c := range map[string]chartState{"light": u.Light, "dark": u.Dark} {
				if k.Gray {
					c.Ink = max(c.Ink, 100)
				}
				if err := verdict(seen{Charts: []chartState{c}, Requests: saw.Requests, Errors: saw.Errors}, 1); err != nil {
					t.Errorf("%s: %v", theme, err)
				}
				if c.Theme != theme {
					t.Errorf("the chart is %s on a %s page", c.Theme, theme)
				}
			}
			if !strings.Contains(u.Says, k.Says) || (u.Says == "") != k.Mute {
				t.Errorf("under the pointer it says %q, want %q", u.Says, k.Says)
			}
			if u.Slider.There != k.Slides || u.Slider.There && !u.Slider.Differs {
				t.Errorf("it has a slider: %t, want %t; which changes something: %t", u.Slider.There, k.Slides, u.Slider.Differs)
			}
			if u.Legend.Name == "" {
				return
			}
			whole := float64(u.Legend.Whole)
			if part := float64(u.Legend.Less) / whole; !u.Legend.Differs || part > 1.05 { // what a line hid may have colours too
				t.Errorf("a click on %q in the legend changes something: %t, and leaves %.0f %% of the colour", u.Legend.Name, u.Legend.Differs, 100*part)
			}
			if part := float64(u.Legend.Again) / whole; part < 0.99 {
				t.Errorf("after another click on %q %.0f %% of the colour is back", u.Legend.Name, 100*part)
			}
		})
	}
	writeGallery(t, filepath.Dir(folder), lib, all)
}

// writeGallery writes the page of all charts: interactive and static, light and dark.
func writeGallery(t *testing.T, build, lib string, all []kinds.Kind) {
	t.Helper()
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Flatland's charts</title>\n" +
		"<style>body{font-family:sans-serif;margin:0} section{display:flex;gap:16px;padding:12px} .dark{background:#111;color:#eee}</style></head><body>\n" + lib)
	for _, k := range all {
		c := k.Chart()
		for _, theme := range []viz.Theme{viz.Light, viz.Dark} {
			name := map[viz.Theme]string{viz.Light: "light", viz.Dark: "dark"}[theme]
			html, picture := output(t, c.Themed(theme)), fmt.Sprintf("gallery-%s-%s.png", file(k), name)
			_, rest, _ := strings.Cut(html, "data:image/png;base64,")
			packed, _, _ := strings.Cut(rest, `"`)
			png, err := base64.StdEncoding.DecodeString(packed)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(build, "shots", picture), png, 0o644); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "<section class=%q><div><h3>%s, %s</h3>%s</div><div><h3>picture</h3><img src=\"shots/%s\" alt=\"\"></div></section>\n",
				name, k.Name, name, html, picture)
		}
	}
	b.WriteString("</body></html>\n")
	if err := os.WriteFile(filepath.Join(build, "gallery.html"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestScriptsOff: a reader who runs no script sees the picture of every kind, all from the same left edge.
func TestScriptsOff(t *testing.T) {
	testenv.Need(t, "chromium")
	pieces, all := []string{library(t)}, kinds.All()
	for _, k := range all {
		pieces = append(pieces, output(t, k.Chart()))
	}
	s := drive(t, job{Page: page(t, pieces...), Dark: true})
	if len(s.Charts) != len(all) {
		t.Fatalf("%d charts on the page, want %d", len(s.Charts), len(all))
	}
	for i, c := range s.Charts {
		if c.State != "waiting" || !c.Picture || c.Ink != 0 || c.Left != s.Charts[0].Left {
			t.Errorf("%s: %+v, want its picture at %g", all[i].Name, c, s.Charts[0].Left)
		}
	}
}
