package viz

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/internal/testenv"
	"gonum.org/v1/gonum/mat"
)

// A decodedScatter is a payload as the page reads it: places in [0, 1], of the first coloring the classes and, in [0, 1], the values.
type decodedScatter struct {
	*scatterPayload
	x, y, level []float64
	class       []byte
	rows        []int // of the points, where they are a part
	known       []int // the points of a curve whose rows are known
	text        []string
}

func decoded(t *testing.T, p *scatterPayload) decodedScatter {
	t.Helper()
	d := decodedScatter{scatterPayload: p}
	share := func(b []byte) []float64 {
		v := make([]float64, p.N)
		for k := range v {
			v[k] = float64(uint16(b[k])|uint16(b[p.N+k])<<8) / math.MaxUint16
		}
		return v
	}
	if p.Z != "" {
		d.x, d.y = make([]float64, p.N), make([]float64, p.N)
		at, side := 0, float64(int(1)<<p.Bits)
		for k, gap := range numbersOf(t, p.Z, p.N) {
			at += gap
			cell := [2]int{}
			for bit := range 2 * p.Bits {
				cell[bit%2] |= at >> bit & 1 << (bit / 2)
			}
			d.x[k], d.y[k] = (float64(cell[0])+0.5)/side, (float64(cell[1])+0.5)/side
		}
	} else {
		d.x, d.y = share(unpacked(t, p.X)), share(unpacked(t, p.Y))
	}
	switch {
	case p.Known != "":
		d.known, d.rows = summed(numbersOf(t, p.Known, p.Knowns)), numbersOf(t, p.Rows, p.Knowns)
	case p.Rows != "":
		d.rows = summed(numbersOf(t, p.Rows, p.N))
	}
	if c := p.Colors[0]; c.Class != "" {
		d.class = unpacked(t, c.Class)
	}
	if c := p.Colors[0]; c.Level != "" {
		b := unpacked(t, c.Level)
		if c.Levels == math.MaxUint16 {
			d.level = share(b)
		} else {
			for _, v := range b {
				d.level = append(d.level, float64(v)/float64(c.Levels))
			}
		}
	}
	if p.Text != "" {
		if err := json.Unmarshal(unpacked(t, p.Text), &d.text); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func unpacked(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return b
}

func numbersOf(t *testing.T, s string, n int) []int {
	t.Helper()
	b := unpacked(t, s)
	list := make([]int, n)
	for k := range list {
		v, size := binary.Uvarint(b)
		if size <= 0 {
			t.Fatalf("%d numbers of %d", k, n)
		}
		list[k], b = int(v), b[size:]
	}
	if len(b) > 0 {
		t.Fatalf("%d bytes behind %d numbers", len(b), n)
	}
	return list
}

func summed(gaps []int) []int {
	for k := 1; k < len(gaps); k++ {
		gaps[k] += gaps[k-1]
	}
	return gaps
}

// clouds returns rows in k clouds that are told apart by their class, without a random number.
func clouds(n, k int) (*mat.Dense, []int) {
	y, labels := mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		labels[i] = int(uint32(i*2654435761)>>8) % k
		u, v := math.Mod(float64(i)*0.6180339887498949, 1), math.Mod(float64(i)*0.7548776662466927, 1)
		r, a := math.Sqrt(-2*math.Log(u+1e-9)), 2*math.Pi*v
		turn := 2 * math.Pi * float64(labels[i]) / float64(k)
		y.Set(i, 0, 5*math.Cos(turn)+r*math.Cos(a))
		y.Set(i, 1, 5*math.Sin(turn)+r*math.Sin(a))
	}
	return y, labels
}

func payloadOf(t *testing.T, y mat.Matrix, p Points, g page) (*scatter, decodedScatter) {
	t.Helper()
	s, err := newScatter(y, p)
	if err != nil {
		t.Fatal(err)
	}
	value, err := s.data(rect{W: 400, H: 400}, g)
	if err != nil {
		t.Fatal(err)
	}
	return s, decoded(t, value.(*scatterPayload))
}

// TestManyRows: a notebook that is kept has a part of the rows, of each stretch as many, and says so.
func TestManyRows(t *testing.T) {
	const n = 3 * mostKept
	_, p := payloadOf(t, lattice(n), Points{Labels: cyclic(n, 2), Images: tiles{}}, whole)
	if len(p.rows) != mostKept || p.N != mostKept {
		t.Fatalf("%d rows of %d points", len(p.rows), p.N)
	}
	quarters := [4]int{}
	for k, row := range p.rows {
		quarters[row*4/n]++
		if int(p.class[k]) != row%2 {
			t.Fatalf("row %d is of class %d", row, p.class[k])
		}
	}
	for _, q := range quarters {
		if math.Abs(float64(q)-mostKept/4) > mostKept/40 {
			t.Errorf("the quarters of the rows give %v", quarters)
		}
	}
	if !slices.IsSorted(p.rows) || !strings.Contains(p.Note, "20000") {
		t.Errorf("rows are in order: %t; note %q", slices.IsSorted(p.rows), p.Note)
	}
	_, p = payloadOf(t, lattice(n), Points{Labels: cyclic(n, 2)}, page{share: 1, live: true})
	if p.N != n || p.Rows != "" || p.Note != "" {
		t.Errorf("in a notebook that runs, %d of %d points, note %q", p.N, n, p.Note)
	}
}

// TestRoom: what is kept takes no more than the room there is, whatever is known of the points.
func TestRoom(t *testing.T) {
	const n = 3000
	y, labels := clouds(n, 7)
	text, values := make([]string, n), make([]float64, n)
	for i := range text {
		text[i] = fmt.Sprintf("%d %x", i, uint32(i*2654435761))
		values[i] = math.Sin(float64(i * i))
	}
	for _, room := range []int{60_000, 20_000, 6_000} {
		_, p := payloadOf(t, y, Points{Labels: labels, Values: values, Text: text}, page{share: 1, room: room})
		if p.size() > room || p.N < 50 || room == 60_000 && p.N < n/2 {
			t.Errorf("%d bytes of %d for %d points", p.size(), room, p.N)
		}
		for k, said := range p.text {
			row := k * max(1, p.Every)
			if p.rows != nil {
				row = p.rows[row]
			}
			if said != text[row] {
				t.Fatalf("row %d says %q", row, said)
			}
		}
	}
}

// TestCurve: along the curve every point is in its cell with its class and value, and the rows that are known are those of their points.
func TestCurve(t *testing.T) {
	n := mostPlain + 20_000
	if testing.Short() {
		n = mostPlain + 1
	}
	testenv.Unraced(t)
	y, labels := clouds(n, 5)
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(labels[i]) / 4
	}
	s, p := payloadOf(t, y, Points{Labels: labels, Values: values}, page{share: 1, live: true})
	if p.Z == "" || p.N != n || len(p.known) != knownRows || !strings.Contains(p.Note, "12000") {
		t.Fatalf("%d points along a curve of %d, %d rows known, note %q", p.N, len(p.Z), len(p.known), p.Note)
	}
	near := func(got, want float64) bool { return math.Abs(got-want) <= 0.5001/float64(int(1)<<p.Bits) }
	for j, k := range p.known {
		row := p.rows[j]
		if !near(p.x[k], s.x[row]) || !near(p.y[k], s.y[row]) || int(p.class[k]) != labels[row] || math.Abs(p.level[k]-values[row]) > 0.51/float64(p.Colors[0].Levels) {
			t.Fatalf("row %d is at (%g, %g), of class %d and value %g, want (%g, %g), %d, %g", row, p.x[k], p.y[k], p.class[k], p.level[k], s.x[row], s.y[row], labels[row], values[row])
		}
	}
	// All of them: each class has its rows, and their mean is where it was.
	count, sum, want := make([]int, 5), make([]float64, 5), make([]float64, 5)
	for k, c := range p.class {
		count[c]++
		sum[c] += p.x[k]
	}
	for i, l := range labels {
		want[l] += s.x[i]
	}
	for c, class := range s.classes {
		if count[c] != class.count || math.Abs(sum[c]-want[c]) > 1e-5*float64(n) {
			t.Errorf("class %d has %d points about %g, want %d about %g", c, count[c], sum[c]/float64(count[c]), class.count, want[c]/float64(class.count))
		}
	}
}

