package linalg

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// What is finite and has factors that are not is refused, as what is not finite.
func TestFactorsBeyondTheRangeAreRefused(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{4, 20, 100} {
		sym, x := mat.NewSymDense(n, nil), mat.NewDense(n+3, n, nil)
		for i := range n {
			for j := range n {
				sym.SetSym(i, j, 1e308)
				x.Set(i, j, 1e308)
			}
		}
		for name, f := range map[string]func() error{
			"EigenSym":       func() error { _, _, err := EigenSym(ctx, sym); return err },
			"EigenvaluesSym": func() error { _, err := EigenvaluesSym(ctx, sym); return err },
			"QR":             func() error { _, _, err := QR(ctx, x); return err },
			"SVD":            func() error { _, _, _, err := SVD(ctx, x); return err },
		} {
			if err := f(); !errors.Is(err, ErrNotFinite) {
				t.Errorf("%s of order %d: got %v", name, n, err)
			}
		}
	}
}

func TestNothingHasNoEigenvalues(t *testing.T) {
	values, vectors, err := EigenSym(context.Background(), &mat.SymDense{})
	if len(values) != 0 || vectors == nil || err != nil {
		t.Errorf("got %v, %v, %v", values, vectors, err)
	}
	if values, err = EigenvaluesSym(context.Background(), &mat.SymDense{}); len(values) != 0 || err != nil {
		t.Errorf("got %v, %v", values, err)
	}
}
