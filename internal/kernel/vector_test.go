package kernel

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// lengths are around all that the kernels unroll.
const longest = 150

// sample returns n normal values times scale, off places from the beginning of
// an array.
func sample(n, off int, seed uint64, scale float64) ([]float64, []float32) {
	s := rng.New(seed, "kernel", n)
	a, b := make([]float64, n+off)[off:], make([]float32, n+off)[off:]
	for i := range a {
		a[i] = s.Normal() * scale
		b[i] = float32(a[i])
	}
	return a, b
}

// reductions are the kernels that return a sum over two rows, in float64.
var reductions = []struct {
	name  string
	wide  func(a, b []float64) float64
	rows  func(a, b []float32) float64
	term  func(x, y *big.Float) *big.Float
	bound func(d int) float64 // times the sum of magnitudes
}{
	{name: "Dot64", wide: Dot64, term: times, bound: double},
	{name: "SquaredDistance64", wide: SquaredDistance64, term: square, bound: double},
	{name: "Manhattan64", wide: Manhattan64, term: magnitude, bound: double},
	{name: "DotMixed", rows: DotMixed, term: times, bound: double},
	{name: "SquaredDistanceMixed", rows: SquaredDistanceMixed, term: square, bound: double},
	{name: "ManhattanMixed", rows: ManhattanMixed, term: magnitude, bound: double},
	{name: "Dot32", rows: func(a, b []float32) float64 { return float64(Dot32(a, b)) }, term: times, bound: DotError32},
	{name: "SquaredDistance32", rows: func(a, b []float32) float64 { return float64(SquaredDistance32(a, b)) }, term: square, bound: Error32},
	{name: "Manhattan32", rows: func(a, b []float32) float64 { return float64(Manhattan32(a, b)) }, term: magnitude, bound: Error32},
}

func double(d int) float64 { return 0x1p-53 * float64(d/4+12) }

func precise() *big.Float                  { return new(big.Float).SetPrec(300) }
func times(x, y *big.Float) *big.Float     { return precise().Mul(x, y) }
func magnitude(x, y *big.Float) *big.Float { d := precise().Sub(x, y); return d.Abs(d) }
func square(x, y *big.Float) *big.Float    { d := precise().Sub(x, y); return d.Mul(d, d) }

// Every reduction against arbitrary precision, within its bound, on every
// length around the unrolled ones.
func TestReductions(t *testing.T) {
	testenv.Unraced(t)
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			a, a32 := sample(d, 0, 1, 1)
			b, b32 := sample(d, 0, 2, 1e3)
			for _, k := range reductions {
				sum, size := precise(), precise()
				for i := range d {
					x, y := a[i], b[i]
					if k.rows != nil {
						x, y = float64(a32[i]), float64(b32[i])
					}
					term := k.term(precise().SetFloat64(x), precise().SetFloat64(y))
					sum.Add(sum, term)
					size.Add(size, precise().Abs(term))
				}
				got := 0.
				if k.rows != nil {
					got = k.rows(a32, b32)
				} else {
					got = k.wide(a, b)
				}
				want, _ := sum.Float64()
				most, _ := size.Float64()
				if !(math.Abs(got-want) <= k.bound(d)*most) {
					t.Errorf("%s of %d terms: got %v, want %v ± %v", k.name, d, got, want, k.bound(d)*most)
				}
			}
		}
	})
}

