package bench

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/digits70k"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// noise returns n points in two dimensions that have nothing to do with any data.
func noise(n int) []float64 {
	s := rng.New(1, "bench/noise", n)
	z := make([]float64, 2*n)
	for i := range z {
		z[i] = 30 * s.Float64()
	}
	return z
}

// With all rows as neighbours the divergence is that of all pairs.
func TestNearDivergence(t *testing.T) {
	const n = 61
	x := sample(t, n)
	e, err := dr.TSNE{Perplexity: 20}.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	o := wire.Options{"perplexity": 20}
	for name, z := range map[string][]float64{"t-SNE": e.RawMatrix().Data, "noise": noise(n)} {
		r := reply(t, n, map[string]any{"map": z})
		if got, want := judge(t, nearDivergence.Of, x, o, r), judge(t, divergence.Of, x, o, r); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// A map that is the data has kept all triplets, one that has nothing to do with them half.
func TestTripletAccuracy(t *testing.T) {
	const n = 500
	x, z := mat32.NewDense(n, 2, nil), noise(n)
	for i, v := range z {
		x.Data()[i] = float32(v)
		z[i] = float64(float32(v))
	}
	if v := judge(t, tripletAccuracy.Of, x, nil, reply(t, n, map[string]any{"map": z})); v != 1 {
		t.Errorf("the data: %v", v)
	}
	slices.Reverse(z)
	if v := judge(t, tripletAccuracy.Of, x, nil, reply(t, n, map[string]any{"map": z})); math.Abs(v-0.5) > 0.1 {
		t.Errorf("the data of other rows: %v", v)
	}
}

// Of many rows some are judged, each by the place that it has itself.
func TestSpacedRows(t *testing.T) {
	for n, want := range map[int]int{10: 10, 11: 6, 20: 10, 21: 7} {
		x, z := mat32.NewDense(n, 1, nil), make([]float64, 2*n)
		for i := range n {
			x.Row(i)[0], z[2*i], z[2*i+1] = float32(i), float64(10*i), float64(20*i)
		}
		some, at := spaced(10, x, z)
		kept, _ := some.Dims()
		if placed, _ := at.Dims(); kept != want || placed != want {
			t.Fatalf("of %d rows %d, placed %d, want %d", n, kept, placed, want)
		}
		for i := range kept {
			row := float64(some.Row(i)[0])
			if at.At(i, 0) != 10*row || at.At(i, 1) != 20*row || i > 0 && row-some.At(i-1, 0) != some.At(1, 0) {
				t.Errorf("of %d rows %v, at %v", n, row, at.RawRowView(i))
			}
		}
	}
}

// Maps that place every row at its digit tell all of them, those that place it at another row's tell few.
func TestLabelMeasures(t *testing.T) {
	in, err := digitsWithNew(600)
	if err != nil {
		t.Fatal(err)
	}
	x := mat32.NewDense(600, digits70k.Side*digits70k.Side, in[0].Data()[:600*digits70k.Side*digits70k.Side])
	in[0] = x
	at := func(rows, shift int, row func(i int) int) []float64 {
		jitter, z := noise(rows), make([]float64, 2*rows)
		for i := range rows {
			z[2*i] = 100*float64(digit(row((i+shift)%rows))) + jitter[2*i]
			z[2*i+1] = jitter[2*i+1]
		}
		return z
	}
	old, added := func(i int) int { return i }, func(i int) int { return apartInOriginal * i }
	o := wire.Options{"components": 2}
	both := func(shift int) (float64, float64) {
		all := reply(t, 600, map[string]any{"map": at(600, shift, old)})
		fitted := reply(t, 600, map[string]any{"fitted": at(600, 0, old)})
		fitted.Arrays = append(fitted.Arrays, reply(t, 600, map[string]any{"map": at(600, shift, added)}).Arrays...)
		v, err := newDigits.Of(in, o, fitted)
		if err != nil {
			t.Fatal(err)
		}
		return judge(t, labelAccuracy.Of, x, o, all), v
	}
	if near, fresh := both(0); near != 1 || fresh != 1 {
		t.Errorf("of digits in their places %v and %v are told", near, fresh)
	}
	if near, fresh := both(1); near > 0.3 || fresh > 0.3 {
		t.Errorf("of digits in the places of others %v and %v are told", near, fresh)
	}
}
