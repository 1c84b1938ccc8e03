package viz

import (
	"image/color"
	"math"
)

// classCount is how many colours classes have.
const classCount = 20

// classColors are the colours of classes, in the order in which classes get them.
//
// The first eight are those of M. Okabe and K. Ito (Color Universal Design, 2008), with the two that carry least or most weight on white,
// yellow and black, moved to the end. The other twelve were added one by one: each is the colour, among all whose channels are multiples
// of 17 and that are neither too pale, too dark nor too grey to read on white, that is farthest from white, from the grey of
// unlabelled points and from all colours before it, where the distance of two colours is the smallest of their OKLab distances as seen
// with normal vision (counted three quarters) and with protanopia, deuteranopia and tritanopia (G. M. Machado, M. M. Oliveira and
// L. A. F. Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009). The tests repeat the choice.
var classColors = [classCount]color.RGBA{
	rgb(0x0072B2), rgb(0xE69F00), rgb(0x009E73), rgb(0xD55E00), rgb(0x56B4E9), rgb(0xCC79A7), rgb(0x000000), rgb(0xF0E442),
	rgb(0x660022), rgb(0x000099), rgb(0xAA1155), rgb(0x9966FF), rgb(0x4411DD), rgb(0x664400), rgb(0x88DDFF), rgb(0x441166),
	rgb(0xBBDDAA), rgb(0x6633AA), rgb(0x885588), rgb(0xAA5544),
}

// darkClassColors are those of classes on dark paper: the same eight with white for black, and twelve added by the same rule, with the dark
// theme's paper and grey, among colours that are light enough to read on it.
var darkClassColors = [classCount]color.RGBA{
	rgb(0x0072B2), rgb(0xE69F00), rgb(0x009E73), rgb(0xD55E00), rgb(0x56B4E9), rgb(0xCC79A7), rgb(0xFFFFFF), rgb(0xF0E442),
	rgb(0x00EEBB), rgb(0xAA00FF), rgb(0xBB1100), rgb(0x99BB88), rgb(0x9977EE), rgb(0xBBCCFF), rgb(0xBBFFAA), rgb(0xCC00AA),
	rgb(0xCCCC66), rgb(0xEE11CC), rgb(0x8800DD), rgb(0xAA1188),
}

// blueOrange goes from negative to positive: the further from the middle the darker, both ways alike. darkBlueOrange is its like on dark
// paper, where what is far from the middle is bright. Blue against orange stays apart for most colour-blind readers.
var (
	blueOrange = [...]color.RGBA{
		rgb(0x083A63), rgb(0x1B659C), rgb(0x5A9BCB), rgb(0xA9CDE6), rgb(0xF5F5F5), rgb(0xF3C79D), rgb(0xDE8D48), rgb(0xAC5714), rgb(0x6B2E00),
	}
	darkBlueOrange = [...]color.RGBA{
		rgb(0xBFE3FB), rgb(0x74B9E8), rgb(0x3581B8), rgb(0x224E70), rgb(0x262626), rgb(0x66421F), rgb(0xAB6827), rgb(0xE6994F), rgb(0xFBD7B0),
	}
)

// blueOrangeInk and darkBlueOrangeInk are their likes for lines and marks, which stand on the paper itself: the middle is grey.
var (
	blueOrangeInk = [...]color.RGBA{
		rgb(0x083A63), rgb(0x1B659C), rgb(0x3F86BB), rgb(0x7FA6C4), rgb(0xB0B0B0), rgb(0xC79F75), rgb(0xC57A36), rgb(0xA35213), rgb(0x6B2E00),
	}
	darkBlueOrangeInk = [...]color.RGBA{
		rgb(0xBFE3FB), rgb(0x8CC6EF), rgb(0x5CA6DB), rgb(0x5B8BAE), rgb(0x6E6E6E), rgb(0xA27F5A), rgb(0xCB8D4F), rgb(0xEDAB6B), rgb(0xFBD7B0),
	}
)

// ramp holds eleven equidistant colours of viridis (S. van der Walt and N. Smith, 2015), whose lightness rises evenly, for colour-blind
// readers and in greyscale too.
var ramp = [...]color.RGBA{
	rgb(0x440154), rgb(0x482475), rgb(0x414487), rgb(0x355F8D), rgb(0x2A788E), rgb(0x21918C), rgb(0x22A884), rgb(0x44BF70),
	rgb(0x7AD151), rgb(0xBDDF26), rgb(0xFDE725),
}

// darkRamp is the ramp without its darkest quarter, which dark paper swallows.
var darkRamp = func() (r [len(ramp)]color.RGBA) {
	for i := range r {
		r[i] = along(ramp[:], 0.25+0.75*float64(i)/float64(len(r)-1))
	}
	return r
}()

// along returns the colour at t in [0, 1] between equidistant ones.
func along(colors []color.RGBA, t float64) color.RGBA {
	p := t * float64(len(colors)-1)
	i := min(int(p), len(colors)-2)
	return blend(colors[i], colors[i+1], p-float64(i))
}

// blend returns the colour at t on the way from a to b.
func blend(a, b color.RGBA, t float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF}
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 0xFF}
}

// hex returns the colour as a page writes it.
func hex(c color.RGBA) string {
	const digits = "0123456789abcdef"
	s := []byte{'#'}
	for _, b := range [...]uint8{c.R, c.G, c.B} {
		s = append(s, digits[b>>4], digits[b&15])
	}
	return string(s)
}
