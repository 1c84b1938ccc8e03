package lab

import (
	"context"
	"strings"
	"testing"
)

// notebook7 is the quickstart in Notebook 7, which shows one document a page and lets its reader scroll through all of it.
func notebook7(ctx context.Context, t *testing.T, s server) {
	steps := s.drive(ctx, t,
		step{"do": "open", "app": "notebooks", "path": "01_quickstart.ipynb"},
		step{"do": "run"},
		step{"do": "chart", "cell": tsneCell, "shot": shot(t, "notebook7-hover")},
		step{"do": "legend", "cell": tsneCell, "shot": shot(t, "notebook7-legend")},
	)
	hover, legend := steps[2], steps[3]
	if c := hover.Chart; c.State != "drawn" || c.Ink < 100 || c.Picture {
		t.Errorf("the chart is %s, with %d coloured pixels, its picture visible: %t", c.State, c.Ink, c.Picture)
	}
	if tip := hover.Tooltip; !strings.Contains(tip.Text, "row ") || tip.Shades < 3 {
		t.Errorf("the tooltip says %q, with a thumbnail of %d greys", tip.Text, tip.Shades)
	}
	if part := float64(legend.Chart.Ink) / float64(hover.Chart.Ink); legend.Shown != 1 || part < 0.02 || part > 0.4 {
		t.Errorf("after a click on %q in the legend %d classes are shown, in %.0f %% of the colour", legend.Tooltip.Text, legend.Shown, 100*part)
	}
}