// The worst that is known of sums: large terms first, and then many that are
// each a little more than half a unit of the sum's last place, which rounds all of
// them up. The bounds hold, and are nearly reached.
func TestBoundsAreReached(t *testing.T) {
	testenv.Unraced(t)
	eachPath(t, func(t *testing.T) {
		running := 8 // sums of a row
		if avx2 {
			running = 32
		}
		for _, c := range []struct {
			name       string
			d, large   int // terms, and large ones
			sum        func(a, b []float32) float32
			bound      func(d int) float64
			reached    float64
			difference bool // a sum of squares of a, against zeros
		}{
			{"SquaredDistance32", 3000, running, SquaredDistance32, Error32, 0.7, true},
			{"Dot32", 100_000, running, Dot32, DotError32, 0.7, false},
			{"Tile32", 256, 1, func(a, b []float32) float32 {
				var tile Tile32
				var dst [1]float32
				tile.SetA(a, len(a))
				tile.SetB(b, len(b))
				tile.Mul(dst[:], 1)
				return dst[0]
			}, DotError32, 0.9, false},
		} {
			s := rng.New(3, "bounds", 0)
			worst := 0.
			for range 20 {
				a := make([]float32, c.d)
				exact := 0.
				for i := range a {
					a[i] = 0x1p-12 * (1 + 0x1p-7*float32(s.Float64()))
					if i < c.large {
						a[i] = 1
					}
					exact += float64(a[i]) * float64(a[i])
				}
				b := a
				if c.difference {
					b = make([]float32, c.d)
				}
				worst = max(worst, math.Abs(float64(c.sum(a, b))-exact)/exact)
			}
			if share := worst / c.bound(c.d); share > 1 || share < c.reached {
				t.Errorf("%s of %d terms: the worst error is %.3f of the bound", c.name, c.d, share)
			}
		}
	})
}

// The same bits wherever the rows begin and whichever of them comes first.
func TestReductionsDoNotSeePlaces(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, d := range []int{1, 3, 7, 8, 15, 16, 31, 33, 50, 63, 100, 131} {
			a, a32 := sample(d, 0, 1, 1)
			b, b32 := sample(d, 0, 2, 3)
			for off := range 9 {
				c, c32 := sample(d, off, 1, 1)
				e, e32 := sample(d, (off*5+1)%9, 2, 3)
				for _, k := range reductions {
					var want, got, turned float64
					if k.rows != nil {
						want, got, turned = k.rows(a32, b32), k.rows(c32, e32), k.rows(e32, c32)
					} else {
						want, got, turned = k.wide(a, b), k.wide(c, e), k.wide(e, c)
					}
					if got != want || turned != want {
						t.Errorf("%s of %d terms, %d off: %v, %v turned round, %v aligned", k.name, d, off, got, turned, want)
					}
				}
			}
		}
	})
}

// A NaN or infinity at any place shows, and what lies beyond the rows does not.
func TestReductionsKeepWhatIsNotFinite(t *testing.T) {
	testenv.Unraced(t)
	eachPath(t, func(t *testing.T) {
		for d := 1; d <= longest; d++ {
			a, a32 := sample(d+1, 0, 1, 1)
			b, b32 := sample(d+1, 0, 2, 1)
			a[d], a32[d], b[d], b32[d] = math.NaN(), float32(math.NaN()), math.NaN(), float32(math.NaN())
			for place := range d {
				for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					for _, k := range reductions {
						var clean, got float64
						if k.rows != nil {
							clean = k.rows(a32[:d], b32[:d])
							old := a32[place]
							a32[place] = float32(v)
							got = k.rows(a32[:d], b32[:d])
							a32[place] = old
						} else {
							clean = k.wide(a[:d], b[:d])
							old := a[place]
							a[place] = v
							got = k.wide(a[:d], b[:d])
							a[place] = old
						}
						if math.IsNaN(clean) || math.IsInf(clean, 0) {
							t.Fatalf("%s of %d terms reads beyond its rows: %v", k.name, d, clean)
						}
						if math.IsNaN(v) != math.IsNaN(got) || math.IsInf(v, 0) != math.IsInf(got, 0) {
							t.Fatalf("%s with %v at %d of %d: %v", k.name, v, place, d, got)
						}
					}
				}
			}
		}
	})
}

