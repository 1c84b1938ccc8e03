package viz

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// TestShadesSurvive: a dense picture has fewer colours at the edges of marks before its numbers have fewer shades.
func TestShadesSurvive(t *testing.T) {
	testenv.Unraced(t)
	const n = 1500
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i)
	}
	var panels []*Chart
	for range 4 {
		panels = append(panels, Scatter(noiseMatrix(2*n, 2), Points{Values: append(values, values...)}))
	}
	for name, test := range map[string]struct {
		chart *Chart
		least int
	}{
		"maps":    {Grid(Panels{}, panels...), 26},
		"network": {Network(noiseMatrix(600, 2), Links{Edges: noiseEdges(600, n), Values: values, Palette: Sequential}), 18},
	} {
		picture, err := test.chart.png()
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		l, err := test.chart.layout()
		if err != nil {
			t.Fatal(err)
		}
		inFrame := map[color.Color]bool{}
		for _, p := range l.Panels {
			for y := int(p.Frame.Y); y < int(p.Frame.bottom()); y++ {
				for x := int(p.Frame.X); x < int(p.Frame.right()); x++ {
					inFrame[m.At(x, y)] = true
				}
			}
		}
		got := 0 // the most shades of one number of steps
		for steps := 4; steps <= valueSteps; steps++ {
			here := 0
			for i := range steps {
				if inFrame[along(light.ramp, float64(i)/float64(steps-1))] {
					here++
				}
			}
			got = max(got, here)
		}
		if t.Logf("%s: %d of %d shades in %d bytes", name, got, valueSteps, len(picture)); got < test.least || len(picture) > pictureBytes {
			t.Errorf("%s: %d of %d shades, want %d; %d bytes", name, got, valueSteps, test.least, len(picture))
		}
	}
}
