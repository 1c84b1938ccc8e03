package browser

import (
	"github.com/flatland-go/flatland/pkg/viz"
	"os"
	"strings"
	"testing"
)

func TestZ(t *testing.T) {
	os.MkdirAll("/tmp/gal", 0o755)
	for _, g := range gallery() {
		n := strings.ReplaceAll(g.name, " ", "-")
		for th, s := range map[viz.Theme]string{viz.Light: "l", viz.Dark: "d"} {
			if err := g.chart.Themed(th).Save("/tmp/gal/" + n + "-" + s + ".png"); err != nil {
				t.Error(g.name, err)
			}
		}
		h, err := g.chart.HTML()
		t.Log(g.name, len(h), err)
		i, err := os.Stat("/tmp/gal/" + n + "-l.png")
		if err == nil {
			t.Log(i.Size())
		}
	}
}