// Denormal values are not taken for zero: their sums are exact.
func TestReductionsOfDenormals(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, d := range []int{1, 7, 33, 100} {
			a, b, a32, b32 := make([]float64, d), make([]float64, d), make([]float32, d), make([]float32, d)
			for i := range d {
				a[i], a32[i] = float64(i+1)*0x1p-1074, float32(i+1)*0x1p-149
			}
			want := float64(d * (d + 1) / 2)
			if got := Manhattan64(a, b) / 0x1p-1074; got != want {
				t.Errorf("Manhattan64 of %d: %v, want %v", d, got, want)
			}
			if got := float64(Manhattan32(a32, b32)) / 0x1p-149; got != want {
				t.Errorf("Manhattan32 of %d: %v, want %v", d, got, want)
			}
			if got := ManhattanMixed(a32, b32) / 0x1p-149; got != want {
				t.Errorf("ManhattanMixed of %d: %v, want %v", d, got, want)
			}
			for i := range d {
				b[i], b32[i] = 2, 2
			}
			if got := Dot64(a, b) / 0x1p-1074; got != 2*want {
				t.Errorf("Dot64 of %d: %v, want %v", d, got, 2*want)
			}
			if got := float64(Dot32(a32, b32)) / 0x1p-149; got != 2*want {
				t.Errorf("Dot32 of %d: %v, want %v", d, got, 2*want)
			}
		}
	})
}

func TestNormsHaveTheBitsOfDots(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			a, a32 := sample(d, 1, 1, 1)
			b, b32 := sample(d, 0, 2, 1)
			ab, aa, bb := DotNorms64(a, b)
			if ab != Dot64(a, b) || aa != Dot64(a, a) || bb != Dot64(b, b) {
				t.Errorf("DotNorms64 of %d terms", d)
			}
			ab, aa, bb = DotNormsMixed(a32, b32)
			if ab != DotMixed(a32, b32) || aa != DotMixed(a32, a32) || bb != DotMixed(b32, b32) {
				t.Errorf("DotNormsMixed of %d terms", d)
			}
		}
	})
}

// Many rows at once are summed as each by itself, in any number and order.
func TestRowsHaveTheBitsOfPairs(t *testing.T) {
	testenv.Unraced(t)
	forms := []struct {
		name string
		pair func(a, b []float32) float32
		many func(dst, q, rows []float32)
		to   func(dst, q, data []float32, rows []int32)
	}{
		{"SquaredDistances32", SquaredDistance32, SquaredDistances32, SquaredDistancesTo32},
		{"Dots32", Dot32, Dots32, DotsTo32},
		{"Manhattans32", Manhattan32, Manhattans32, ManhattansTo32},
	}
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			_, q := sample(d, 3, 1, 1)
			for _, n := range []int{0, 1, 2, 3, 5, 24} {
				_, data := sample(n*d, 1, 2, 1)
				list := make([]int32, 0, 2*n)
				for i := range 2 * n {
					list = append(list, int32(i*7%n))
				}
				for _, f := range forms {
					dst := make([]float32, 2*n+1)
					dst[n] = 42
					f.many(dst[:n], q, data)
					for i := range n {
						if want := f.pair(q, data[i*d:(i+1)*d]); dst[i] != want {
							t.Fatalf("%s: row %d of %d, %d values long: %v, want %v", f.name, i, n, d, dst[i], want)
						}
					}
					if dst[n] != 42 {
						t.Fatalf("%s wrote beyond %d results", f.name, n)
					}
					dst[2*n] = 42
					f.to(dst[:2*n], q, data, list)
					for k, i := range list {
						if want := f.pair(q, data[int(i)*d:(int(i)+1)*d]); dst[k] != want {
							t.Fatalf("%s, listed: row %d of %d, %d values long: %v, want %v", f.name, i, n, d, dst[k], want)
						}
					}
					if dst[2*n] != 42 {
						t.Fatalf("%s, listed, wrote beyond %d results", f.name, 2*n)
					}
				}
			}
		}
	})
}

func TestRowsMustExist(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, rows := range [][]int32{{2}, {-1}, {0, 1, 1 << 30}} {
			for _, f := range []func(dst, q, data []float32, rows []int32){SquaredDistancesTo32, DotsTo32, ManhattansTo32} {
				panics(t, fmt.Sprint(rows), func() { f(make([]float32, 3), make([]float32, 4), make([]float32, 8), rows) })
			}
		}
		panics(t, "rows that are too few", func() { SquaredDistances32(make([]float32, 3), make([]float32, 4), make([]float32, 11)) })
		panics(t, "a shorter row", func() { Dot64(make([]float64, 4), make([]float64, 3)) })
	})
}

