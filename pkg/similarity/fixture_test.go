package similarity

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// published is a value that reference implementations gave for the fixture, as printed. It
// is met within one unit of its last digit, or 1e-10 of it where that is more.
type published struct {
	name string
	of   func(ctx context.Context, x, y mat.Matrix) (float64, error)
	want string
}

// publishedValues holds the values of every file of this package.
var publishedValues = slices.Concat(linearValues, neighborValues, shapeValues)

func TestPublishedValues(t *testing.T) {
	testenv.Unraced(t)
	x, y := representations()
	names := map[string]bool{}
	for _, v := range publishedValues {
		if names[v.name] {
			t.Errorf("%s is there twice", v.name)
		}
		names[v.name] = true
		t.Run(v.name, func(t *testing.T) {
			want, err := strconv.ParseFloat(v.want, 64)
			if err != nil {
				t.Fatal(err)
			}
			_, decimals, _ := strings.Cut(v.want, ".")
			tol := max(math.Pow10(-len(decimals)), 1e-10*math.Abs(want))
			got, err := v.of(t.Context(), x, y)
			if err != nil || !(math.Abs(got-want) <= tol) {
				t.Errorf("got %.15g, %v, want %s ± %.1g", got, err, v.want, tol)
			}
		})
	}
}

// score is the value of a measure.
func score(m Measure) func(ctx context.Context, x, y mat.Matrix) (float64, error) {
	return func(ctx context.Context, x, y mat.Matrix) (float64, error) {
		s, err := m.Compare(ctx, x, y)
		return s.Value, err
	}
}

// representations returns the fixture: x of 200 × 12 normal numbers, and y of 200 × 8 that
// is a function of x with noise.
func representations() (x, y *mat.Dense) {
	x, y = fixture.Normal(7, 200, 12), new(mat.Dense)
	noise := fixture.Normal(9, 200, 8)
	y.Mul(x, fixture.Normal(8, 12, 8))
	y.Apply(func(i, j int, v float64) float64 { return math.Tanh(v/3) + .3*noise.At(i, j) }, y)
	return x, y
}

func TestRepresentations(t *testing.T) {
	x, y := representations()
	for _, c := range []struct{ got, want, tol float64 }{
		{mat.Sum(x), -28.6211759663, 1e-9}, {mat.Sum(y), 36.8516651334, 1e-9},
		{y.At(0, 0), .20490521, 1e-8}, {y.At(0, 1), .4532347, 1e-7}, {y.At(0, 2), -.55739122, 1e-8},
	} {
		if math.Abs(c.got-c.want) > c.tol {
			t.Errorf("got %.12g, want %.12g", c.got, c.want)
		}
	}
}
