package dr_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleDiffusionMaps_Fit() {
	// Rows crowd on one side of a circle; heat does not mind, and the map is round.
	x := mat.NewDense(150, 2, nil)
	for i := range 150 {
		u := 2 * math.Pi * float64(i) / 150
		angle := u + 0.6*math.Sin(u)
		x.SetRow(i, []float64{math.Cos(angle), math.Sin(angle)})
	}
	model, err := dr.DiffusionMaps{Neighbors: 30}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	least, most := math.Inf(1), 0.
	for i := range 150 {
		z := model.Embedding().RawRowView(i)
		least, most = min(least, math.Hypot(z[0], z[1])), max(most, math.Hypot(z[0], z[1]))
	}
	fmt.Printf("radii differ by less than 5 %%: %v\n", most/least < 1.05)
	// Output:
	// radii differ by less than 5 %: true
}

func TestDiffusionMapsAgainstPydiffmap(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Runs []struct {
			Table       string
			Neighbors   int
			Alpha       float64
			Epsilon     float64
			Eigenvalues []float64
			Vectors     [][]float64
			Fresh       [][]float64
		}
	}
	golden.Load(t, "diffusionmaps", &file)
	if len(file.Runs) < 3 {
		t.Fatalf("%d runs", len(file.Runs))
	}
	for _, run := range file.Runs {
		x := digits150()
		if run.Table == "wine" {
			standard, err := dr.Standardize{}.Embed(context.Background(), datasets.Wine().X)
			if err != nil {
				t.Fatal(err)
			}
			x = standard.Dense
		}
		if run.Alpha == 0 {
			run.Alpha = dr.Zero
		}
		n, d := x.Dims()
		old, fresh := x.Slice(0, n-10, 0, d), x.Slice(n-10, n, 0, d)
		what := fmt.Sprintf("%s, %d neighbours, α = %g", run.Table, run.Neighbors, run.Alpha)
		m := fitted(t, dr.DiffusionMaps{Components: len(run.Eigenvalues), Neighbors: run.Neighbors, Alpha: run.Alpha, Time: dr.Zero}, old).(*dr.DiffusionMapsModel)
		if epsilon := m.Width() / 4; math.Abs(epsilon/run.Epsilon-1) > 1e-12 {
			t.Errorf("%s: ε is %v, want %v", what, epsilon, run.Epsilon)
		}
		for c, v := range m.Eigenvalues() {
			if math.Abs(v-run.Eigenvalues[c]) > 1e-9 {
				t.Errorf("%s: eigenvalue %d is %v, want %v", what, c, v, run.Eigenvalues[c])
			}
		}
		alike(t, what, m.Embedding(), run.Vectors, true, 1e-6)
		z, err := m.Transform(context.Background(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		alike(t, what+", new rows", z, run.Fresh, true, 1e-6)
	}
}

// The rates at which heat decays on a circle of radius r are k²/r², twice each, and on a
// sphere l(l+1)/r², 2l+1 times each; the functions that decay so are the harmonics.
func TestDiffusionMapsOfTheCircle(t *testing.T) {
	const r, epsilon = 2, 0.01
	m := fitted(t, dr.DiffusionMaps{Components: 6, Epsilon: epsilon}, ring(180, r)).(*dr.DiffusionMapsModel)
	for c, v := range m.Eigenvalues() {
		k := float64(c/2 + 1)
		if rate := -math.Log(v) / epsilon; math.Abs(rate/(k*k/(r*r))-1) > 0.02 {
			t.Errorf("coordinate %d decays at %v, want %v", c, rate, k*k/(r*r))
		}
	}
	z := m.Embedding()
	for i := range 180 {
		for c := 0; c < 6; c += 2 {
			want := math.Sqrt2 * m.Eigenvalues()[c] // ψ are √2·cos and √2·sin, times λ
			if got := math.Hypot(z.At(i, c), z.At(i, c+1)); math.Abs(got/want-1) > 1e-6 {
				t.Errorf("row %d, harmonic %d: %v, want %v", i, c/2+1, got, want)
			}
		}
	}
}

// sphere returns n rows spread evenly over a sphere of radius 1.
func sphere(n int) *mat.Dense {
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		z := 1 - (2*float64(i)+1)/float64(n)
		angle := float64(i) * math.Pi * (3 - math.Sqrt(5))
		x.SetRow(i, []float64{math.Sqrt(1-z*z) * math.Cos(angle), math.Sqrt(1-z*z) * math.Sin(angle), z})
	}
	return x
}

