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

// paletteSizes are how many colours a picture has in each degree of detail.
var paletteSizes = [details]int{256, 128, 64, 48, 32, 24}

// encode writes the picture as a PNG of at most so many colours, those to keep and the commonest, and for all others the nearest of them. Text,
// lines and markers have few colours but at their edges, which is what fewer make coarser.
func encode(src *image.RGBA, most int, keep ...color.RGBA) ([]byte, error) {
	b := src.Bounds()
	common := commonest(src, func([]uint8) bool { return true })
	if len(common) > most {
		kept := make([]uint32, len(keep))
		for i, c := range keep {
			kept[i] = order(c)
		}
		common = append(kept, slices.DeleteFunc(common, func(c uint32) bool { return slices.Contains(kept, c) })...)
	}
	p := make(color.Palette, 0, most)
	index := make(map[uint32]uint8, len(common))
	for i, c := range common {
		if i < most {
			p = append(p, color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255})
			index[c] = uint8(i)
		} else {
			index[c] = nearest(common[:most], c)
		}
	}
	dst := image.NewPaletted(b, p)
	for i := range dst.Pix {
		dst.Pix[i] = index[colorAt(src.Pix[4*i:])]
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, dst); err != nil {
		return nil, fmt.Errorf("viz: %w", err)
	}
	return out.Bytes(), nil
}

// commonest returns the colours of the pixels that count, the commonest first.
func commonest(m *image.RGBA, counts func(pixel []uint8) bool) []uint32 {
	count := map[uint32]int{}
	for i := 0; i < len(m.Pix); i += 4 {
		if counts(m.Pix[i : i+4]) {
			count[colorAt(m.Pix[i:])]++
		}
	}
	return slices.SortedFunc(maps.Keys(count), func(p, q uint32) int {
		if count[p] != count[q] {
			return count[q] - count[p]
		}
		return int(p) - int(q)
	})
}

// colorAt returns the colour of a pixel as one number.
func colorAt(pixel []uint8) uint32 {
	return uint32(pixel[0])<<16 | uint32(pixel[1])<<8 | uint32(pixel[2])
}

// nearest returns the place of the colour nearest to c, the first of several: that of
// color.Palette.Index, which takes ten times as long.
func nearest(colors []uint32, c uint32) uint8 {
	square := func(p uint32, shift int) uint32 {
		d := (int32(p>>shift&0xff) - int32(c>>shift&0xff)) * 0x101
		return uint32(d*d) >> 2
	}
	best, least := 0, uint32(1<<32-1)
	for i, p := range colors {
		if sum := square(p, 16) + square(p, 8) + square(p, 0); sum < least {
			best, least = i, sum
		}
	}
	return uint8(best)
}

// order numbers the colours.
func order(c color.RGBA) uint32 { return colorAt([]uint8{c.R, c.G, c.B}) }
