package intrinsic_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// The data of which peers make 0, 1, NaN, infinity or a panic, and others near them.
var (
	clean     = fixture.Normal(21, 200, 3)
	halfSteps = mapped(clean, func(_, _ int, v float64) float64 { return math.Round(2*v) / 2 })
	line      = mapped(clean, func(i, j int, _ float64) float64 { return clean.At(i, 0) * float64(j+1) })
	gap       = mapped(clean, func(i, j int, v float64) float64 {
		if i == 3 && j == 2 {
			return math.NaN()
		}
		return v
	})
)

func mapped(x mat.Matrix, f func(i, j int, v float64) float64) *mat.Dense {
	var y mat.Dense
	y.Apply(f, x)
	return &y
}

// again returns the clean rows with some of them once more at the end.
func again(rows ...int) *mat.Dense {
	x := mat.NewDense(200+len(rows), 3, nil)
	x.Slice(0, 200, 0, 3).(*mat.Dense).Copy(clean)
	for i, r := range rows {
		x.SetRow(200+i, clean.RawRowView(r))
	}
	return x
}

func all(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// Every estimator answers degenerate data by a number that makes sense or by an error of
// a type that says why not.
func TestDegenerateData(t *testing.T) {
	testenv.Unraced(t)
	refused := func(err error) bool {
		return errors.As(err, new(*mat32.DegenerateError)) || errors.As(err, new(*mat32.ShapeError)) || errors.As(err, new(*mat32.ParamError))
	}
	unlike := func(d measure.Dimension, value, share float64) bool { return math.Abs(d.Value-value) > share*value }
	notes := func(d measure.Dimension, words string) bool {
		return strings.Contains(strings.Join(d.Notes, " "), words)
	}
	for name, e := range estimators(nil) {
		whole := estimate(t, e, clean)
		for _, c := range []struct {
			name  string
			x     mat.Matrix
			wrong func(d measure.Dimension, err error) bool
		}{
			{"clean", clean, func(d measure.Dimension, err error) bool { return unlike(d, 3, 0.5) }},
			{"a pair", again(7), nil},
			{"a triple", again(7, 7), nil},
			{"half of the rows twice", again(all(100)...), nil},
			{"steps of a half", halfSteps, func(d measure.Dimension, err error) bool {
				return err == nil && (d.Value < 1 || unlike(d, whole.Value, 0.4) && !notes(d, "equally far"))
			}},
			{"8 rows", clean.Slice(0, 8, 0, 3), nil},
			{"4 rows", clean.Slice(0, 4, 0, 3), nil},
			{"3 rows", clean.Slice(0, 3, 0, 3), nil},
			{"2 rows", clean.Slice(0, 2, 0, 3), func(d measure.Dimension, err error) bool { return err == nil }},
			{"constant", mat.NewDense(200, 3, nil), func(d measure.Dimension, err error) bool { return !errors.As(err, new(*mat32.DegenerateError)) }},
			{"a line", line, func(d measure.Dimension, err error) bool {
				return err != nil || unlike(d, 1, 0.3) && !notes(d, "there may be fewer")
			}},
			{"NaN", gap, func(d measure.Dimension, err error) bool {
				var at *mat32.NotFiniteError
				return !errors.As(err, &at) || at.Row != 3 || at.Col != 2
			}},
		} {
			d, err := e.Estimate(context.Background(), c.x)
			if c.wrong != nil && c.wrong(d, err) {
				t.Errorf("%s, %s: %v, %v", name, c.name, d, err)
			}
			if err != nil {
				if c.name != "NaN" && !refused(err) {
					t.Errorf("%s, %s: %T: %v", name, c.name, err, err)
				}
				continue
			}
			if !(d.Value > 0.4 && d.Value < 9) && !notes(d, "equally far") || !(d.Scale > 0) {
				t.Errorf("%s, %s: %v", name, c.name, d)
			}
			// Counts may all agree; no error is noted as such.
			exact := kind(name) == "LocalPCA" || c.name == "a line"
			if !(d.StdErr > 1e-9 || exact && d.StdErr >= 0 || math.IsNaN(d.StdErr) && len(d.Notes) > 0) || math.IsInf(d.StdErr, 0) {
				t.Errorf("%s, %s: standard error of %v", name, c.name, d)
			}
			n, _ := c.x.Dims()
			switch {
			case excepts(keeps, name):
				if n > 200 && unlike(d, whole.Value, 0.15) {
					t.Errorf("%s, %s: %v, without duplicates %v", name, c.name, d, whole)
				}
			case n > 200: // what is no more than a copy changes no bit
				local := slices.Clone(d.Local)
				d.Local, d.Rows, d.Removed = local[:min(len(local), 200)], d.Rows+d.Removed+200-n, d.Removed+200-n
				if len(local) == 0 {
					d.Local = nil
				}
				if !same(d, whole) || slices.ContainsFunc(local[min(len(local), 200):], func(v float64) bool { return !math.IsNaN(v) }) {
					t.Errorf("%s, %s: %v, without duplicates %v", name, c.name, d, whole)
				}
			}
		}
	}
}

// Where scikit-dimension has an answer to these data, it is ours too.
func TestDegenerateDataOfPeers(t *testing.T) {
	testenv.Unraced(t)
	few := clean.Slice(0, 8, 0, 3)
	for _, c := range []struct {
		e           estimator
		clean, few  float64
		line, error float64
	}{
		{intrinsic.TwoNN{}, 3.587, 1.384, 0.963, 1e-3},
		{intrinsic.MLE{}, 3.1, 1.743, 1.043, 1e-3},
		{intrinsic.MOM{}, 2.598, 2.113, 1.17, 1e-3},
		{intrinsic.MADA{}, 3.319, 1.285, 1.16, 1e-3},
		{intrinsic.FisherS{}, 3.01, 2.501, 0.93, 1e-3},
		{intrinsic.TLE{}, 3.217, 2.149, 1.091, 1e-2}, // its limit is absolute
	} {
		near(t, "clean", estimate(t, c.e, clean).Value, c.clean, 2e-4)
		near(t, "8 rows", estimate(t, c.e, few).Value, c.few, 4e-4)
		near(t, "a line", estimate(t, c.e, line).Value, c.line, c.error)
	}
}
