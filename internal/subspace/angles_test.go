package subspace

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// Angles that were put between two spaces are found, to their last digits where they are
// small and where they are large.
func TestPrincipalAngles(t *testing.T) {
	ctx := context.Background()
	want := []float64{0, 1e-14, 1e-9, 1e-5, .3, math.Pi / 4, 1.2, math.Pi/2 - 1e-9, math.Pi / 2}
	p := len(want)
	q := rotation(1, 40, 2*p)
	b := mat.NewDense(40, p, nil)
	for k, theta := range want {
		for i := range 40 {
			b.Set(i, k, math.Cos(theta)*q.At(i, k)+math.Sin(theta)*q.At(i, p+k))
		}
	}
	a := mat.DenseCopyOf(q.Slice(0, 40, 0, p))
	// Other bases of the same spaces, and one of them wider by directions of its own.
	var a2, b2 mat.Dense
	a2.Mul(a, rotation(2, p, p))
	b2.Mul(b, rotation(3, p, p))
	for _, pair := range [][2]*mat.Dense{{&a2, &b2}, {&b2, &a2}} {
		f, err := PrincipalAngles(ctx, pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		for k, theta := range want {
			if math.Abs(f.Angles[k]-theta) > 2e-15 {
				t.Errorf("angle %d: got %v, want %v", k, f.Angles[k], theta)
			}
			if math.Abs(f.Cosines[k]-math.Cos(theta)) > 2e-15 || f.Cosines[k] > 1 {
				t.Errorf("cosine %d: got %v, want %v", k, f.Cosines[k], math.Cos(theta))
			}
		}
		var cross mat.Dense
		cross.Mul(f.A.T(), f.B)
		for k := range p {
			for l := range p {
				want := 0.
				if k == l {
					want = f.Cosines[k]
				}
				if math.Abs(cross.At(k, l)-want) > 1e-14 {
					t.Errorf("directions %d and %d: product %v, want %v", k, l, cross.At(k, l), want)
				}
			}
		}
		var from mat.Dense
		from.Mul(pair[0], f.U)
		if !mat.EqualApprox(&from, f.A, 1e-14) {
			t.Error("A is not a·U")
		}
		from.Mul(pair[1], f.V)
		if !mat.EqualApprox(&from, f.B, 1e-14) {
			t.Error("B is not b·V")
		}
	}
	wide := mat.DenseCopyOf(q.Slice(0, 40, 0, p+3)) // its last three lean on those of b
	f, err := PrincipalAngles(ctx, b, wide)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Angles) != p || f.Angles[2] > 1e-13 {
		t.Errorf("in a wider space: %v", f.Angles)
	}
}

func TestBasis(t *testing.T) {
	ctx := context.Background()
	var low mat.Dense
	low.Mul(fixture.Normal(1, 30, 3), fixture.Normal(2, 3, 8))
	for _, c := range []struct {
		x    mat.Matrix
		rank int
	}{{&low, 3}, {low.T(), 3}, {fixture.Normal(3, 30, 8), 8}, {fixture.Normal(3, 5, 8), 5}, {mat.NewDense(4, 2, nil), 0}} {
		b, err := Basis(ctx, mat.DenseCopyOf(c.x), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, rank := b.Dims(); rank != c.rank {
			t.Errorf("rank %d, want %d", rank, c.rank)
			continue
		}
		if c.rank == 0 {
			continue
		}
		var gram, in, rest mat.Dense
		gram.Mul(b.T(), b)
		in.Mul(b.T(), c.x)
		rest.Mul(b, &in)
		rest.Sub(&rest, c.x)
		if identityGap(&gram) > 1e-13 || Norm(&rest) > 1e-12 {
			t.Errorf("rank %d: off orthonormal by %v, and leaves %v", c.rank, identityGap(&gram), Norm(&rest))
		}
	}
}

// The same bits on any number of cores, and nothing after a cancel.
func TestSubspacesAreReproducible(t *testing.T) {
	a, b := rotation(1, 300, 40), rotation(2, 300, 50)
	all := func() []float64 {
		f, err := PrincipalAngles(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		g, err := Procrustes{Scaled: true}.Align(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(f.Angles, g.Residual, g.Nuclear), g.Turn.RawMatrix().Data...)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := all()
	for _, cores := range []int{2, 7} {
		runtime.GOMAXPROCS(cores)
		for i, v := range all() {
			if v != want[i] {
				t.Fatalf("%d cores: value %d is %v, not %v", cores, i, v, want[i])
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := PrincipalAngles(ctx, a, b); !errors.Is(err, context.Canceled) {
		t.Errorf("angles after a cancel: %v", err)
	}
	if _, err := (Procrustes{}).Align(ctx, a, b); !errors.Is(err, context.Canceled) {
		t.Errorf("alignment after a cancel: %v", err)
	}
}
