package nn_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/nn"
)

// What a linear autoencoder loses is what the first principal components leave out, and a
// nonlinear one of the same code loses less of rows on a curve.
func TestLinearAutoencoderIsPCA(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := fixture.Normal(1, 400, 8)
	for i := range 400 {
		for j := range 8 {
			x.Set(i, j, x.At(i, j)/float64(1+j)+100)
		}
	}
	m, err := nn.Autoencoder{Code: 3, Linear: true, Epochs: 200, Rate: .01, Batch: 40}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dr.PCA{Components: 3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want := 1.
	for _, r := range p.ExplainedVarianceRatio() {
		want -= r
	}
	got, err := m.Error(ctx, x)
	if err != nil || math.Abs(got-want) > .005*want {
		t.Errorf("it loses %.6f, PCA %.6f, %v", got, want, err)
	}
	curve := mat.NewDense(400, 8, nil)
	for i := range 400 {
		for j := range 8 {
			curve.Set(i, j, math.Sin(float64(i)/400*6+float64(j)))
		}
	}
	bent, err := nn.Autoencoder{Code: 1, Activation: nn.Tanh, Epochs: 300, Batch: 40, Rate: .01}.Fit(ctx, curve)
	if err != nil {
		t.Fatal(err)
	}
	flat, err := nn.Autoencoder{Code: 1, Linear: true}.Fit(ctx, curve)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := bent.Error(ctx, curve)
	b, _ := flat.Error(ctx, curve)
	if a > b/2 {
		t.Errorf("of a curve %.4f is lost, and by a line %.4f", a, b)
	}
	z, err := bent.Encode(ctx, curve)
	if n, k := z.Dims(); err != nil || n != 400 || k != 1 {
		t.Errorf("codes of %d × %d, %v", n, k, err)
	}
	y, err := bent.Reconstruct(ctx, curve)
	if err != nil {
		t.Fatal(err)
	}
	missed := 0.
	for i := range 400 {
		for j := range 8 {
			missed += math.Pow(y.At(i, j)-curve.At(i, j), 2) / 3200
		}
	}
	if math.Abs(missed/(bent.Unit*bent.Unit)-a) > 1e-3*a {
		t.Errorf("the rows given back differ by %.4g, the error says %.4g", missed/(bent.Unit*bent.Unit), a)
	}
}

// Every feature that rows are sums of has a direction of its own.
func TestSAEFindsTheDirectionsOfSparseRows(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	d, err := datasets.LowRankActivations{Rows: 3000, Dim: 24, Rank: 24, Features: 32, Active: 2, Decay: .001}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []nn.SAE{{Features: 64, TopK: 4, Rate: .003}, {Features: 64, L1: .4, Rate: .003}} {
		m, err := a.Fit(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		ways := m.Directions()
		worst, mean := 1., 0.
		for f := range 32 {
			best := 0.
			for k := range 64 {
				row := make([]float64, 24)
				best = max(best, kernel.Dot64(d.Truth.Centers.RawRowView(f), mat32.Row(row, k, ways)))
			}
			worst, mean = min(worst, best), mean+best/32
		}
		lost, err := m.Error(ctx, d.X)
		if err != nil || mean < .9 || lost > .2 {
			t.Errorf("%v: true features are found by a cosine of %.3f, at least %.3f; %.3f is lost, %v", m, mean, worst, lost, err)
		}
		codes, err := m.Encode(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3000 {
			count := 0
			for _, v := range codes.Row(i) {
				if v < 0 {
					t.Fatalf("row %d has a code below zero", i)
				}
				if v > 0 {
					count++
				}
			}
			if a.TopK > 0 && count > a.TopK {
				t.Fatalf("row %d has %d features, want %d at most", i, count, a.TopK)
			}
		}
	}
}

// Features that begin in the active subspace of rows live, most that begin anywhere die (Wang and
// others, 2025).
func TestSAEFeaturesBegunInTheActiveSubspaceLive(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	d, err := datasets.LowRankActivations{Rows: 2000, Dim: 64, Rank: 8, Features: 48}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	active, err := geometry.ActiveSubspace{}.Compute(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	var dead [2]float64
	for k, basis := range []mat.Matrix{nil, active.Directions} {
		m, err := nn.SAE{Features: 256, TopK: 3, Basis: basis, Epochs: 30}.Fit(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		codes, err := m.Encode(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		s, err := geometry.DeadFeatures(ctx, codes, 0)
		if err != nil {
			t.Fatal(err)
		}
		dead[k] = s.Value
	}
	if !(dead[0] > .4 && dead[1] < .05) {
		t.Errorf("begun anywhere %.3f are dead, in the active subspace %.3f", dead[0], dead[1])
	}
}

func TestCodesRefuse(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 50, 4)
	var param *mat32.ParamError
	if _, err := (nn.SAE{TopK: 17}).Fit(ctx, x); !errors.As(err, &param) || param.Param != "TopK" {
		t.Errorf("more features kept than there are: %v", err)
	}
	if _, err := (nn.SAE{Basis: fixture.Normal(1, 2, 5)}).Fit(ctx, x); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("a basis of other columns: %v", err)
	}
	if _, err := (nn.SAE{Basis: mat.NewDense(1, 4, nil)}).Fit(ctx, x); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("a basis of zeros: %v", err)
	}
	m, err := nn.SAE{Epochs: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Encode(ctx, fixture.Normal(1, 3, 5)); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("rows of other columns: %v", err)
	}
	a, err := nn.Autoencoder{Epochs: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Encode(ctx, fixture.Normal(1, 3, 5)); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("rows of other columns: %v", err)
	}
}

func ExampleAutoencoder() {
	x := fixture.Normal(1, 100, 3) // three columns, of which the last is the sum of the others
	for i := range 100 {
		x.Set(i, 2, x.At(i, 0)+x.At(i, 1))
	}
	m, err := nn.Autoencoder{Linear: true, Rate: .02, Batch: 20}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	lost, err := m.Error(context.Background(), x)
	fmt.Println(lost < .01, err)
	// Output: true <nil>
}

func ExampleSAE() {
	d, err := datasets.LowRankActivations{Rows: 300, Dim: 8, Rank: 8}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := nn.SAE{TopK: 3, Epochs: 20}.Fit(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	codes, err := m.Encode(context.Background(), d.X)
	n, k := codes.Dims()
	fmt.Println(n, k, err)
	// Output: 300 32 <nil>
}
