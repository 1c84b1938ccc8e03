package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// band returns rows on a band around a circle that is turned over so many times, in
// halves, before its ends meet: a cylinder of none, a Möbius band of one.
func band(n, halves int) *mat.Dense {
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		across := .5 * (math.Mod(float64(i)*0.618034, 1) - .5)
		half := float64(halves) * angle / 2
		r := 1 + across*math.Cos(half)
		x.SetRow(i, []float64{r * math.Cos(angle), r * math.Sin(angle), across * math.Sin(half)})
	}
	return x
}

func ExampleVectorDiffusionMaps_Fit() {
	// Half a turn makes a band one-sided, which no coordinate of single rows tells.
	for halves, name := range []string{"cylinder", "Möbius band", "two half turns"} {
		model, err := dr.VectorDiffusionMaps{Dim: 2, Vectors: 3, Neighbors: 12}.Fit(context.Background(), band(100, halves))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: can be oriented: %v\n", name, model.Frustration() < 0.01)
	}
	// Output:
	// cylinder: can be oriented: true
	// Möbius band: can be oriented: false
	// two half turns: can be oriented: true
}

// The connection Laplacian of the sphere of radius 1 has the eigenvalues l(l+1) − 1, of
// 2(2l+1) fields each (Singer and Wu see 6 and 10 on it): heat carries vectors half as
// fast as it fades from functions, and then at five times the rate.
func TestVectorDiffusionMapsOfTheSphere(t *testing.T) {
	testenv.Unraced(t)
	const n, epsilon = 400, 0.02
	m := fitted(t, dr.VectorDiffusionMaps{Components: 3, Vectors: 16, Dim: 2, Neighbors: n / 6, Epsilon: epsilon}, sphere(n)).(*dr.VectorDiffusionMapsModel)
	for c, v := range m.Eigenvalues() {
		want := 1.
		if c >= 6 {
			want = 5
		}
		if rate := -math.Log(v) / epsilon; math.Abs(rate/want-1) > 0.15 {
			t.Errorf("field %d decays at %v, want %v", c, rate, want)
		}
	}
	if f := m.Frustration(); f > 1e-6 {
		t.Errorf("frustration of a sphere: %v", f)
	}
	x := sphere(n)
	for i := 0; i < n; i += 37 {
		var tilt mat.VecDense
		tilt.MulVec(m.Frame(i), x.RowView(i))
		if mat.Norm(&tilt, 2) > 0.1 {
			t.Errorf("the frame of row %d is not tangent: %v", i, mat.Formatted(&tilt))
		}
		if field := m.Field(2).RowView(i); math.Abs(mat.Dot(field, x.RowView(i))) > 0.1*mat.Norm(field, 2)+1e-9 {
			t.Errorf("a field is not tangent at row %d", i)
		}
	}
	// Sides agree with which way round frames go, seen from outside.
	agree := 0
	for i, s := range m.Sides() {
		f := m.Frame(i)
		var volume mat.Dense
		volume.Stack(f, x.Slice(i, i+1, 0, 3))
		if mat.Det(&volume)*float64(s) > 0 {
			agree++
		}
	}
	if agree != 0 && agree != n {
		t.Errorf("%d of %d sides face outwards", agree, n)
	}
}

// On a flat band of one direction, vectors are carried like numbers: the eigenvalues are
// those of the walk, and distances are how differently walks return.
func TestVectorDiffusionMapsOfALine(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(80, 2, nil)
	for i := range 80 {
		x.SetRow(i, []float64{float64(i), 2 * float64(i)})
	}
	m := fitted(t, dr.VectorDiffusionMaps{Components: 6, Vectors: 5, Neighbors: 6}, x).(*dr.VectorDiffusionMapsModel)
	if m.Dim() != 1 {
		t.Fatalf("a line of dimension %d", m.Dim())
	}
	w, err := affinity.Gaussian{Neighbors: 6}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	o, err := affinity.Diffusion{Alpha: 1}.Of(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.Eigen(ctx, 5)
	if err != nil {
		t.Fatal(err)
	}
	for c, v := range m.Eigenvalues() {
		if math.Abs(v-p.Values[c]) > 1e-9 {
			t.Errorf("eigenvalue %d is %v, want %v", c, v, p.Values[c])
		}
	}
	for _, rows := range [][2]int{{0, 1}, {3, 40}, {10, 79}} {
		sum := 0.
		for a := range 5 {
			for b := range 5 {
				e := p.Vectors.At(rows[0], a)*p.Vectors.At(rows[0], b) - p.Vectors.At(rows[1], a)*p.Vectors.At(rows[1], b)
				sum += math.Pow(p.Values[a]*p.Values[b]*e, 2)
			}
		}
		if got := m.Distance(rows[0], rows[1]); math.Abs(got-math.Sqrt(sum)) > 1e-6*math.Sqrt(sum) {
			t.Errorf("rows %v are %v apart, want %v", rows, got, math.Sqrt(sum))
		}
	}
}

func TestVectorDiffusionMapsOfBadInput(t *testing.T) {
	ctx := context.Background()
	var de *mat32.DegenerateError
	if _, err := (dr.VectorDiffusionMaps{}).Fit(ctx, mat.NewDense(20, 2, nil)); !errors.As(err, &de) {
		t.Errorf("equal rows: %v", err)
	}
	x := normal(40, 3, 0)
	for i := range 20 {
		x.SetRow(i, []float64{1e3, 0, 0})
	}
	if _, err := (dr.VectorDiffusionMaps{Neighbors: 8, Strict: true}).Fit(ctx, x); !errors.As(err, &de) {
		t.Errorf("two components: %v", err)
	}
	m, err := dr.VectorDiffusionMaps{Neighbors: 8, Dim: 2}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		var unit mat.Dense
		f := m.Frame(i)
		unit.Mul(f, f.T())
		if !mat.EqualApprox(&unit, mat.NewDiagDense(2, []float64{1, 1}), 1e-12) {
			t.Errorf("the frame of row %d: %v", i, mat.Formatted(f))
		}
	}
}
