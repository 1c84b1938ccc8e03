package viz

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// helix returns n points of a curve that winds three times around the upright axis.
func helix(n int) *mat.Dense {
	y := mat.NewDense(n, 3, nil)
	for i := range n {
		t := float64(i) / float64(n)
		y.SetRow(i, []float64{10 + 2*math.Cos(6*math.Pi*t), 2 * math.Sin(6*math.Pi*t), 3 * t})
	}
	return y
}

// ladder joins each point to the next and to the one a turn later.
func ladder(n int) (edges [][2]int) {
	for i := range n {
		for _, j := range []int{i + 1, i + n/3} {
			if j < n {
				edges = append(edges, [2]int{i, j})
			}
		}
	}
	return edges
}

// spaces are charts of every kind that has three dimensions.
func spaces() map[string]*Chart {
	plane := mat.NewDense(60, 2, nil)
	for i := range 60 {
		plane.SetRow(i, []float64{float64(i), math.Sin(float64(i) / 6)})
	}
	values := make([]float64, 90)
	for i := range values {
		values[i] = float64(i)
	}
	times := []float64{0, 0.5, 2, 3.25}
	return map[string]*Chart{
		"scatter3d":         Scatter3D(helix(90), Points{Labels: cyclic(90, 3), Names: []string{"a", "b", "c"}, Images: tiles{}}).Titled("Helix"),
		"scatter3d plain":   Scatter3D(helix(90), Points{}),
		"scatter3d values":  Scatter3D(helix(90), Points{Values: values, ValueName: "height", Text: names(90, "text")}),
		"scatter3d one":     Scatter3D(mat.NewDense(1, 3, nil), Points{}),
		"scatter3d huge":    Scatter3D(mat.NewDense(2, 3, []float64{-math.MaxFloat64, 0, 0, math.MaxFloat64, 1, 1}), Points{}),
		"scatter3d many":    Scatter3D(noiseMatrix(12_000, 3), Points{Labels: cyclic(12_000, 30)}).Titled("Many"),
		"network3d":         Network3D(helix(90), Links{Edges: ladder(90)}),
		"network3d many":    Network3D(noiseMatrix(900, 3), Links{Edges: noiseEdges(900, 3000), Values: noiseSeries(1, 3000)[0].Y, ValueName: "noise"}).Titled("Many"),
		"trajectories":      Trajectories(Courses{}, Trajectory{Name: "up", At: helix(90)}, Trajectory{Name: "point", At: mat.NewDense(1, 3, nil)}).Titled("Two"),
		"trajectories time": Trajectories(Courses{}, Trajectory{At: helix(4), Time: times}),
		"trajectories flat": Trajectories(Courses{}, Trajectory{Name: "wave", At: plane}),
		"trajectories many": Trajectories(Courses{ByTime: true}, Trajectory{At: noiseMatrix(3000, 3)}),
		"grid of spaces":    Grid(Panels{Limits: Shared}, Scatter3D(helix(90), Points{}).Titled("one"), Scatter3D(helix(60), Points{}).Titled("other")),
	}
}

// TestSpaces: charts in three dimensions stay within their budget, are the same bytes on any number of cores, and their pictures are drawn.
func TestSpaces(t *testing.T) {
	testenv.Unraced(t)
	for name, c := range spaces() {
		t.Run(name, func(t *testing.T) {
			if c.Err() != nil {
				t.Fatal(c.Err())
			}
			b := bundle(t, c)
			html, picture := b.Data["text/html"].(string), b.Data["image/png"].([]byte)
			if len(picture) > pictureBytes {
				t.Errorf("the picture takes %d bytes", len(picture))
			}
			saved := html
			if s := b.Metadata[jupyter.MarkKey].(map[string]string)["saved"]; s != "" {
				saved = s
			}
			if whole := outputBytes(saved, picture, c.String()); whole > keptBytes || !strings.Contains(saved, "data-flatland") {
				t.Errorf("the output that is kept takes %d bytes", whole)
			}
			pictures := [][]byte{picture}
			if !strings.Contains(name, "many") {
				darker, err := c.Themed(Dark).png()
				if err != nil {
					t.Fatal(err)
				}
				pictures = append(pictures, darker)
			}
			for theme, raw := range pictures {
				m, err := png.Decode(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				colors := map[[3]uint32]bool{}
				for y := range m.Bounds().Dy() {
					for x := range m.Bounds().Dx() {
						r, g, b, _ := m.At(x, y).RGBA()
						if max(r, g, b)-min(r, g, b) > 0x1800 {
							colors[[3]uint32{r, g, b}] = true
						}
					}
				}
				if len(colors) == 0 {
					t.Errorf("theme %d: nothing is drawn", theme)
				}
			}
			if strings.Contains(name, "many") {
				return
			}
			if vectors, err := c.svg(); err != nil || !bytes.Contains(vectors, []byte("<path")) {
				t.Errorf("as vectors: %d bytes, %v", len(vectors), err)
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(7))
			if again := bundle(t, spaces()[name]); again.Data["text/html"] != html {
				t.Error("the same chart gives other bytes")
			}
		})
	}
}

func TestSpaceErrors(t *testing.T) {
	nan := helix(4)
	nan.Set(2, 1, math.NaN())
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	flat := mat.NewDense(2, 2, []float64{0, 0, 1, 1})
	for says, test := range map[string]struct {
		c    *Chart
		want any
	}{
		"viz.Scatter3D: the matrix is empty":                     {Scatter3D(nil, Points{}), mat32.ErrEmpty},
		"viz.Scatter3D: y has shape 2 × 2, want 3 columns":       {Scatter3D(flat, Points{}), shape},
		"row 2, column 1 is NaN":                                 {Scatter3D(nan, Points{}), &mat32.NotFiniteError{}},
		"Labels has shape 1 × 1":                                 {Scatter3D(helix(4), Points{Labels: []int{0}}), shape},
		"viz.Network3D: Links: Disk is true":                     {Network3D(helix(4), Links{Disk: true}), param},
		"viz.Network3D: Links: Edges[0] is [0 4]":                {Network3D(helix(4), Links{Edges: [][2]int{{0, 4}}}), param},
		"viz.Network3D: Values has shape 1 × 1":                  {Network3D(helix(4), Links{Edges: [][2]int{{0, 1}, {1, 2}}, Values: []float64{1}}), shape},
		"viz.Trajectories: the matrix is empty":                  {Trajectories(Courses{}), mat32.ErrEmpty},
		"Trajectory[1].At: the matrix is empty":                  {Trajectories(Courses{}, Trajectory{At: helix(3)}, Trajectory{}), mat32.ErrEmpty},
		"Trajectory[1].At has shape 2 × 2, want 2 or 3 columns":  {Trajectories(Courses{}, Trajectory{At: helix(3)}, Trajectory{At: flat}), shape},
		"Trajectory[0].Time has shape 1 × 1":                     {Trajectories(Courses{}, Trajectory{At: flat, Time: []float64{1}}), shape},
		"Trajectory[0]: Time[1] is 1, want finite numbers that":  {Trajectories(Courses{}, Trajectory{At: flat, Time: []float64{1, 1}}), param},
		"Courses: Width is -1":                                   {Trajectories(Courses{Width: -1}, Trajectory{At: flat}), param},
		"Trajectories: At has shape 200001 × 2, want at most":    {Trajectories(Courses{}, Trajectory{At: mat.NewDense(MaxVertices+1, 2, nil)}), shape},
		"viz: Viewed: viz.Chart: kind is scatter, want a chart":  {Scatter(lattice(3), Points{}).Viewed(0, 0), param},
		"kind is trajectories, want a chart in three dimensions": {Trajectories(Courses{}, Trajectory{At: flat}).Viewed(0, 0), param},
		"Viewed: viz.Chart: elevation is 91":                     {Scatter3D(helix(3), Points{}).Viewed(0, 91), param},
		"Viewed: viz.Chart: azimuth is NaN":                      {Scatter3D(helix(3), Points{}).Viewed(math.NaN(), 0), param},
	} {
		err := test.c.Err()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
			continue
		}
		var p *mat32.ParamError
		var s *mat32.ShapeError
		var f *mat32.NotFiniteError
		switch want := test.want.(type) {
		case *mat32.ParamError:
			if !errors.As(err, &p) {
				t.Errorf("%q is a %T", says, err)
			}
		case *mat32.ShapeError:
			if !errors.As(err, &s) {
				t.Errorf("%q is a %T", says, err)
			}
		case *mat32.NotFiniteError:
			if !errors.As(err, &f) {
				t.Errorf("%q is a %T", says, err)
			}
		case error:
			if !errors.Is(err, want) {
				t.Errorf("%q is a %T", says, err)
			}
		}
	}
}

// TestCamera: the box stands upright, x to the left of y from the corner between them, near things are large, and the first view is of the
// plane in which the points are.
func TestCamera(t *testing.T) {
	cube, f := [3]float64{1, 1, 1}, rect{100, 50, 400, 300}
	for azimuth := -180.0; azimuth <= 180; azimuth += 15 {
		for elevation := -75.0; elevation <= 75; elevation += 15 {
			v := view{azimuth, elevation}
			c := v.fitted(cube, f, 10)
			if at := c.see([3]float64{}); at.x != 300 || at.y != 200 || at.scale != 1 || at.near != 0.5 {
				t.Fatalf("%v: the middle is at %+v", v, at)
			}
			for i := range 8 {
				at := c.see(corner(cube, i))
				if at.x < 110-1e-9 || at.x > 490+1e-9 || at.y < 60-1e-9 || at.y > 340+1e-9 || at.near < 0 || at.near > 1 {
					t.Fatalf("%v: corner %d is at %+v", v, i, at)
				}
			}
			up, down := c.see([3]float64{0, 0, 0.5}), c.see([3]float64{0, 0, -0.5})
			if up.y >= down.y || math.Abs(up.x-300) > 1e-9 {
				t.Fatalf("%v: up is at %+v", v, up)
			}
			if near, away := c.see(c.toward), c.see([3]float64{-c.toward[0], -c.toward[1], -c.toward[2]}); near.scale <= 1 || away.scale >= 1 || near.near <= away.near {
				t.Fatalf("%v: near %+v, far %+v", v, near, away)
			}
			if edges := backEdges(cube, &c); len(edges) != 9 {
				t.Fatalf("%v: %d edges of the box", v, len(edges))
			}
		}
	}
	c := view{45, 20}.fitted(cube, f, 10)
	if x, y := c.see([3]float64{1, 0, 0}), c.see([3]float64{0, 1, 0}); x.x >= 300 || y.x <= 300 {
		t.Errorf("x points to %+v and y to %+v", x, y)
	}
	upright := mat.NewDense(200, 3, nil) // in the plane across the direction of 30°
	for i := range 200 {
		a, b := noiseAt(2*i), noiseAt(2*i+1)
		upright.SetRow(i, []float64{-a * math.Sin(math.Pi/6), a * math.Cos(math.Pi/6), b})
	}
	s := Scatter3D(upright, Points{}).fig.(*space)
	if v := s.view; v.elevation != 12 || math.Abs(math.Mod(v.azimuth+360, 180)-30) > 1e-9 {
		t.Errorf("points across 30° are seen from %+v", v)
	}
	turned := Scatter3D(upright, Points{}).Viewed(100, -30)
	if v := turned.fig.(*space).view; turned.Err() != nil || v != (view{100, -30}) || s.view == v {
		t.Errorf("viewed from %+v: %v", v, turned.Err())
	}
}

// noiseAt is a number in [−1, 1] that looks random.
func noiseAt(i int) float64 { return math.Sin(12.9898*float64(i)) * math.Cos(78.233*float64(i*i%89)) }

// TestSpacePlaces: the page gets every coordinate to a 65535th of the box, along the curve to a 1023rd.
func TestSpacePlaces(t *testing.T) {
	y := helix(300)
	s := Scatter3D(y, Points{}).fig.(*space)
	value, err := s.data(rect{0, 0, 400, 400}, whole)
	if err != nil {
		t.Fatal(err)
	}
	p := value.(*spacePayload)
	if p.Count != 300 || p.Rows != "" || len(p.At) != 3 {
		t.Fatalf("%d points of %d coordinates", p.Count, len(p.At))
	}
	for j := range 3 {
		b := unpacked(t, p.At[j])
		for i := range 300 {
			q := float64(uint16(b[i])|uint16(b[300+i])<<8)/32767.5 - 1
			if got := p.Middle[j] + q*p.Unit; math.Abs(got-y.At(i, j)) > 1.01*p.Unit/65535 {
				t.Fatalf("coordinate %d of row %d is %g, want %g", j, i, got, y.At(i, j))
			}
		}
	}
	rows, gaps := s.alongCurve(rowsTo(300))
	if !slices.Equal(sorted(rows), rowsTo(300)) {
		t.Error("the curve leaves rows out")
	}
	code := uint32(0)
	for k, i := range rows {
		code += gaps[k]
		for j := range 3 {
			v := 0
			for bit := range curveBits {
				v |= int(code>>(3*bit+j)&1) << bit
			}
			if off := math.Abs(float64(v)/(1<<curveBits-1)*2 - 1 - s.at[j][i]); off > 1.01/(1<<curveBits-1) {
				t.Fatalf("coordinate %d of row %d is %g off on the curve", j, i, off)
			}
		}
	}
}

// TestCrowdedSpace: of more points than keep their order the page gets all, on the curve, with their classes, and the rows of some.
func TestCrowdedSpace(t *testing.T) {
	testenv.Unraced(t)
	const n = mostRowed + 1
	y, labels := mat.NewDense(n, 3, nil), make([]int, n)
	for i := range n {
		y.SetRow(i, []float64{float64(i % 53), float64(i / 53 % 53), float64(i / 53 / 53)})
		labels[i] = i % 53 % 7
	}
	s := Scatter3D(y, Points{Labels: labels}).fig.(*space)
	live := whole
	live.live = true
	value, err := s.data(rect{0, 0, 400, 400}, live)
	if err != nil {
		t.Fatal(err)
	}
	p := value.(*spacePayload)
	classes, known, rows := unpacked(t, p.Class), unpacked(t, p.Known), unpacked(t, p.Rows)
	if p.Count != n || len(classes) != n || p.Knowns != knownRows || len(p.At) != 0 || p.Note == "" {
		t.Fatalf("%d points, %d classes, %d rows, note %q", p.Count, len(classes), p.Knowns, p.Note)
	}
	at := 0
	for range p.Knowns {
		gap, a := binary.Uvarint(known)
		row, b := binary.Uvarint(rows)
		known, rows = known[a:], rows[b:]
		if at += int(gap); int(classes[at]) != labels[row] {
			t.Fatalf("point %d is of class %d, and its row, %d, of class %d", at, classes[at], row, labels[row])
		}
	}
	if value, err = s.data(rect{0, 0, 400, 400}, page{share: 1, room: 40_000}); err != nil {
		t.Fatal(err)
	}
	if p = value.(*spacePayload); p.Curve != "" || p.Count < 2000 || p.Count > n/4 || len(p.At[0])+len(p.At[1])+len(p.At[2])+len(p.Rows)+len(p.Class) > 40_000 {
		t.Errorf("kept are %d points, note %q", p.Count, p.Note)
	}
}

// TestBends: of a course the points stay that stand out, and the ends.
func TestBends(t *testing.T) {
	corner := mat.NewDense(101, 3, nil)
	for i := range 101 {
		corner.SetRow(i, []float64{math.Min(50, float64(i)), math.Max(0, float64(i)-50), 0})
	}
	s := Trajectories(Courses{}, Trajectory{At: corner}).fig.(*space)
	if got := s.bends(s.courses[0], 3); !slices.Equal(got, []int{0, 50, 100}) {
		t.Errorf("the bends are %v", got)
	}
	for count := 2; count < 130; count += 9 {
		if got := s.bends(s.courses[0], count); len(got) != min(count, 101) || !slices.IsSorted(got) || len(slices.Compact(got)) != min(count, 101) {
			t.Errorf("of 101 points, %d bends are %v", count, got)
		}
	}
	if got := s.bends(course{7, 8}, 2); !slices.Equal(got, []int{7}) {
		t.Errorf("the bends of a point are %v", got)
	}
	heads := s.heads(s.courses[0])
	if len(heads) < 2 || !slices.IsSorted(heads) || heads[len(heads)-1] > 99 {
		t.Errorf("arrowheads after %v", heads)
	}
}

// TestLongTrajectory: what is saved of a long course holds its ends, its arrowheads are on it, and it says so.
func TestLongTrajectory(t *testing.T) {
	s := Trajectories(Courses{}, Trajectory{At: noiseMatrix(30_000, 3)}, Trajectory{At: helix(300)}).fig.(*space)
	value, err := s.data(rect{0, 0, 400, 400}, whole)
	if err != nil {
		t.Fatal(err)
	}
	p := value.(*spacePayload)
	text, err := json.Marshal(p)
	if err != nil || len(text) > spaceKept+8000 {
		t.Fatalf("%d bytes: %v", len(text), err)
	}
	if p.Count >= 30_300 || p.Count < 3000 || p.Note == "" || len(p.Courses) != 2 || p.Courses[0]+p.Courses[1] != p.Count {
		t.Errorf("%d points, courses of %v, note %q", p.Count, p.Courses, p.Note)
	}
	for _, k := range p.Heads {
		if k < 0 || k+1 >= p.Count || k+1 == p.Courses[0] {
			t.Errorf("an arrowhead is after point %d of courses of %v", k, p.Courses)
		}
	}
}

// TestPlate: marks cover what they should, the last lies on top, and gaps are only where something well behind is.
func TestPlate(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 60, 60))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	red, blue, white := rgb(0xFF0000), rgb(0x0000FF), rgb(0xFFFFFF)
	p := newPlate(m, rect{0, 0, 60, 60})
	p.stamp(shapes[0], 30, 30, 20, 0, red, white, 0.5)
	covered := 0
	for _, v := range m.Pix {
		covered += int(255 - v)
	}
	if area := float64(covered) / 255 / 2; math.Abs(area-math.Pi*100) > 4 { // red leaves green and blue out
		t.Errorf("a disc of radius 10 covers %g pixels", area)
	}
	p.stroke([2]length{0, 30}, [2]length{60, 30}, 4, false, blue, 0.6)
	if got := m.RGBAAt(30, 30); got != blue {
		t.Errorf("on the disc the line is %v", got)
	}
	if got := m.RGBAAt(30, 34); got != red {
		t.Errorf("beside the line the disc is %v", got)
	}
	p.stroke([2]length{30, 0}, [2]length{30, 60}, 10, true, white, 0.62)
	if got := m.RGBAAt(30, 30); got != blue {
		t.Errorf("a line just behind is interrupted: %v", got)
	}
	if got := m.RGBAAt(30, 36); got != white {
		t.Errorf("a disc well behind is not: %v", got)
	}
	p.fill(blue, 1, [2]length{-5, -5}, [2]length{5, -5}, [2]length{5, 5}, [2]length{-5, 5})
	if got := m.RGBAAt(4, 4); got != blue || m.RGBAAt(6, 6) != white {
		t.Errorf("a polygon over the edge: %v", got)
	}
}