// TestColorings: the page gets each, with a legend or a colour bar for it, in a frame that stays.
func TestColorings(t *testing.T) {
	const n = 60
	p := Points{Labels: cyclic(n, 3), Colors: []Coloring{{Name: "index", Values: make([]float64, n)}, {Name: "parity", Labels: cyclic(n, 2), Names: []string{"even", "an odd name that is long"}}}}
	for i := range n {
		p.Colors[0].Values[i] = float64(i)
	}
	c := Scatter(lattice(n), p)
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	l, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	views, err := c.recolorings()
	if err != nil || len(views) != 3 || l.Choice == nil {
		t.Fatalf("%d views, a list at %+v: %v", len(views), l.Choice, err)
	}
	if len(views[0].Legend.Entries) != 3 || views[1].Legend != nil || views[1].Bars[0] == nil || views[1].Bars[0].High != n-1 || len(views[2].Legend.Entries) != 2 {
		t.Errorf("views %+v", views)
	}
	value, err := c.fig.(*scatter).data(l.Panels[0].Frame, page{share: 1, live: true, legends: []*legend{views[0].Legend, nil, views[2].Legend}})
	if err != nil {
		t.Fatal(err)
	}
	colors := value.(*scatterPayload).Colors
	if len(colors) != 3 || colors[0].Name != "class" || colors[1].Level == "" || colors[2].Classes[1].Entry != 1 {
		t.Errorf("colours %+v", colors)
	}
	for want, wrong := range map[string]Coloring{
		"Colors[0].Name":                 {Values: make([]float64, n)},
		"either":                         {Name: "both", Values: make([]float64, n), Labels: make([]int, n)},
		"Values or Labels":               {Name: "none"},
		"Colors[0].Values":               {Name: "few", Values: make([]float64, 2)},
		"coloring 0: Points: Values[59]": {Name: "not a number", Values: append(make([]float64, n-1), math.NaN())},
	} {
		if err := Scatter(lattice(n), Points{Colors: []Coloring{wrong}}).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestKept: an output that takes more than a notebook is kept with carries what to keep: a smaller chart, or else its picture.
func TestKept(t *testing.T) {
	testenv.Unraced(t)
	y, labels := clouds(30_000, 6)
	b := bundle(t, Scatter(y, Points{Labels: labels}))
	live, saved := b.Data["text/html"].(string), committed(b)
	if live == saved || !strings.Contains(saved, `data-flatland="scatter"`) || !strings.Contains(saved, "of the points are shown here") {
		t.Errorf("kept in %d bytes", len(saved))
	}
	if n := outputBytes(saved, b.Data["image/png"].([]byte), b.Data["text/plain"].(string)); n > keptBytes || n < keptBytes/2 || longestPack(saved) > packBytes {
		t.Errorf("%d bytes are kept, of them %d in a piece", n, longestPack(saved))
	}
	if len(live) > 500_000 {
		t.Errorf("30 000 points take %d bytes", len(live))
	}
	if small := bundle(t, digits(50)); committed(small) != small.Data["text/html"] {
		t.Error("a small chart is kept in another form")
	}
	few := digits(50)
	picture, err := few.png()
	if err != nil {
		t.Fatal(err)
	}
	if saved, err := few.kept(picture, strings.Repeat("words", keptBytes/5)); err != nil || !strings.HasPrefix(saved, `<img alt="words`) {
		t.Errorf("kept as %.60q: %v", saved, err)
	}
}

// TestCrowd: of many points the picture stays small, and shows the single one beside the densest place.
func TestCrowd(t *testing.T) {
	testenv.Unraced(t)
	n := 60_000
	y, labels := clouds(n, 10)
	y.SetRow(0, []float64{0, 0}) // amid the ring of clouds
	for name, p := range map[string]Points{"classes": {Labels: labels}, "values": {Values: slices.Collect(func(yield func(float64) bool) {
		for i := range n {
			if !yield(math.Sin(float64(i))) {
				return
			}
		}
	})}} {
		c := Scatter(y, p)
		picture, err := c.png()
		if err != nil {
			t.Fatal(err)
		}
		if len(picture) > 40_000 {
			t.Errorf("%s: the picture takes %d bytes", name, len(picture))
		}
		m, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		l, err := c.layout()
		if err != nil {
			t.Fatal(err)
		}
		s, f := c.fig.(*scatter), l.Panels[0].Frame
		if at := m.At(int(f.X+s.x[0]*f.W), int(f.Y+s.y[0]*f.H)); color.RGBAModel.Convert(at) == light.paper {
			t.Errorf("%s: a point by itself is not seen", name)
		}
	}
	svg, err := Scatter(y, Points{Labels: labels}).svg()
	if err != nil || len(svg) > 600_000 || !bytes.Contains(svg, []byte("<image")) {
		t.Errorf("an SVG of %d bytes: %v", len(svg), err)
	}
}

// TestSameBytesOfMany: on any number of cores.
func TestSameBytesOfMany(t *testing.T) {
	testenv.Unraced(t)
	y, labels := clouds(mostPlain+1, 4)
	var first jupyter.Bundle
	for i, cores := range []int{1, 2, 7} {
		old := runtime.GOMAXPROCS(cores)
		b := bundle(t, Scatter(y, Points{Labels: labels}))
		runtime.GOMAXPROCS(old)
		if i == 0 {
			first = b
		}
		if b.Data["text/html"] != first.Data["text/html"] || committed(b) != committed(first) {
			t.Errorf("other bytes on %d cores", cores)
		}
	}
}

// TestSparklines: a line rises where the values do, and a row that is not there has none.
func TestSparklines(t *testing.T) {
	s := Sparklines(mat.NewDense(2, 50, slices.Concat(ramps(50, 1), ramps(50, -1))))
	dark := func(i, x int) int { // the height of the darkest pixel of a column
		m := s.Image(i)
		best := 0
		for y := range sparkHeight {
			if r, _, _, _ := m.At(x, y).RGBA(); r < func() uint32 { r, _, _, _ := m.At(x, best).RGBA(); return r }() {
				best = y
			}
		}
		return best
	}
	if !(dark(0, 3) > dark(0, 36) && dark(0, 36) > dark(0, 69)) || !(dark(1, 3) < dark(1, 69)) {
		t.Errorf("the first line is at %d, %d, %d", dark(0, 3), dark(0, 36), dark(0, 69))
	}
	if s.Image(2) != nil || s.Image(-1) != nil || Sparklines(nil).Image(0) != nil || Sparklines(mat.NewDense(1, 1, nil)).Image(0) != nil {
		t.Error("a line of no row")
	}
}

func ramps(n int, slope float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = slope * float64(i)
	}
	return v
}
