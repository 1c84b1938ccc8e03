package viz

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

// encode writes the picture as a PNG of as many colours as the degree of detail leaves it: its commonest, and for all others the nearest
// of them. Text, lines and markers have few colours but at their edges, which is what less detail makes coarser.
func encode(src *image.RGBA, detail int) ([]byte, error) {
	most := [details]int{256, 128, 64, 48, 32, 24}[detail]
	b := src.Bounds()
	count := map[color.RGBA]int{}
	for i := 0; i < len(src.Pix); i += 4 {
		count[color.RGBA{src.Pix[i], src.Pix[i+1], src.Pix[i+2], 255}]++
	}
	common := slices.SortedFunc(maps.Keys(count), func(p, q color.RGBA) int {
		if count[p] != count[q] {
			return count[q] - count[p]
		}
		return int(order(p)) - int(order(q))
	})
	p := make(color.Palette, 0, most)
	index := make(map[color.RGBA]uint8, len(common))
	for i, c := range common {
		if i < most {
			p = append(p, c)
			index[c] = uint8(i)
		} else {
			index[c] = uint8(p.Index(c))
		}
	}
	dst := image.NewPaletted(b, p)
	for i := range dst.Pix {
		dst.Pix[i] = index[color.RGBA{src.Pix[4*i], src.Pix[4*i+1], src.Pix[4*i+2], 255}]
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, dst); err != nil {
		return nil, fmt.Errorf("viz: %w", err)
	}
	return out.Bytes(), nil
}

// order numbers the colours.
func order(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }
