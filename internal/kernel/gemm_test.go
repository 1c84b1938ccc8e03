package kernel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
)

// general returns an r×c matrix of normal values with some room at the end of
// its rows, which is NaN.
func general(r, c int, row int) blas64.General {
	s := rng.New(2, "matrix", row)
	m := blas64.General{Rows: r, Cols: c, Stride: c + 3, Data: make([]float64, r*(c+3))}
	for i := range m.Data {
		m.Data[i] = math.NaN()
	}
	for i := range r {
		for j := range c {
			m.Data[i*m.Stride+j] = s.Normal()
		}
	}
	return m
}

func general32(m blas64.General) blas32.General {
	out := blas32.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Stride, Data: make([]float32, len(m.Data))}
	for i, v := range m.Data {
		out.Data[i] = float32(v)
	}
	return out
}

// shapes are around tiles, panels, pieces of the sum and blocks.
var shapes = [][3]int{{1, 1, 1}, {6, 16, 8}, {7, 17, 9}, {13, 5, 300}, {100, 100, 100}, {97, 130, 300}, {3, 4, 2500}, {200, 260, 33}, {5, 7, 0}, {100, 2100, 5}, {0, 3, 2}, {3, 0, 2}}

var transposes = []blas.Transpose{blas.NoTrans, blas.Trans}

// stored returns an r×c matrix, or its transpose, to be read with t.
func stored(t blas.Transpose, r, c, row int) blas64.General {
	if t == blas.Trans {
		return general(c, r, row)
	}
	return general(r, c, row)
}

func at(m blas64.General, t blas.Transpose, i, j int) float64 {
	if t == blas.Trans {
		i, j = j, i
	}
	return m.Data[i*m.Stride+j]
}

// gemm checks products in both types against the definition: within the
// roundings, and with nothing written beyond the rows of c.
func gemm(t *testing.T, m, n, k int, ta, tb blas.Transpose, alpha, beta float64) {
	t.Helper()
	a, b, c := stored(ta, m, k, 0), stored(tb, k, n, 1), general(m, n, 2)
	if beta == 0 {
		for i := range c.Data {
			c.Data[i] = math.NaN()
		}
	}
	a32, b32, c32 := general32(a), general32(b), general32(c)
	a, b, before := general64(a32), general64(b32), slices.Clone(c32.Data)
	c = general64(c32)
	if err := Gemm64(context.Background(), ta, tb, alpha, a, b, beta, c); err != nil {
		t.Fatal(err)
	}
	if err := Gemm32(context.Background(), ta, tb, float32(alpha), a32, b32, float32(beta), c32); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%d×%d×%d %c%c alpha %v beta %v", m, n, k, ta, tb, alpha, beta)
	for i := range m {
		for j := range c.Stride {
			p := i*c.Stride + j
			if j >= n {
				if c.Data[p] == c.Data[p] || c32.Data[p] == c32.Data[p] {
					t.Fatalf("%s: wrote beyond row %d", name, i)
				}
				continue
			}
			if m*n*k > 1<<16 && (i*31+j*17)%29 != 0 && i < m-1 && j < n-1 {
				continue // of a large product some values, and the last row and column
			}
			sum, size := 0., 0.
			for q := range k {
				v := at(a, ta, i, q) * at(b, tb, q, j)
				sum += v
				size += math.Abs(v)
			}
			sum, size = alpha*sum, math.Abs(alpha)*size
			if beta != 0 {
				sum += beta * float64(before[p])
				size += math.Abs(beta * float64(before[p]))
			}
			if d := math.Abs(c.Data[p] - sum); !(d <= 0x1p-53*float64(k+300)*size) {
				t.Fatalf("%s: at %d, %d got %v, want %v", name, i, j, c.Data[p], sum)
			}
			if d := math.Abs(float64(c32.Data[p]) - sum); !(d <= (DotError32(k)+4*u)*size) {
				t.Fatalf("%s: at %d, %d got %v, want %v in float32", name, i, j, c32.Data[p], sum)
			}
		}
	}
}

func general64(m blas32.General) blas64.General {
	out := blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Stride, Data: make([]float64, len(m.Data))}
	for i, v := range m.Data {
		out.Data[i] = float64(v)
	}
	return out
}