func panics(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}

// Rows that are changed: every value within its roundings, and nothing beyond.
func TestUpdates(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			off := d % 5
			a, a32 := sample(d, off, 1, 1)
			b, b32 := sample(d+1, off, 2, 1)
			x, _ := sample(d, 0, 3, 1)
			near := func(name string, i int, got, want, size, eps float64) {
				if !(math.Abs(got-want) <= 2*eps*size) {
					t.Errorf("%s at %d of %d: got %v, want %v", name, i, d, got, want)
				}
			}

			y, y32 := slices.Clone(b), slices.Clone(b32)
			Axpy64(0.3, a, y[:d])
			Axpy32(0.3, a32, y32[:d])
			for i := range d {
				near("Axpy64", i, y[i], b[i]+0.3*a[i], math.Abs(b[i])+math.Abs(a[i]), 0x1p-53)
				near("Axpy32", i, float64(y32[i]), float64(b32[i])+float64(float32(0.3))*float64(a32[i]), math.Abs(b[i])+math.Abs(a[i]), 0x1p-24)
			}
			if y[d] != b[d] || y32[d] != b32[d] {
				t.Errorf("Axpy wrote beyond %d values", d)
			}

			z := slices.Clone(b)
			if got := DotAxpy64(0.3, a, x, z[:d]); got != Dot64(a, x) || !slices.Equal(z, y) {
				t.Errorf("DotAxpy64 of %d values is not Dot64 and Axpy64", d)
			}

			y32 = append(make([]float32, d), 7)
			if got := Difference32(y32[:d], a32, b32[:d]); got != Dot32(y32[:d], y32[:d]) {
				t.Errorf("Difference32 of %d values is not the Dot32 of what it writes", d)
			}
			for i := range d {
				if y32[i] != a32[i]-b32[i] {
					t.Errorf("Difference32 at %d of %d: %v", i, d, y32[i])
				}
			}
			if y32[d] != 7 {
				t.Errorf("Difference32 wrote beyond %d values", d)
			}

			y, y32 = slices.Clone(b), slices.Clone(b32)
			Scal64(0.3, y[:d])
			Scal32(0.3, y32[:d])
			for i := range d {
				if y[i] != b[i]*0.3 || y32[i] != b32[i]*0.3 {
					t.Errorf("Scal at %d of %d: %v, %v", i, d, y[i], y32[i])
				}
			}
			if y[d] != b[d] || y32[d] != b32[d] {
				t.Errorf("Scal wrote beyond %d values", d)
			}

			y, z = slices.Clone(b), append(slices.Clone(a), 7)
			Rot64(z[:d], y[:d], 0.6, 0.8)
			for i := range d {
				near("Rot64, x", i, z[i], 0.6*a[i]+0.8*b[i], math.Abs(a[i])+math.Abs(b[i]), 0x1p-53)
				near("Rot64, y", i, y[i], 0.6*b[i]-0.8*a[i], math.Abs(a[i])+math.Abs(b[i]), 0x1p-53)
			}
			if y[d] != b[d] || z[d] != 7 {
				t.Errorf("Rot64 wrote beyond %d values", d)
			}
		}
	})
}

