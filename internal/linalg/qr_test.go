package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// tall matrices, by what is special about them.
func tall() map[string]*mat.Dense {
	all := map[string]*mat.Dense{
		"one": random(1, 1), "column": random(50, 1), "square": random(40, 40), "square 70": random(70, 70), "plain": random(300, 45),
		"zero": mat.NewDense(40, 6, nil), "few": random(3, 2),
	}
	change := func(name string, n, d int, f func(x *mat.Dense)) {
		all[name] = random(n, d)
		f(all[name])
	}
	change("huge", 90, 40, func(x *mat.Dense) { x.Scale(1e300, x) })
	change("minute", 90, 40, func(x *mat.Dense) { x.Scale(1e-300, x) })
	change("zero columns", 90, 40, func(x *mat.Dense) {
		x.SetCol(0, make([]float64, 90))
		x.SetCol(20, make([]float64, 90))
	})
	change("equal columns", 90, 40, func(x *mat.Dense) {
		x.SetCol(3, mat.Col(nil, 1, x))
		x.SetCol(39, mat.Col(nil, 1, x))
	})
	change("nearly equal columns", 90, 40, func(x *mat.Dense) {
		for i := range 90 {
			x.Set(i, 35, x.At(i, 2)+1e-11*x.At(i, 35))
		}
	})
	change("units", 200, 33, func(x *mat.Dense) {
		x.Apply(func(_, j int, v float64) float64 { return v * math.Pow(10, float64(j*7%40-20)) }, x)
	})
	change("offset", 200, 33, func(x *mat.Dense) {
		x.Apply(func(_, _ int, v float64) float64 { return v + 1e6 }, x)
	})
	for _, condition := range []float64{1e3, 1e6, 1e9, 1e13} {
		change("condition "+string('0'+rune(math.Log10(condition)/3)), 150, 50, func(x *mat.Dense) { x.Copy(withSpectrum(150, falling(50, condition))) })
	}
	low := mat.NewDense(120, 60, nil)
	low.Mul(random(120, 7), random(60, 7).T())
	all["low rank"] = low
	return all
}

func falling(d int, condition float64) []float64 {
	s := make([]float64, d)
	for i := range s {
		s[i] = math.Pow(condition, -float64(i)/float64(max(d-1, 1)))
	}
	return s
}

// withSpectrum is n × d with the singular values s.
func withSpectrum(n int, s []float64) *mat.Dense {
	d := len(s)
	u, v := random(d, n), random(d, d+1).Slice(0, d, 1, d+1).(*mat.Dense)
	for _, m := range []*mat.Dense{u, v} {
		if err := Orthonormalize(context.Background(), m); err != nil {
			panic(err)
		}
	}
	u.Apply(func(i, _ int, x float64) float64 { return x * s[i] }, u)
	var x mat.Dense
	x.Mul(u.T(), v)
	return &x
}

// notOrthonormal returns how far aᵀa is from the identity.
func notOrthonormal(a mat.Matrix) float64 {
	var gram mat.Dense
	gram.Mul(a.T(), a)
	d, _ := gram.Dims()
	for i := range d {
		gram.Set(i, i, gram.At(i, i)-1)
	}
	return mat.Norm(&gram, 2)
}

func TestQR(t *testing.T) {
	for name, x := range tall() {
		t.Run(name, func(t *testing.T) {
			n, d := x.Dims()
			q, r, err := QR(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if e := notOrthonormal(q); !(e < float64(d+10)*0x1p-50) {
				t.Errorf("q is not orthonormal by %v", e)
			}
			for j := range d {
				if !(r.At(j, j) >= 0) {
					t.Errorf("diagonal value %d of r is %v", j, r.At(j, j))
				}
				size := 0.
				for i := range n {
					size = max(size, math.Abs(x.At(i, j)))
				}
				for i := range n {
					sum := 0.
					for k := range j + 1 {
						sum += q.At(i, k) * r.At(k, j)
					}
					if e := math.Abs(sum - x.At(i, j)); !(e <= float64(d+20)*0x1p-51*size) {
						t.Fatalf("value %d, %d of q·r is %v, want %v", i, j, sum, x.At(i, j))
					}
				}
			}
		})
	}
}

func TestQRRefusesWhatIsNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		x := random(50, 20)
		x.Set(40, 7, v)
		if _, _, err := QR(context.Background(), x); !errors.Is(err, ErrNotFinite) {
			t.Errorf("QR of %v: got %v", v, err)
		}
		if _, _, _, err := SVD(context.Background(), x); !errors.Is(err, ErrNotFinite) {
			t.Errorf("SVD of %v: got %v", v, err)
		}
	}
}

func TestSVD(t *testing.T) {
	for name, x := range tall() {
		t.Run(name, func(t *testing.T) {
			n, d := x.Dims()
			u, s, v, err := SVD(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if e := max(notOrthonormal(u), notOrthonormal(v)); !(e < float64(d+10)*0x1p-49) {
				t.Errorf("the vectors are not orthonormal by %v", e)
			}
			for i := 1; i < d; i++ {
				if !(s[i-1] >= s[i] && s[i] >= 0) {
					t.Fatalf("the values do not fall: %v", s)
				}
			}
			for i := range n {
				for j := range d {
					sum := 0.
					for k := range d {
						sum += u.At(i, k) * s[k] * v.At(k, j)
					}
					if e := math.Abs(sum - x.At(i, j)); !(e <= float64(d+20)*0x1p-51*s[0]) {
						t.Fatalf("value %d, %d of the product is %v, want %v", i, j, sum, x.At(i, j))
					}
				}
			}
		})
	}
}

// Small singular values have an error of rounding times the largest one, not its root.
func TestSVDKeepsSmallValues(t *testing.T) {
	for _, condition := range []float64{1e2, 1e8, 1e12} {
		want := falling(60, condition)
		_, got, _, err := SVD(context.Background(), withSpectrum(150, want))
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-14 {
				t.Errorf("condition %v: value %d is %v, want %v", condition, i, got[i], w)
			}
		}
	}
}

func TestSVDSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, name := range []string{"plain", "low rank", "condition 3"} {
		x := tall()[name]
		var first []float64
		for _, procs := range testenv.Cores() {
			runtime.GOMAXPROCS(procs)
			u, s, v, err := SVD(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			q, r, err := QR(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Concat(u.RawMatrix().Data, s, v.RawMatrix().Data, q.RawMatrix().Data, r.RawTriangular().Data)
			if first == nil {
				first = got
			}
			if !slices.Equal(first, got) {
				t.Errorf("%s: %d cores give other bits", name, procs)
			}
		}
	}
}

func TestSVDIsCanceled(t *testing.T) {
	for _, name := range []string{"plain", "low rank"} {
		x := tall()[name]
		canceled(t, func(ctx context.Context) error { _, _, _, err := SVD(ctx, x); return err })
		canceled(t, func(ctx context.Context) error { _, _, err := QR(ctx, x); return err })
	}
}
