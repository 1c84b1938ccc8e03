package viz

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// lattice returns n rows on a grid, ten to a line.
func lattice(n int) *mat.Dense {
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		y.Set(i, 0, float64(i%10))
		y.Set(i, 1, float64(i/10))
	}
	return y
}

// cyclic returns the labels 0, 1, …, k−1, 0, …
func cyclic(n, k int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % k
	}
	return labels
}

type captioned struct{ *mat.Dense }

func (captioned) Caption() string { return "PCA · n = 30 · 4 → 2 dimensions" }

func TestBadArguments(t *testing.T) {
	nan := lattice(5)
	nan.Set(3, 1, math.NaN())
	inf := lattice(5)
	inf.Set(4, 0, math.Inf(-1))
	var nothing *captioned
	for name, test := range map[string]struct {
		y    mat.Matrix
		p    Points
		want error
		says string
	}{
		"no matrix":          {nil, Points{}, mat32.ErrEmpty, "empty"},
		"nil pointer":        {nothing, Points{}, mat32.ErrEmpty, "empty"},
		"empty":              {&mat.Dense{}, Points{}, mat32.ErrEmpty, "empty"},
		"NaN":                {nan, Points{}, &mat32.NotFiniteError{}, "row 3, column 1"},
		"infinity":           {inf, Points{}, &mat32.NotFiniteError{}, "row 4, column 0"},
		"one column":         {mat.NewDense(3, 1, nil), Points{}, &mat32.ShapeError{}, "3 × 1, want 2 columns"},
		"three columns":      {mat.NewDense(3, 3, nil), Points{}, &mat32.ShapeError{}, "3 × 3, want 2 columns"},
		"few labels":         {lattice(5), Points{Labels: []int{0, 1}}, &mat32.ShapeError{}, "Labels"},
		"many values":        {lattice(5), Points{Values: make([]float64, 6)}, &mat32.ShapeError{}, "Values"},
		"few texts":          {lattice(5), Points{Text: []string{""}}, &mat32.ShapeError{}, "Text"},
		"label below":        {lattice(3), Points{Labels: []int{0, -2, 0}}, &mat32.ParamError{}, "Labels[1] is -2"},
		"label beyond names": {lattice(3), Points{Labels: []int{0, 1, 2}, Names: []string{"a", "b"}}, &mat32.ParamError{}, "Labels[2] is 2, want −1 (unknown) to 1"},
		"label beyond all":   {lattice(3), Points{Labels: []int{0, 1, MaxClasses}}, &mat32.ParamError{}, "Labels[2]"},
		"many names":         {lattice(3), Points{Labels: []int{0, 0, 0}, Names: make([]string, 500)}, &mat32.ParamError{}, "Values"},
		"value NaN":          {lattice(2), Points{Values: []float64{1, math.NaN()}}, &mat32.ParamError{}, "Values[1] is NaN"},
		"value infinite":     {lattice(2), Points{Values: []float64{math.Inf(1), 1}}, &mat32.ParamError{}, "Values[0] is +Inf"},
		"size":               {lattice(2), Points{Size: -1}, &mat32.ParamError{}, "Size is -1"},
		"size NaN":           {lattice(2), Points{Size: math.NaN()}, &mat32.ParamError{}, "Size is NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			c := Scatter(test.y, test.p).Titled("a title")
			err := c.Err()
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "viz.Scatter: ") {
				t.Fatalf("error %v, want one of viz.Scatter that says %q", err, test.says)
			}
			switch test.want.(type) {
			case *mat32.NotFiniteError:
				var e *mat32.NotFiniteError
				if !errors.As(err, &e) {
					t.Errorf("%T", err)
				}
			case *mat32.ShapeError:
				var e *mat32.ShapeError
				if !errors.As(err, &e) {
					t.Errorf("%T", err)
				}
			case *mat32.ParamError:
				var e *mat32.ParamError
				if !errors.As(err, &e) {
					t.Errorf("%T", err)
				}
			default:
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}
			if d := c.Display(); d != err {
				t.Errorf("Display returns %v", d)
			}
			if s := c.Save(t.TempDir() + "/x.png"); s != err {
				t.Errorf("Save returns %v", s)
			}
			if _, h := c.HTML(); h != err {
				t.Errorf("HTML returns %v", h)
			}
			if c.String() != err.Error() {
				t.Errorf("String returns %q", c)
			}
			defer func() {
				if p := recover(); p != any(err) {
					t.Errorf("Show panics with %v", p)
				}
			}()
			c.Show()
		})
	}
}

