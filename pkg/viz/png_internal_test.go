package viz

import (
	"image/color"
	"math/rand/v2"
	"testing"
)

func TestNearestIsThatOfThePalette(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	colors, palette := make([]uint32, 64), make(color.Palette, 64)
	wide := func(c uint32) color.RGBA { return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255} }
	for i := range colors {
		colors[i] = r.Uint32N(1 << 24)
		if i%8 == 1 {
			colors[i] = colors[i-1] // the first of two counts
		}
		palette[i] = wide(colors[i])
	}
	for range 5000 {
		c := r.Uint32N(1 << 24)
		if got, want := nearest(colors, c), palette.Index(wide(c)); int(got) != want {
			t.Fatalf("the nearest to %06x is %d, want %d", c, got, want)
		}
	}
}
