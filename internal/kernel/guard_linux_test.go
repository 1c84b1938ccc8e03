package kernel

import (
	"context"
	"math"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/testenv"
)

// fenced hands out slices that touch memory which nobody may read or write:
// assembly knows no bounds, and stray reads go unnoticed nearly everywhere else.
type fenced struct {
	t    *testing.T
	last bool // the slices end where that begins, or begin where it ends
}

// bytes returns so many, on pages of their own.
func (f fenced) bytes(n int) unsafe.Pointer {
	f.t.Helper()
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { syscall.Munmap(m) })
	for _, fence := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			f.t.Fatal(err)
		}
	}
	if f.last {
		return unsafe.Pointer(&m[page : page+size+1][size-n])
	}
	return unsafe.Pointer(&m[page])
}

func (f fenced) wide(values []float64) []float64 {
	s := unsafe.Slice((*float64)(f.bytes(8*len(values))), len(values))
	copy(s, values)
	return s
}

func (f fenced) short(values []float32) []float32 {
	s := unsafe.Slice((*float32)(f.bytes(4*len(values))), len(values))
	copy(s, values)
	return s
}

func (f fenced) list(values []int32) []int32 {
	s := unsafe.Slice((*int32)(f.bytes(4*len(values))), len(values))
	copy(s, values)
	return s
}

// touch runs f, and fails where it reads or writes what it must not.
func touch(t *testing.T, name string, n int, f func()) {
	t.Helper()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s of %d values: %v", name, n, r)
		}
	}()
	f()
}

// The fences themselves: a test of this file can fail.
func TestFencesStop(t *testing.T) {
	for _, f := range []fenced{{t, false}, {t, true}} {
		a := f.wide(make([]float64, 5))
		beyond := unsafe.Slice(&a[0], 6)
		if !f.last {
			beyond = unsafe.Slice((*float64)(unsafe.Add(unsafe.Pointer(&a[0]), -8)), 6)
		}
		panics(t, "a read beyond the fence", func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			Dot64(beyond, beyond)
		})
	}
}

func TestVectorsStayWithinTheirSlices(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, f := range []fenced{{t, false}, {t, true}} {
			wide, short := f.wide(make([]float64, 3*longest)), f.short(make([]float32, 4*longest))
			cut := func(n int) (a, b []float64, a32, b32 []float32) {
				// Two slices at the fence would be one; reads of the same memory do.
				if f.last {
					return wide[len(wide)-n:], wide[len(wide)-n:], short[len(short)-n:], short[len(short)-n:]
				}
				return wide[:n], wide[:n], short[:n], short[:n]
			}
			for n := 0; n <= longest; n++ {
				a, b, a32, b32 := cut(n)
				for _, k := range reductions {
					touch(t, k.name, n, func() {
						if k.rows != nil {
							k.rows(a32, b32)
						} else {
							k.wide(a, b)
						}
					})
				}
				touch(t, "norms", n, func() { DotNorms64(a, b); DotNormsMixed(a32, b32) })
				touch(t, "stress", n, func() { AddSquares64(a, b, 0.5); Ratios64(a, b); Pull64(a, b, b, 0.5) })
				touch(t, "four points", n, func() { FourPoints32(a32, b32, a32, 1, 2, 3) })
				touch(t, "decay", n, func() { Decay64(a, 0.5); DecayRoots64(a, 0.5) })
				touch(t, "updates", n, func() {
					Axpy64(0.5, a, b)
					Axpy32(0.5, a32, b32)
					DotAxpy64(0.5, a, a, b)
					Scal64(0.5, a)
					Scal32(0.5, a32)
					Rot64(a, b, 0.6, 0.8)
				})
				if n > 60 && n%7 != 0 {
					continue
				}
				const rows = 5
				q, data, dst := f.short(make([]float32, n)), f.short(make([]float32, rows*n)), f.short(make([]float32, rows))
				list := f.list([]int32{4, 0, 3, 4, 2})
				touch(t, "rows", n, func() {
					SquaredDistances32(dst, q, data)
					Dots32(dst, q, data)
					Manhattans32(dst, q, data)
					SquaredDistancesTo32(dst, q, data, list)
					DotsTo32(dst, q, data, list)
					ManhattansTo32(dst, q, data, list)
				})
				x, values, to := f.wide(make([]float64, rows*n)), f.wide(make([]float64, rows)), f.wide(make([]float64, n))
				touch(t, "Gather64", n, func() {
					Gather64(1, values, list, x, n, 0, to)
					Gather64(1, values, list, x, n, 1, to)
				})
				keys := unsafe.Slice((*uint64)(f.bytes(8*n)), n)
				touch(t, "HasMasked", n, func() { HasMasked(keys, 1, 1) })
				hits, found := f.list(make([]int32, n)), f.short(make([]float32, n))
				touch(t, "Below32", n, func() {
					// Every one is a hit, and fills hits to the fence.
					CountBelow32(q, q, 0, 1)
					Below32(hits, found, q, q, nil, 0, 1)
					Below32(hits, found, q, q, q, 0, 1)
				})
				counts := f.list(make([]int32, n))
				touch(t, "CountEach32", n, func() {
					Distances32(found, q, q, 1)
					CountEach32(counts, q, q)
					Between32(hits, q, -1, 1)
				})
			}
		}
	})
}

