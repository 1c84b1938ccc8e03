package spectrum_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// centered returns x less its mean, and the singular values of that.
func centered(x *mat.Dense) (*mat.Dense, []float64) {
	n, d := x.Dims()
	c := mat.DenseCopyOf(x)
	for j := range d {
		mean := mat.Sum(c.ColView(j)) / float64(n)
		for i := range n {
			c.Set(i, j, c.At(i, j)-mean)
		}
	}
	var svd mat.SVD
	svd.Factorize(c, mat.SVDNone)
	return c, svd.Values(nil)
}

func squared(v []float64) []float64 {
	s := make([]float64, len(v))
	for i, x := range v {
		s[i] = x * x
	}
	return s
}

// The values that the definitions give on the fixtures A, B and C.
func TestSpectraOfFixtures(t *testing.T) {
	for i, x := range []*mat.Dense{fixture.A(), fixture.B(), fixture.C()} {
		_, singular := centered(x)
		values := squared(singular)
		of := func(score measure.Score, err error) (float64, error) { return score.Value, err }
		for _, c := range []struct {
			name string
			f    func() (float64, error)
			want [3]float64
		}{
			{"effective rank of singular values", func() (float64, error) { return spectrum.EffectiveRank(singular) }, [3]float64{4.99538909, 2.99054307, 3.99643555}},
			{"effective rank of eigenvalues", func() (float64, error) { return spectrum.EffectiveRank(values) }, [3]float64{4.98157826, 2.96216529, 3.98576561}},
			{"stable rank", func() (float64, error) { return spectrum.StableRank(values) }, [3]float64{4.43172041, 2.47489393, 3.56849629}},
			{"participation ratio", func() (float64, error) { return spectrum.ParticipationRatio(values) }, [3]float64{4.9632696, 2.92487725, 3.97162581}},
			{"IsoScore", func() (float64, error) { return spectrum.IsoScore(values) }, [3]float64{.440363289, .962438627, .990541936}},
			{"alpha-ReQ", func() (float64, error) { return of(spectrum.AlphaReQ{}.Exponent(values)) }, [3]float64{.14776263, .348392873, .159310911}},
			{"RankMe", func() (float64, error) { return of(spectrum.RankMe(context.Background(), x)) }, [3]float64{4.00126071, 2.87409079, 3.99628857}},
		} {
			if got, err := c.f(); err != nil || !(math.Abs(got-c.want[i]) <= 1e-8*c.want[i]) {
				t.Errorf("%s on %c: %.10g, %v, want %.10g", c.name, "ABC"[i], got, err, c.want[i])
			}
		}
	}
}

func TestAlphaReQFindsThePower(t *testing.T) {
	values := make([]float64, 60)
	for j := range values {
		values[j] = 7 * math.Pow(float64(j+1), -1.3)
	}
	values[0], values[59] = 1e3, 1e-3
	s, err := spectrum.AlphaReQ{From: 2, To: 59}.Exponent(append(values, 0, 0))
	if err != nil || math.Abs(s.Value-1.3) > 1e-12 || s.StdErr > 1e-7 {
		t.Errorf("%v, %v", s, err)
	}
	if s, err := (spectrum.AlphaReQ{}).Exponent(values); err != nil || math.Abs(s.Value-1.3) < .05 || s.StdErr < .02 {
		t.Errorf("with what is no power: %v, %v", s, err)
	}
	if s, err := (spectrum.AlphaReQ{}).Exponent([]float64{4, 2}); err != nil || s.Value != 1 || s.StdErr != 0 {
		t.Errorf("two values: %v, %v", s, err)
	}
	var param *mat32.ParamError
	for _, a := range []spectrum.AlphaReQ{{From: -1}, {From: 61}, {To: 61}, {From: 5, To: 5}} {
		if _, err := a.Exponent(values); !errors.As(err, &param) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if _, err := (spectrum.AlphaReQ{}).Exponent([]float64{4, 0}); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Error(err)
	}
	if _, err := spectrum.IsoScore([]float64{4}); !errors.As(err, &param) {
		t.Error(err)
	}
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3, 0, 0, 0}, 0}, {[]float64{2, 2, 2}, 1}, {[]float64{5, 5, 0, 0}, 1. / 3}} {
		if s, err := spectrum.IsoScore(c.values); err != nil || math.Abs(s-c.want) > 1e-12 {
			t.Errorf("IsoScore of %v: %v, %v", c.values, s, err)
		}
	}
}