func TestDiffusionMapsOfTheSphere(t *testing.T) {
	const epsilon = 0.02
	x := sphere(300)
	m := fitted(t, dr.DiffusionMaps{Components: 8, Neighbors: 100, Epsilon: epsilon, Time: dr.Zero}, x).(*dr.DiffusionMapsModel)
	for c, v := range m.Eigenvalues() {
		want := 2.
		if c >= 3 {
			want = 6
		}
		if rate := -math.Log(v) / epsilon; math.Abs(rate/want-1) > 0.05 {
			t.Errorf("coordinate %d decays at %v, want %v", c, rate, want)
		}
	}
	// The first three are a rotation of the rows, times √3.
	var turn mat.Dense
	turn.Mul(x.T(), m.Embedding().Slice(0, 300, 0, 3))
	turn.Scale(3./300/math.Sqrt(3), &turn)
	var unit mat.Dense
	unit.Mul(&turn, turn.T())
	if !mat.EqualApprox(&unit, mat.NewDiagDense(3, []float64{1, 1, 1}), 0.02) {
		t.Errorf("the map is no rotation of the sphere: %v", mat.Formatted(&unit))
	}
}

// With all coordinates, squared distances in the map are those between where walks lead.
func TestDiffusionMapsKeepDiffusionDistances(t *testing.T) {
	ctx := context.Background()
	x := normal(20, 3, 0)
	const steps = 3
	w, err := affinity.Gaussian{}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	o, err := affinity.Diffusion{Alpha: 1}.Of(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	unit, walk := mat.NewDense(20, 20, nil), mat.NewDense(20, 20, nil)
	for i := range 20 {
		unit.Set(i, i, 1)
	}
	if err := o.Power(ctx, walk, unit, steps); err != nil {
		t.Fatal(err)
	}
	z := fitted(t, dr.DiffusionMaps{Components: 19, Time: steps}, x).(*dr.DiffusionMapsModel).Embedding()
	for i := range 20 {
		for j := range i {
			want, got := 0., 0.
			for k, p := range o.Stationary() {
				want += math.Pow(walk.At(i, k)-walk.At(j, k), 2) / p
			}
			for c := range 19 {
				got += math.Pow(z.At(i, c)-z.At(j, c), 2)
			}
			if math.Abs(got-want) > 1e-9 {
				t.Fatalf("rows %d and %d: %v, want %v", i, j, got, want)
			}
		}
	}
}

func TestDiffusionTime(t *testing.T) {
	x := ring(60, 1)
	auto := fitted(t, dr.DiffusionMaps{AutoTime: true}, x).(*dr.DiffusionMapsModel)
	zero := fitted(t, dr.DiffusionMaps{Time: dr.Zero}, x).(*dr.DiffusionMapsModel)
	var steps float64
	for _, note := range auto.Embedding().Notes {
		_, _ = fmt.Sscanf(note, "the entropy of the walk bends at %g steps", &steps)
	}
	if steps < 2 || steps > 99 {
		t.Fatalf("%v steps in %q", steps, auto.Embedding().Notes)
	}
	for c, v := range auto.Eigenvalues() {
		a, b := auto.Embedding().At(7, c), zero.Embedding().At(7, c)
		if math.Abs(a-b*math.Pow(v, steps)) > 1e-6 {
			t.Errorf("coordinate %d is %v after %v steps, from %v", c, a, steps, b)
		}
	}
	// Rows that were fitted are where they were, where all rows are neighbours.
	again, err := zero.Transform(context.Background(), x)
	if err != nil || !mat.EqualApprox(again, zero.Embedding(), 1e-7) {
		t.Errorf("known rows moved (%v)", err)
	}
}
