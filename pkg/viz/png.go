package viz

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// pictureBytes is what a static picture may take; one that would take more gets coarser edges.
const pictureBytes = 40 << 10

// encode writes the picture, drawn in the given colours, as a PNG. It stays under pictureBytes for up to ten thousand points or so; beyond
// that a picture is mostly edges.
func encode(src image.Image, colors []color.RGBA) (out []byte, err error) {
	for _, steps := range [...]int{5, 3, 2} {
		if out, err = paletted(src, shades(colors, steps)); err != nil || len(out) <= pictureBytes {
			break
		}
	}
	return out, err
}

// shades returns the palette of a picture drawn in the given colours on white with antialiased edges: black and each colour in steps on
// their way to white. All that a picture holds lies on such a way, or near one where two markers meet, because markers are opaque and
// rimmed in white.
func shades(colors []color.RGBA, steps int) color.Palette {
	const most, greys = 256, 24
	p := color.Palette{paper}
	for i := range greys {
		p = append(p, blend(rgb(0), paper, float64(i)/greys))
	}
	steps = min(steps, (most-len(p))/max(len(colors), 1))
	for _, c := range colors {
		for i := range steps {
			p = append(p, blend(c, paper, float64(i)/float64(steps)))
		}
	}
	return p
}

// paletted writes the picture as a PNG in the nearest colours of the palette.
func paletted(src image.Image, p color.Palette) ([]byte, error) {
	b := src.Bounds()
	dst := image.NewPaletted(b, p)
	nearest := map[color.RGBA]uint8{} // a picture has few colours, and searching the palette is slow
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(src.At(x, y)).(color.RGBA)
			i, ok := nearest[c]
			if !ok {
				i = uint8(p.Index(c))
				nearest[c] = i
			}
			dst.SetColorIndex(x, y, i)
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, dst); err != nil {
		return nil, fmt.Errorf("viz: %w", err)
	}
	return out.Bytes(), nil
}