func value(t *testing.T, f func(context.Context, mat.Matrix) (measure.Score, error), x mat.Matrix) float64 {
	t.Helper()
	s, err := f(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return s.Value
}

// log d where rows point everywhere alike, log k on k orthonormal directions, however
// turned and however long the rows.
func TestVonNeumannEntropyIsExact(t *testing.T) {
	const d = 6
	var qr mat.QR
	qr.Factorize(fixture.Normal(1, d, d))
	var turn mat.Dense
	qr.QTo(&turn)
	for k := 1; k <= d; k++ {
		x := mat.NewDense(4*k, d, nil)
		for i := range 4 * k {
			for j := range d {
				x.Set(i, j, float64(i+1)*turn.At(i%k, j))
			}
		}
		if got := value(t, spectrum.VonNeumannEntropy, x); math.Abs(got-math.Log(float64(k))) > 1e-12 {
			t.Errorf("%d directions: %v", k, got)
		}
		// Both ways of every axis have the mean 0, which centring leaves.
		both := mat.NewDense(2*k, d, nil)
		for i := range 2 * k {
			for j := range d {
				both.Set(i, j, turn.At(i%k, j)*float64(1-2*(i/k)))
			}
		}
		if got := value(t, spectrum.MatrixEntropy, both); math.Abs(got-math.Log(float64(k))/math.Log(d)) > 1e-12 {
			t.Errorf("%d axes: %v", k, got)
		}
		if got := value(t, spectrum.NuclearNorm, both); math.Abs(got-math.Sqrt(float64(k)/float64(2*k))) > 1e-12 {
			t.Errorf("nuclear norm of %d axes: %v", k, got)
		}
	}
	zeros := mat.NewDense(5, 2, []float64{1, 0, 0, 0, 0, 2, 0, 0, -3, 0})
	s, err := spectrum.VonNeumannEntropy(context.Background(), zeros)
	if want := math.Log(3) - 2*math.Log(2)/3; err != nil || math.Abs(s.Value-want) > 1e-12 || s.Rows != 3 || len(s.Notes) != 1 {
		t.Errorf("rows of zero: %v, %v, want %v", s, err, want)
	}
}

func TestVonNeumannGradientIsThatOfDifferences(t *testing.T) {
	for _, shape := range [][2]int{{12, 4}, {5, 7}} {
		n, d := shape[0], shape[1]
		x := fixture.Normal(3, n, d)
		if n > d {
			x.SetRow(2, make([]float64, d))
		} else { // all of the span is used, so that no step leaves it
			x = mat.DenseCopyOf(x.Grow(2, 0))
			for i := range n + 2 {
				for j := range d {
					x.Set(i, j, fixture.Normal(4, n+2, d).At(i, j))
				}
			}
			n += 2
		}
		g, err := spectrum.VonNeumannGradient(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-5
		for i := range n {
			for j := range d {
				if n == 12 && i == 2 {
					if g.At(i, j) != 0 {
						t.Errorf("a row of zero has the derivative %v", g.At(i, j))
					}
					continue
				}
				up, down := mat.DenseCopyOf(x), mat.DenseCopyOf(x)
				up.Set(i, j, x.At(i, j)+h)
				down.Set(i, j, x.At(i, j)-h)
				want := (value(t, spectrum.VonNeumannEntropy, up) - value(t, spectrum.VonNeumannEntropy, down)) / (2 * h)
				if math.Abs(g.At(i, j)-want) > 1e-7 {
					t.Errorf("%v, value %d %d: %v, want %v", shape, i, j, g.At(i, j), want)
				}
			}
		}
	}
	// Within the span of fewer rows than columns the entropy rises along it.
	x := fixture.Normal(5, 3, 8)
	g, err := spectrum.VonNeumannGradient(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	before := value(t, spectrum.VonNeumannEntropy, x)
	var y mat.Dense
	y.Scale(1e-4, g)
	y.Add(x, &y)
	rise := value(t, spectrum.VonNeumannEntropy, &y) - before
	if want := 1e-4 * math.Pow(mat.Norm(g, 2), 2); math.Abs(rise-want) > .01*want {
		t.Errorf("the entropy rises by %v, want %v", rise, want)
	}
}

// lowRank returns rows of rank 20 and a little noise, across the axes or along them.
func lowRank(n, d int, along bool) *mat.Dense {
	noise := fixture.Normal(7, n, d)
	noise.Scale(.01, noise)
	turn := fixture.Normal(8, 20, d)
	if along {
		turn = mat.NewDense(20, d, nil)
		for i := range 20 {
			turn.Set(i, i, 4)
		}
	}
	var x mat.Dense
	x.Mul(fixture.Normal(9, n, 20), turn)
	x.Add(&x, noise)
	return &x
}

// The proxy does not see a low rank that lies across the axes, where the norm that it
// stands for does; along the axes it sees it.
func TestMatrixNuclearNormMissesLowRank(t *testing.T) {
	const n, d = 256, 128
	most := math.Sqrt(float64(d) / n)
	across, along := lowRank(n, d, false), lowRank(n, d, true)
	if got := value(t, spectrum.MatrixNuclearNorm, across) / most; got < .97 || got > 1 {
		t.Errorf("rank 20 across the axes looks like %v of full rank", got)
	}
	if got := value(t, spectrum.NuclearNorm, across) / most; got > .5 {
		t.Errorf("the nuclear norm of rank 20 is %v of the full one", got)
	}
	if got := value(t, spectrum.MatrixNuclearNorm, along) / most; got > .55 {
		t.Errorf("rank 20 along the axes looks like %v of full rank", got)
	}
	if got := value(t, spectrum.MatrixNuclearNorm, fixture.Normal(6, n, d)) / most; got < .97 {
		t.Errorf("full rank looks like %v", got)
	}
	for _, x := range []*mat.Dense{across, along, fixture.Normal(6, n, d)} {
		if norm, proxy := value(t, spectrum.NuclearNorm, x), value(t, spectrum.MatrixNuclearNorm, x); norm > proxy {
			t.Errorf("the norm %v exceeds its bound %v", norm, proxy)
		}
	}
}

// The paper has its proxy 8 to 24 times as fast as the entropy.
func TestMatrixNuclearNormIsFast(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(6, 512, 384)
	fastest := func(f func(context.Context, mat.Matrix) (measure.Score, error)) time.Duration {
		least := time.Hour
		for range 3 {
			start := time.Now()
			value(t, f, x)
			least = min(least, time.Since(start))
		}
		return least
	}
	if proxy, norm := fastest(spectrum.MatrixNuclearNorm), fastest(spectrum.NuclearNorm); norm < 8*proxy {
		t.Errorf("the proxy took %v, the norm %v", proxy, norm)
	}
}

// What leaves the function as it is within the tolerance leaves the weights at the
// rank of the data, although they have full rank.
func TestUtilizedRank(t *testing.T) {
	ctx := context.Background()
	var x mat.Dense
	x.Mul(fixture.Normal(1, 200, 5), fixture.Normal(2, 5, 20))
	noise := fixture.Normal(3, 200, 20)
	noise.Scale(.02, noise)
	x.Add(&x, noise)
	w := fixture.Normal(4, 20, 12)
	norms := func(m mat.Matrix) (frobenius, spectral float64) {
		var svd mat.SVD
		svd.Factorize(m, mat.SVDNone)
		return mat.Norm(m, 2), svd.Values(nil)[0]
	}
	last := 0
	for _, energy := range []float64{.5, .9, .99, .9999, 1} {
		u, err := spectrum.UtilizedRank{Energy: energy}.Layer(ctx, &x, w)
		if err != nil {
			t.Fatal(err)
		}
		var y, changed mat.Dense
		y.Mul(&x, w)
		changed.Mul(&x, u.Weights)
		size, _ := norms(&y)
		inputs, _ := norms(&x)
		_, spectral := norms(w)
		changed.Sub(&changed, &y)
		change, _ := norms(&changed)
		bound := math.Sqrt(1-energy) * (1 + inputs*spectral/size)
		if math.Abs(change/size-u.Change) > 1e-12 || u.Change > bound+1e-12 {
			t.Errorf("energy %v: change %v, found %v, bound %v", energy, change/size, u.Change, bound)
		}
		if u.Rank < last || u.Rank != min(u.Inputs, u.Outputs) || u.Full != 12 {
			t.Errorf("energy %v: %v", energy, u)
		}
		last = u.Rank
		if energy == .99 {
			var svd mat.SVD
			svd.Factorize(u.Weights, mat.SVDNone)
			if s := svd.Values(nil); u.Rank > 5 || s[u.Rank] > 1e-12*s[0] || s[u.Rank-1] < 1e-6*s[0] {
				t.Errorf("rank %d, singular values %v", u.Rank, s)
			}
			full, err := spectrum.UtilizedRank{Energy: .9999}.Layer(ctx, fixture.Normal(5, 200, 20), w)
			if err != nil || full.Rank != 12 || spectrum.MeanUtilization(u, full) != (u.Utilization()+1)/2 {
				t.Errorf("isotropic inputs: %v, %v", full, err)
			}
		}
	}
	if last != 12 {
		t.Errorf("all energy finds rank %d of 12", last)
	}
	for name, f := range map[string]func() error{
		"shape":      func() error { _, err := spectrum.UtilizedRank{}.Layer(ctx, &x, w.T()); return err },
		"energy":     func() error { _, err := spectrum.UtilizedRank{Energy: 2}.Layer(ctx, &x, w); return err },
		"degenerate": func() error { _, err := spectrum.UtilizedRank{}.Layer(ctx, &x, mat.NewDense(20, 3, nil)); return err },
	} {
		err := f()
		if !map[string]bool{"shape": errors.As(err, new(*mat32.ShapeError)), "energy": errors.As(err, new(*mat32.ParamError)),
			"degenerate": errors.As(err, new(*mat32.DegenerateError))}[name] {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleRankMe() {
	// Thirty representations of eight numbers that vary in three directions.
	var x mat.Dense
	x.Mul(fixture.Normal(1, 30, 3), fixture.Normal(2, 3, 8))
	s, err := spectrum.RankMe(context.Background(), &x)
	fmt.Println(s)
	fmt.Println(err)
	// Output:
	// RankMe  2.839
	//   rows        30
	//   convention  singular values, not centred, 1e-7 added to their shares
	// <nil>
}

func ExampleMatrixNuclearNorm() {
	x := fixture.Normal(1, 64, 16)
	for _, f := range []func(context.Context, mat.Matrix) (measure.Score, error){spectrum.MatrixNuclearNorm, spectrum.NuclearNorm, spectrum.MatrixEntropy} {
		s, err := f(context.Background(), x)
		fmt.Printf("%s %.3f %v\n", s.Name, s.Value, err)
	}
	// Output:
	// matrix nuclear norm 0.498 <nil>
	// nuclear norm 0.484 <nil>
	// matrix entropy 0.956 <nil>
}

func ExampleNuclearNorm() {
	s, err := spectrum.NuclearNorm(context.Background(), mat.NewDense(4, 2, []float64{1, 0, -1, 0, 0, 1, 0, -1}))
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 0.7071 <nil>
}

func ExampleMatrixEntropy() {
	s, err := spectrum.MatrixEntropy(context.Background(), mat.NewDense(4, 2, []float64{1, 0, -1, 0, 0, 1, 0, -1}))
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 1.0000 <nil>
}

func ExampleVonNeumannEntropy() {
	s, err := spectrum.VonNeumannEntropy(context.Background(), mat.NewDense(3, 3, []float64{2, 0, 0, 0, 5, 0, 0, 0, 1}))
	fmt.Printf("%.4f %v, log 3 is %.4f\n", s.Value, err, math.Log(3))
	// Output: 1.0986 <nil>, log 3 is 1.0986
}

func ExampleVonNeumannGradient() {
	// Two rows that point nearly one way are turned apart.
	g, err := spectrum.VonNeumannGradient(context.Background(), mat.NewDense(2, 2, []float64{1, .1, 1, -.1}))
	fmt.Printf("%.3f %v\n", mat.Formatted(g), err)
	// Output:
	// ⎡-0.045   0.451⎤
	// ⎣-0.045  -0.451⎦ <nil>
}