// TestPlace: one scale for both axes, the longer in the middle of the frame, y upwards; and no arithmetic beyond the largest numbers.
func TestPlace(t *testing.T) {
	for name, y := range map[string]*mat.Dense{
		"wide":    mat.NewDense(3, 2, []float64{-2, 1, 2, 2, 0, 1.5}),
		"shifted": mat.NewDense(3, 2, []float64{998, 1, 1002, 2, 1000, 1.5}),
		"huge":    mat.NewDense(3, 2, []float64{-math.MaxFloat64, 0, math.MaxFloat64, math.MaxFloat64 / 2, 0, math.MaxFloat64 / 4}),
		"tiny":    mat.NewDense(3, 2, []float64{-4e-320, 0, 4e-320, 2e-320, 0, 1e-320}),
	} {
		s, err := newScatter(y, Points{})
		if err != nil {
			t.Fatal(name, err)
		}
		for i, want := range [][2]float64{{0.035, 0.5 + 0.465/4}, {0.965, 0.5 - 0.465/4}, {0.5, 0.5}} {
			if math.Abs(s.x[i]-want[0]) > 1e-3 || math.Abs(s.y[i]-want[1]) > 1e-3 {
				t.Errorf("%s: row %d at (%g, %g), want (%g, %g)", name, i, s.x[i], s.y[i], want[0], want[1])
			}
		}
	}
	s, err := newScatter(mat.NewDense(4, 2, nil), Points{})
	if err != nil || s.x[3] != 0.5 || s.y[3] != 0.5 {
		t.Errorf("rows that are all equal lie at (%g, %g), want the middle; error %v", s.x[3], s.y[3], err)
	}
}

func TestClasses(t *testing.T) {
	s, err := newScatter(lattice(6), Points{Labels: []int{3, -1, 0, 3, 3, -1}, Names: []string{"a", "b", "c", "d"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []class{
		{"a", 0, shapes[0], 1},
		{"d", 3, shapes[3], 3},
		{"unknown", noClass, shapes[0], 2},
	}
	if !slices.Equal(s.classes, want) {
		t.Errorf("classes %v, want %v", s.classes, want)
	}
	if !slices.Equal(s.class, []int{1, 2, 0, 1, 1, 2}) {
		t.Errorf("class of each row %v", s.class)
	}
	if order := s.order(); !slices.Equal(sorted(order[:2]), []int{1, 5}) || !slices.Equal(sorted(order), []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("drawn in the order %v, want the rows of unknown class, 1 and 5, first", order)
	}

	s, err = newScatter(lattice(200), Points{Labels: cyclic(200, MaxClasses)})
	if err != nil {
		t.Fatal(err)
	}
	looks := map[string]bool{}
	for _, c := range s.classes {
		looks[fmt.Sprint(light.tint(c.tint), c.shape)] = true
	}
	if len(looks) != MaxClasses {
		t.Errorf("%d classes have %d looks", MaxClasses, len(looks))
	}

	s, err = newScatter(lattice(600), Points{Labels: cyclic(600, 3)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.classes {
		if c.shape != shapes[0] {
			t.Errorf("with 600 rows class %s is a %s", c.name, c.shape)
		}
	}
}

func sorted(s []int) []int { return slices.Sorted(slices.Values(s)) }

func TestString(t *testing.T) {
	for want, c := range map[string]*Chart{
		"Scatter of 30 points\nn = 30": Scatter(lattice(30), Points{}),
		"Scatter of 30 points in 3 classes: a (10), b (10), c (10)\nPCA · n = 30 · 4 → 2 dimensions": Scatter(captioned{lattice(30)}, Points{Labels: cyclic(30, 3), Names: []string{"a", "b", "c"}}),
		"Heat\nScatter of 3 points by trust, -1 to 0.25\nn = 3":                                      Scatter(lattice(3), Points{Values: []float64{-1, 0, 0.25}, ValueName: "trust"}).Titled("Heat"),
		"Scatter of 3 points by value, 0.123 to 1234567\nn = 3":                                      Scatter(lattice(3), Points{Values: []float64{0.12345, 1, 1234567}}),
	} {
		if got := c.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestTitledLeavesTheChart(t *testing.T) {
	c := Scatter(lattice(3), Points{})
	if d := c.Titled("x"); d.String() == c.String() || strings.Contains(c.String(), "x\n") {
		t.Errorf("%q and %q", c, d)
	}
}

// tiles gives row i an 8×8 image of its own; rows of skip have none.
type tiles struct{ skip func(int) bool }

func (s tiles) Image(i int) image.Image {
	if s.skip != nil && s.skip(i) {
		return nil
	}
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for k := range m.Pix {
		m.Pix[k] = uint8((k*k + 37*i) % 256)
	}
	return m
}