func TestGemm(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, s := range shapes {
			for _, ta := range transposes {
				for _, tb := range transposes {
					for _, beta := range []float64{0, 1, -0.5} {
						if testing.Short() && beta >= 0 {
							continue
						}
						gemm(t, s[0], s[1], s[2], ta, tb, 1.5, beta)
					}
				}
			}
		}
	})
}

func FuzzGemm(f *testing.F) {
	for _, s := range shapes {
		f.Add(uint16(s[0]), uint16(s[1]), uint16(s[2]), s[0]%2 == 0, s[1]%2 == 0, 1.5, 0.)
	}
	f.Fuzz(func(t *testing.T, m, n, k uint16, ta, tb bool, alpha, beta float64) {
		size := func(n uint16, most int) int { return int(n) % most }
		for _, v := range []float64{alpha, beta} {
			if !(math.Abs(v) < 1e6) || v != 0 && math.Abs(v) < 1e-6 {
				t.Skip("such factors leave the range of float32")
			}
		}
		flip := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
		eachPath(t, func(t *testing.T) {
			gemm(t, size(m, 120), size(n, 120), size(k, 2100), flip[ta], flip[tb], float64(float32(alpha)), float64(float32(beta)))
		})
	})
}

// same fails unless both matrices have the same bits.
func same(t *testing.T, name string, a, b blas64.General) {
	t.Helper()
	for i := range a.Rows {
		for j := range a.Cols {
			x, y := a.Data[i*a.Stride+j], b.Data[i*b.Stride+j]
			if math.Float64bits(x) != math.Float64bits(y) {
				t.Fatalf("%s: at %d, %d: %v and %v", name, i, j, x, y)
			}
		}
	}
}

// part returns rows [i, i+r) and columns [j, j+c) of op(m), as they lie.
func part(m blas64.General, t blas.Transpose, i, r, j, c int) blas64.General {
	if t == blas.Trans {
		i, r, j, c = j, c, i, r
	}
	return blas64.General{Rows: r, Cols: c, Stride: m.Stride, Data: m.Data[i*m.Stride+j:]}
}

// A part of a product has the bits of the whole, whichever way the factors are
// stored and on any number of cores: it is cut into other blocks, and a small
// part of a long sum into pieces instead.
func TestPartsOfAProductHaveItsBits(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	eachPath(t, func(t *testing.T) {
		for _, s := range [][3]int{{100, 110, 1800}, {110, 2070, 9}} {
			m, n, k := s[0], s[1], s[2]
			left, right, old := general(m, k, 0), general(k, n, 1), general(m, n, 2)
			var whole blas64.General
			for _, procs := range testenv.Cores() {
				for _, ta := range transposes {
					for _, tb := range transposes {
						a, b, c := twin(left, ta), twin(right, tb), old
						c.Data = slices.Clone(old.Data)
						defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
						if err := Gemm64(ctx, ta, tb, 0.7, a, b, 0.3, c); err != nil {
							t.Fatal(err)
						}
						if whole.Data == nil {
							whole = c
						}
						same(t, fmt.Sprintf("%v %c%c on %d cores", s, ta, tb, procs), c, whole)
						for _, r := range [][4]int{{0, 1, 0, 1}, {5, 13, n - 17, 17}, {m - 60, 60, 3, 90}} {
							c := old
							c.Data = slices.Clone(old.Data)
							p := part(c, blas.NoTrans, r[0], r[1], r[2], r[3])
							if err := Gemm64(ctx, ta, tb, 0.7, part(a, ta, r[0], r[1], 0, k), part(b, tb, 0, k, r[2], r[3]), 0.3, p); err != nil {
								t.Fatal(err)
							}
							same(t, fmt.Sprintf("part %v of %v %c%c", r, s, ta, tb), p, part(whole, blas.NoTrans, r[0], r[1], r[2], r[3]))
						}
					}
				}
			}
		}
	})
}

// twin stores m so that it is read with t.
func twin(m blas64.General, t blas.Transpose) blas64.General {
	if t == blas.NoTrans {
		return m
	}
	out := blas64.General{Rows: m.Cols, Cols: m.Rows, Stride: m.Rows, Data: make([]float64, m.Rows*m.Cols)}
	for i := range m.Rows {
		for j := range m.Cols {
			out.Data[j*out.Stride+i] = m.Data[i*m.Stride+j]
		}
	}
	return out
}