func TestProductsStayWithinTheirMatrices(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	eachPath(t, func(t *testing.T) {
		for _, f := range []fenced{{t, false}, {t, true}} {
			for _, s := range shapes {
				m, n, k := s[0], s[1], s[2]
				for _, ta := range transposes {
					for _, tb := range transposes {
						for _, gap := range []int{0, 3} {
							if testing.Short() && gap > 0 {
								continue
							}
							wide := func(m blas64.General) blas64.General {
								m = tight(m, gap)
								m.Data = f.wide(m.Data)
								return m
							}
							a, b, c := wide(stored(ta, m, k, 0)), wide(stored(tb, k, n, 1)), wide(general(m, n, 2))
							short := func(m blas64.General) blas32.General {
								s := general32(m)
								s.Data = f.short(s.Data)
								return s
							}
							a32, b32, c32 := short(a), short(b), short(c)
							touch(t, "Gemm", m*n*k, func() {
								for _, beta := range []float64{0, 1} {
									if Gemm64(ctx, ta, tb, 1, a, b, beta, c) != nil || Gemm32(ctx, ta, tb, 1, a32, b32, float32(beta), c32) != nil {
										t.Error("no product")
									}
								}
							})
						}
					}
				}
			}
			for _, s := range [][3]int{{1, 1, 1}, {7, 33, 50}, {6, 16, 300}, {13, 31, 9}} {
				_, a := sample(s[0]*s[2], 0, 1, 1)
				_, b := sample(s[1]*s[2], 0, 2, 1)
				a, b, dst := f.short(a), f.short(b), f.short(make([]float32, s[0]*s[1]))
				touch(t, "Tile32", s[2], func() {
					var tile Tile32
					tile.SetA(a, s[2])
					tile.SetB(b, s[2])
					tile.Mul(dst, s[1])
				})
				for _, v := range dst {
					if math.IsNaN(float64(v)) {
						t.Fatal("NaN")
					}
				}
			}
		}
	})
}

// tight returns m with so much room between its rows, and none after the last.
func tight(m blas64.General, gap int) blas64.General {
	out := blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: max(1, m.Cols+gap)}
	if m.Rows == 0 || m.Cols == 0 {
		return out
	}
	out.Data = make([]float64, (m.Rows-1)*out.Stride+m.Cols)
	for i := range m.Rows {
		copy(out.Data[i*out.Stride:], m.Data[i*m.Stride:][:m.Cols])
	}
	return out
}