func TestBelow(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for n := range 100 {
			_, dots := sample(n, 1, 1, 1)
			_, norms := sample(n, 0, 2, 1)
			_, limits := sample(n, 3, 3, 1)
			if n > 20 {
				dots[3], norms[17], limits[18] = float32(math.NaN()), float32(math.Inf(1)), float32(math.NaN())
				limits[5] = (0.25 + norms[5]) - 2*dots[5] // not below itself
			}
			for _, limit := range []float32{float32(math.Inf(-1)), -1, 0.5, float32(math.Inf(1)), float32(math.NaN())} {
				for _, columns := range [][]float32{nil, limits} {
					var want []int32
					var values []float32
					for j := range n {
						v := float32(0.25+norms[j]) - float32(2*dots[j])
						if v < limit || columns != nil && v < columns[j] {
							want, values = append(want, int32(j)), append(values, v)
						}
					}
					if count := CountBelow32(dots, norms, 0.25, limit); columns == nil && count != len(want) {
						t.Errorf("%d values, limit %v: %d are below, want %d", n, limit, count, len(want))
					}
					hits, got := make([]int32, n+1), make([]float32, n+1)
					k := Below32(hits[:n], got[:n], dots, norms, columns, 0.25, limit)
					if !slices.Equal(hits[:k], want) || !slices.Equal(got[:k], values) || hits[n] != 0 || got[n] != 0 {
						t.Errorf("%d values, limit %v, limits %t: %v %v, want %v %v", n, limit, columns != nil, hits[:k], got[:k], want, values)
					}
				}
			}
		}
	})
}

func TestLimitsOfDistances(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for n := range 70 {
			_, dots := sample(n, 1, 1, 1)
			_, norms := sample(n, 0, 2, 1)
			if n > 20 {
				dots[3], norms[17], dots[19] = float32(math.NaN()), float32(math.Inf(1)), dots[18]
			}
			values := make([]float32, n+1)
			Distances32(values, dots, norms, 0.25)
			if values[n] != 0 {
				t.Errorf("Distances32 wrote beyond %d values", n)
			}
			values = values[:n]
			for j, v := range values {
				want := float32(0.25+norms[j]) - float32(2*dots[j])
				if math.Float32bits(v) != math.Float32bits(want) && want == want {
					t.Errorf("distance %d of %d is %v, want %v", j, n, v, want)
				}
			}
			for _, k := range []int{0, 1, 5, 6, 7, 18, 31} {
				_, limits := sample(k, 3, 3, 1)
				for i := range limits {
					if n > 0 && i%3 == 0 {
						limits[i] = values[i%n] // is not below itself
					}
				}
				counts := make([]int32, k+1)
				for i := range counts {
					counts[i] = 100
				}
				CountEach32(counts, values, limits)
				for i, limit := range limits {
					want := int32(100)
					for _, v := range values {
						if v < limit {
							want++
						}
					}
					if counts[i] != want {
						t.Errorf("%d values, limit %d of %d: %d are below, want %d", n, i, k, counts[i]-100, want-100)
					}
				}
				if counts[k] != 100 {
					t.Errorf("CountEach32 wrote beyond %d counts", k)
				}
			}
			for _, limits := range [][2]float32{{-1, 1}, {0, 0}, {1, -1}, {float32(math.Inf(-1)), float32(math.Inf(1))}, {float32(math.NaN()), 1}} {
				if n > 18 {
					limits[0] = values[18] // is not below itself
				}
				var want []int32
				for j, v := range values {
					if limits[0] <= v && v < limits[1] {
						want = append(want, int32(j))
					}
				}
				hits := make([]int32, n+1)
				if k := Between32(hits[:n], values, limits[0], limits[1]); !slices.Equal(hits[:k], want) || hits[n] != 0 {
					t.Errorf("%d values between %v: %v, want %v", n, limits, hits[:k], want)
				}
			}
		}
	})
}

func TestHasMasked(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const mask = 1<<32 - 2
		for n := range 40 {
			keys := make([]uint64, n)
			for k := range keys {
				keys[k] = uint64(k+1)<<33 | uint64(k)<<1 | uint64(k&1)
			}
			for j := range n + 3 {
				if got := HasMasked(keys, mask, uint64(j)<<1); got != (j < n) {
					t.Errorf("%d of %d keys: %t", j, n, got)
				}
			}
			if HasMasked(keys, mask, 1) || HasMasked(keys, mask, 1<<33) {
				t.Errorf("%d keys: bits beyond the mask were found", n)
			}
		}
	})
}

func TestPathHasAName(t *testing.T) {
	if p := Path(); p != "generic" && p != "avx2" {
		t.Errorf("the path is called %q, and tests/conformance/hashes.json knows generic and avx2", p)
	}
}
