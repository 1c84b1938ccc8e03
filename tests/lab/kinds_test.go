package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/tests/browser/kinds"
)

// few is how many charts a cell of the notebook of all kinds shows.
const few = 10

// shown lists the kinds that the notebook shows, by their places in the table: the first chart of each function of viz. tests/browser draws
// the others.
func shown() (places []int) {
	seen := make(map[string]bool)
	for i, k := range kinds.All() {
		function, _, _ := strings.Cut(k.Name, " ")
		if !seen[function] {
			seen[function] = true
			places = append(places, i)
		}
	}
	return places
}

// writeKinds writes the notebook of all kinds to the server, some to a cell.
func (s server) writeKinds(t *testing.T, cells [][]int) {
	t.Helper()
	code := []string{"import (\n\t\"github.com/flatland-go/flatland/pkg/viz\"\n\t\"github.com/flatland-go/flatland/tests/browser/kinds\"\n)\n\n%%\nviz.Library()"}
	for _, places := range cells {
		list := strings.Trim(fmt.Sprintf("%#v", places), " ")
		code = append(code, "%%\nfor _, i := range "+list+" {\n\tkinds.All()[i].Chart().Show()\n}")
	}
	var list []map[string]any
	for i, source := range code {
		list = append(list, map[string]any{
			"cell_type": "code", "id": fmt.Sprintf("cell-%d", i), "execution_count": nil, "metadata": map[string]any{}, "outputs": []any{}, "source": source,
		})
	}
	text, err := json.Marshal(map[string]any{
		"cells": list, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{"kernelspec": map[string]string{"display_name": "Go (gonb)", "language": "go", "name": "gonb"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.notebooks, "kinds.ipynb"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// everyKind shows charts of all kinds in one notebook: each is drawn, and says something of a place under the pointer.
func everyKind(ctx context.Context, t *testing.T, s server) {
	all := kinds.All()
	cells := slices.Collect(slices.Chunk(shown(), few))
	s.writeKinds(t, cells)
	steps := []step{{"do": "open", "path": "kinds.ipynb"}, {"do": "run"}}
	for i, places := range cells {
		var says []string
		for _, k := range places {
			says = append(says, all[k].Says)
		}
		steps = append(steps, step{"do": "gallery", "cell": 1 + i, "says": says, "shot": shot(t, fmt.Sprintf("lab-kinds-%d", i))})
	}
	for i, r := range s.drive(ctx, t, steps...)[2:] {
		for j, c := range r.Charts {
			k := all[cells[i][j]]
			if c.State != "drawn" || c.Picture || c.Ink < 100 && !k.Gray {
				t.Errorf("%s is %s, with %d coloured pixels, its picture visible: %t", k.Name, c.State, c.Ink, c.Picture)
			}
			if !strings.Contains(c.Says, k.Says) || (c.Says == "") != k.Mute {
				t.Errorf("under the pointer %s says %q, want %q", k.Name, c.Says, k.Says)
			}
		}
	}
}