// Syrk gives both triangles, with the bits of Gemm.
func TestSyrk(t *testing.T) {
	ctx := context.Background()
	eachPath(t, func(t *testing.T) {
		for _, s := range [][2]int{{1, 1}, {7, 20}, {33, 2500}, {100, 64}, {300, 300}, {5, 0}} {
			for _, ta := range transposes {
				for _, beta := range []float64{0.5, 0} {
					if testing.Short() && beta == 0 {
						continue
					}
					n, k := s[0], s[1]
					a := stored(ta, n, k, 0)
					c := general(n, n, 1)
					for i := range n {
						for j := range i {
							c.Data[j*c.Stride+i] = c.Data[i*c.Stride+j]
						}
					}
					d := c
					d.Data = slices.Clone(c.Data)
					before := slices.Clone(c.Data)
					for i := range n {
						for j := range i {
							before[i*c.Stride+j] = math.NaN() // nobody reads it
						}
					}
					if err := Syrk64(ctx, ta, 2, a, beta, c); err != nil {
						t.Fatal(err)
					}
					if err := Gemm64(ctx, ta, other(ta), 2, a, a, beta, d); err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%v %c beta %v", s, ta, beta)
					same(t, name, c, d)
					upper := general(n, n, 1)
					copy(upper.Data, before)
					if err := SyrkUpper64(ctx, ta, 2, a, beta, upper); err != nil {
						t.Fatal(err)
					}
					for i := range n {
						copy(upper.Data[i*upper.Stride:][:i], d.Data[i*d.Stride:][:i])
					}
					same(t, name+", the upper triangle", upper, d)
					a32, c32, d32 := general32(a), general32(c), general32(c)
					if err := Syrk32(ctx, ta, 2, a32, float32(beta), c32); err != nil {
						t.Fatal(err)
					}
					if err := Gemm32(ctx, ta, other(ta), 2, a32, a32, float32(beta), d32); err != nil {
						t.Fatal(err)
					}
					same(t, name+" in float32", general64(c32), general64(d32))
				}
			}
		}
	})
}

// What is not finite stays in its row and column.
func TestGemmKeepsWhatIsNotFinite(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		m, n, k := 20, 35, 40
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			a, b, c := general(m, k, 0), general(k, n, 1), general(m, n, 2)
			a.Data[11*a.Stride+39], b.Data[0*b.Stride+34] = bad, bad
			a32, b32, c32 := general32(a), general32(b), general32(c)
			if err := Gemm64(context.Background(), blas.NoTrans, blas.NoTrans, 1, a, b, 0, c); err != nil {
				t.Fatal(err)
			}
			if err := Gemm32(context.Background(), blas.NoTrans, blas.NoTrans, 1, a32, b32, 0, c32); err != nil {
				t.Fatal(err)
			}
			for i := range m {
				for j := range n {
					want := i != 11 && j != 34
					for _, v := range []float64{c.Data[i*c.Stride+j], float64(c32.Data[i*c32.Stride+j])} {
						if finite := !math.IsNaN(v) && !math.IsInf(v, 0); finite != want {
							t.Fatalf("%v in row 11 and column 34: %v at %d, %d", bad, v, i, j)
						}
					}
				}
			}
		}
	})
}

func TestGemmRefusesShapes(t *testing.T) {
	m := func(r, c int) blas64.General { return general(r, c, 0) }
	short := m(3, 4)
	short.Data = short.Data[:10]
	narrow := m(3, 4)
	narrow.Stride = 3
	for what, s := range map[string][3]blas64.General{
		"inner dimensions": {m(2, 3), m(4, 5), m(2, 5)}, "rows of c": {m(2, 3), m(3, 5), m(3, 5)}, "columns of c": {m(2, 3), m(3, 5), m(2, 4)},
		"a product of rows and stride that overflows": {m(17, 1), m(1, 8), {Rows: 17, Cols: 8, Stride: 1<<60 + 1, Data: make([]float64, 24)}},
		"missing values": {short, m(4, 5), m(3, 5)}, "a short stride": {narrow, m(4, 5), m(3, 5)}, "negative": {{Rows: -1}, m(0, 1), m(0, 1)},
	} {
		panics(t, what, func() {
			_ = Gemm64(context.Background(), blas.NoTrans, blas.NoTrans, 1, s[0], s[1], 0, s[2]) // it does not return
		})
	}
}

func TestGemmHearsACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, s := range [][3]int{{2, 2, 2}, {0, 2, 2}, {200, 200, 200}, {3, 3, 200000}} {
		a, b, c := general(s[0], s[2], 0), general(s[2], s[1], 1), general(s[0], s[1], 2)
		if err := Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a, b, 0, c); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v", s, err)
		}
		if err := Syrk64(ctx, blas.NoTrans, 1, a, 0, blas64.General{Rows: s[0], Cols: s[0], Stride: s[0], Data: make([]float64, s[0]*s[0])}); !errors.Is(err, context.Canceled) {
			t.Errorf("Syrk of %v: %v", s, err)
		}
	}
}

// A product of rows has the same bits in every tile and both ways round, those
// of Gemm32, within its bound.
func TestTile(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		var tile Tile32
		for _, s := range [][3]int{{1, 1, 1}, {7, 33, 50}, {40, 25, 300}, {6, 16, 784}, {64, 48, 8}} {
			n, m, d := s[0], s[1], s[2]
			_, a := sample(n*d, 1, 1, 1)
			_, b := sample(m*d, 2, 2, 1)
			tile.SetA(a, d)
			tile.SetB(b, d)
			stride := m + 3
			dst := make([]float32, n*stride)
			for i := range dst {
				dst[i] = float32(math.NaN())
			}
			tile.Mul(dst, stride)
			part := make([]float32, n*m)
			tile.MulFrom(m/2, part, m)
			for i := range n {
				if !slices.Equal(part[i*m+m/2:(i+1)*m], dst[i*stride+m/2:i*stride+m]) {
					t.Errorf("%v: row %d from column %d differs", s, i, m/2)
				}
			}
			var turned Tile32
			turned.SetA(b, d)
			turned.SetB(a, d)
			back := make([]float32, m*n)
			turned.Mul(back, n)
			c := blas32.General{Rows: n, Cols: m, Stride: m, Data: make([]float32, n*m)}
			if err := Gemm32(context.Background(), blas.NoTrans, blas.Trans, 1, blas32.General{Rows: n, Cols: d, Stride: d, Data: a}, blas32.General{Rows: m, Cols: d, Stride: d, Data: b}, 0, c); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				for j := range stride {
					v := dst[i*stride+j]
					if j >= m {
						if v == v {
							t.Fatalf("%v: wrote beyond row %d", s, i)
						}
						continue
					}
					exact, size := 0., 0.
					for k := range d {
						p := float64(a[i*d+k]) * float64(b[j*d+k])
						exact += p
						size += math.Abs(p)
					}
					if math.Abs(float64(v)-exact) > DotError32(d)*size {
						t.Fatalf("%v: at %d, %d got %v, want %v ± %v", s, i, j, v, exact, DotError32(d)*size)
					}
					one := Tile32{}
					one.SetA(a[i*d:(i+1)*d], d)
					one.SetB(b[j*d:(j+1)*d], d)
					var alone [1]float32
					one.Mul(alone[:], 1)
					if v != back[j*n+i] || v != c.Data[i*m+j] || v != alone[0] {
						t.Fatalf("%v: at %d, %d %v, turned round %v, in Gemm32 %v, alone %v", s, i, j, v, back[j*n+i], c.Data[i*m+j], alone[0])
					}
				}
			}
		}
	})
}

func TestTileRefusesRows(t *testing.T) {
	var tile Tile32
	panics(t, "a part of a row", func() { tile.SetA(make([]float32, 7), 3) })
	panics(t, "empty rows", func() { tile.SetB(nil, 0) })
	tile.SetA(make([]float32, 6), 3)
	tile.SetB(make([]float32, 8), 4)
	panics(t, "rows of two lengths", func() { tile.Mul(make([]float32, 4), 2) })
	tile.SetB(make([]float32, 9), 3)
	panics(t, "a result too small", func() { tile.Mul(make([]float32, 5), 3) })
}
