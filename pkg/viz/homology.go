package viz

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// A Homology is the persistent homology of a filtration, as *topology.Persistence is: the classes of all dimensions, each with the scales
// at which it is born and at which it dies. The death of an essential class, which never does, is +Inf.
type Homology interface {
	Intervals() (dimension []int, birth, death []float64)
}

// A life is that of one class.
type life struct{ birth, death float64 }

func (l life) essential() bool { return math.IsInf(l.death, 1) }

// lives are those of one dimension, by birth, and the longest of one birth first.
type lives struct {
	dimension int
	all       []life
}

// name is what the legend calls the dimension.
func (l lives) name() string { return "H" + subscript(l.dimension) }

// subscript writes a number below the line.
func subscript(n int) (s string) {
	for _, digit := range strconv.Itoa(n) {
		s += string('₀' + digit - '0')
	}
	return s
}

func (l lives) tint() tint { return tint(l.dimension) }

func (l lives) shape() shape { return shapes[l.dimension%len(shapes)] }

// essential counts the classes that never die.
func (l lives) essential() (n int) {
	for _, one := range l.all {
		if one.essential() {
			n++
		}
	}
	return n
}

// homology is what both pictures of a Homology know of it.
type homology struct {
	of      []lives // the dimensions that have any, in ascending order
	count   int
	reaches extent // births and deaths that are finite
	source  string
	margin  float64 // the length of a bar up to which it may be noise, where a band says so
}

// A Margin is a confidence band of persistent homology, as *topology.Band is: bars up to a length may be sampling, at a level of confidence.
type Margin interface {
	Margin() (length, level float64)
}

// within takes note of a band.
func (h *homology) within(bands []Margin) error {
	if len(bands) > 1 {
		return param("viz.Margin", "bands", len(bands), "one at most")
	}
	for _, b := range bands {
		if v := reflect.ValueOf(b); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			return mat32.ErrEmpty
		}
		length, level := b.Margin()
		if !(length >= 0 && length <= most) || !(0 < level && level < 1) {
			return param("viz.Margin", "length, level", [2]float64{length, level}, "a length of at least 0, at most 1e300, and a level between 0 and 1")
		}
		h.margin = length
		if h.source != "" {
			h.source += " · "
		}
		h.source += fmt.Sprintf("grey: no longer than %s, at %s %% confidence", tick(length), tick(100*level))
	}
	return nil
}

// noise reports whether a band says that a class may be sampling.
func (h *homology) noise(l life) bool { return h.margin > 0 && l.death-l.birth <= h.margin }
func newHomology(h Homology) (*homology, error) {
	if v := reflect.ValueOf(h); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	dimension, birth, death := h.Intervals()
	if len(birth) != len(dimension) || len(death) != len(dimension) {
		return nil, &mat32.ShapeError{What: "Intervals", Rows: len(birth), Cols: 1, Want: fmt.Sprintf("as many births and deaths (%d) as dimensions (%d)", len(death), len(dimension))}
	}
	if len(dimension) == 0 {
		return nil, mat32.ErrEmpty
	}
	if err := finite("Intervals", "birth", birth); err != nil {
		return nil, err
	}
	m := &homology{count: len(dimension), reaches: nothing()}
	if c, ok := h.(interface{ Caption() string }); ok {
		m.source = c.Caption()
	}
	of := map[int][]life{}
	for i, d := range dimension {
		if d < 0 {
			return nil, param("Intervals", fmt.Sprintf("dimension[%d]", i), d, "0 or more")
		}
		l := life{birth[i], death[i]}
		if !(l.death >= l.birth) || l.death > most && !l.essential() {
			return nil, param("Intervals", fmt.Sprintf("death[%d]", i), l.death, fmt.Sprintf("at least its birth, %g, and at most 1e300 or +Inf", l.birth))
		}
		of[d] = append(of[d], l)
		m.reaches.add(l.birth)
		if !l.essential() {
			m.reaches.add(l.death)
		}
	}
	for d, all := range of {
		slices.SortFunc(all, func(a, b life) int { return cmp.Or(cmp.Compare(a.birth, b.birth), cmp.Compare(b.death, a.death)) })
		m.of = append(m.of, lives{d, all})
	}
	slices.SortFunc(m.of, func(a, b lives) int { return cmp.Compare(a.dimension, b.dimension) })
	return m, nil
}

func (h *homology) caption() string { return h.source }

// counted says how many classes each dimension has.
func (h *homology) counted() string {
	var b strings.Builder
	for i, l := range h.of {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (%d", l.name(), len(l.all))
		if n := l.essential(); n > 0 {
			fmt.Fprintf(&b, ", %d essential", n)
		}
		b.WriteString(")")
	}
	return b.String()
}

// columns are the numbers of some lives; the death of essential ones is none.
func columns(of []life) []column {
	c := []column{{name: "birth"}, {name: "death"}, {name: "length"}}
	for _, l := range of {
		for i, v := range [...]float64{l.birth, l.death, l.death - l.birth} {
			c[i].values = append(c[i].values, v)
		}
	}
	if len(of) > 0 && of[0].essential() {
		return c[:1]
	}
	return c
}

// parted returns what dies and what never does.
func parted(of []life) [2][]life {
	var p [2][]life
	for _, l := range of {
		k := 0
		if l.essential() {
			k = 1
		}
		p[k] = append(p[k], l)
	}
	return p
}

func same(text string, n int) []string { return slices.Repeat([]string{text}, n) }
