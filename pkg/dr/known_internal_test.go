package dr

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rows are kept as they are, in as few bytes as hold them, and not for who has gone.
func TestKeep(t *testing.T) {
	x := fixture.Normal(1, 300, 3)
	single := mat32.Convert(x)
	exact := mat.DenseCopyOf(single)
	late := mat.DenseCopyOf(single) // wider than float32 in its last row alone
	late.Set(299, 2, x.At(299, 2))
	for _, c := range []struct {
		x     mat.Matrix
		small bool
	}{{x, false}, {late, false}, {exact, true}, {single, true}} {
		got, err := keep(context.Background(), c.x)
		if err != nil || !mat.Equal(got, c.x) {
			t.Fatalf("other rows are kept (%v)", err)
		}
		if _, small := got.(*mat32.Dense); small != c.small {
			t.Errorf("%T is kept", got)
		}
		if _, wide := c.x.(*mat.Dense); wide && got == c.x {
			t.Error("rows that may change are borrowed")
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, rows := range []mat.Matrix{x, exact} {
		if _, err := keep(ctx, rows); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancel is not heard: %v", err)
		}
	}
}

// What fails is made by the next who asks, and then once.
func TestMade(t *testing.T) {
	var m made[int]
	calls := 0
	broken := errors.New("broken")
	if _, err := m.ask(context.Background(), func() (int, error) { calls++; return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	for range 2 {
		v, err := m.ask(context.Background(), func() (int, error) { calls++; return 7, nil })
		if v != 7 || err != nil || calls != 2 {
			t.Errorf("%v, %v after %d calls", v, err, calls)
		}
	}
}
