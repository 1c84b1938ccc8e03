package digits70k

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// made is the set of seed 0, which only tests that need all of it wait for.
var made = sync.OnceValue(func() *Set { return Make(0) })

var queries = flag.Int("queries", 500, "rows whose neighbours TestCopiesAreNoNeighbors looks up; 0 means all, the better part of an hour")

// The two promises on which a benchmark rests. Neighbours are looked up among
// all the other 69 999 rows, for a sample of rows (-queries): a copy that would
// give its label away is there to be found. The bounds hold for the whole set;
// the sample, which never changes, is given none of its own error.
func TestCopiesAreNoNeighbors(t *testing.T) {
	if testing.Short() {
		t.Log("short: " + "takes seconds without, and minutes with, the race detector")
		return
	}
	const k = 15
	set := made()
	n := *queries
	rows := make([]int, n)
	for q := range rows {
		s := rng.New(1, "digits70k/test", q)
		rows[q] = s.IntN(Rows)
	}
	if n == 0 {
		for r := range Rows {
			rows = append(rows, r)
		}
	}
	found := nearest(set.X, rows, k)
	var copies, right, twins float64
	for q, r := range rows {
		for _, j := range found[q] {
			if Original(j) == Original(r) {
				copies++
			}
		}
		if set.Labels[found[q][0]] == set.Labels[r] {
			right++
		}
		if Original(found[q][0]) == Original(r) {
			twins++
		}
	}
	m := float64(len(rows))
	copies, right, twins = copies/(k*m), right/m, twins/m
	t.Logf("%d rows: %.4f of their %d neighbours and %.4f of the nearest are copies; leave-one-out 1-NN accuracy %.4f",
		len(rows), copies, k, twins, right)
	if copies > 0.05 {
		t.Errorf("%.4f of the %d nearest neighbours are copies of the same digit, want at most 0.05", copies, k)
	}
	if right < 0.95 || right > 0.975 {
		t.Errorf("the nearest neighbour has the label of %.4f of the rows, want 0.95 to 0.975", right)
	}
}

// nearest returns the k rows of x nearest to each of the given ones, itself
// excluded, the nearest first. Float32 distances suffice for shares.
func nearest(x *mat32.Dense, rows []int, k int) [][]int {
	const queries, tile = 16, 128 // a tile stays in the cache while every query is measured against it
	n, d := x.Dims()
	found := make([][]int, len(rows))
	_ = par.BlocksWith(context.Background(), len(rows), queries, func() []float32 { return make([]float32, queries*n) },
		func(scratch []float32, lo, hi int) {
			for top := 0; top < n; top += tile {
				end := min(top+tile, n)
				for q := lo; q < hi; q++ {
					dist := scratch[(q-lo)*n:][:n]
					kernel.SquaredDistances32(dist[top:end], x.Row(rows[q]), x.Data()[top*d:end*d])
				}
			}
			for q := lo; q < hi; q++ {
				dist := scratch[(q-lo)*n:][:n]
				best := make([]int, 0, k+1)
				for j, v := range dist {
					if j == rows[q] || len(best) == k && v >= dist[best[k-1]] {
						continue
					}
					at, _ := slices.BinarySearchFunc(best, v, func(b int, v float32) int {
						if dist[b] > v {
							return 1
						}
						return -1
					})
					best = slices.Insert(best, at, j)
					best = best[:min(len(best), k)]
				}
				found[q] = best
			}
		})
	return found
}

// The measure of the test above sees copies where there are some.
func TestNearestFindsCopies(t *testing.T) {
	x := mat32.NewDense(30, 2, nil)
	for i := range 30 {
		copy(x.Row(i), []float32{float32(i % 10), float32(i/10) * 0.01})
	}
	for q, want := range [][]int{{10, 20}, {9, 29}} {
		if got := nearest(x, []int{[]int{0, 19}[q]}, 2)[0]; !slices.Equal(got, want) {
			t.Errorf("found %v, want %v", got, want)
		}
	}
}

func TestRowsAreWhatTheySay(t *testing.T) {
	if testing.Short() {
		t.Log("short: " + "makes the whole set")
		return
	}
	set := made()
	if n, d := set.X.Dims(); n != 70_000 || d != 784 || len(set.Labels) != n {
		t.Fatalf("%d × %d values, %d labels", n, d, len(set.Labels))
	}
	pixels, digits := mnist10k.Bytes()
	for r := range Rows {
		if set.Labels[r] != int(digits[Original(r)]) {
			t.Fatalf("row %d is labelled %d", r, set.Labels[r])
		}
		for k, v := range set.X.Row(r) {
			if v < 0 || v > 255 || r < Originals && v != float32(pixels[r*Side*Side+k]) {
				t.Fatalf("pixel %d of row %d is %v", k, r, v)
			}
		}
	}
	// A row is a function of the seed and its number.
	dst := make([]float32, Side*Side)
	for _, r := range []int{10_000, 10_063, 10_064, 34_567, 69_999} {
		draw(0, r).apply(dst, pixels[Original(r)*Side*Side:][:Side*Side])
		if !slices.Equal(dst, set.X.Row(r)) {
			t.Errorf("row %d has other bits when it is made alone", r)
		}
		if draw(0, r) == draw(1, r) || draw(0, r) == draw(0, r-1) {
			t.Errorf("row %d is distorted as another is", r)
		}
	}
	// Figures of benchmarks stand for these bits, which other processors may
	// round otherwise.
	const bits = "d41050b712e2022b"
	hash := sha256.New()
	for r := 0; r < Rows; r += 49 {
		if err := binary.Write(hash, binary.LittleEndian, set.X.Row(r)); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprintf("%x", hash.Sum(nil)[:8]); runtime.GOARCH == "amd64" && got != bits {
		t.Errorf("the set has the hash %s, it had %s", got, bits)
	}
}

func TestDistortionsFillTheirRanges(t *testing.T) {
	const n = 20_000
	numbers := map[string]struct {
		lo, hi float64
		of     func(distortion) float64
	}{
		"rotation": {-15 * math.Pi / 180, 15 * math.Pi / 180, func(d distortion) float64 { return d.rotation }},
		"scale":    {0.85, 1.15, func(d distortion) float64 { return d.scale }},
		"shear":    {-0.15, 0.15, func(d distortion) float64 { return d.shear }},
		"dx":       {-2, 2, func(d distortion) float64 { return d.dx }},
		"dy":       {-2, 2, func(d distortion) float64 { return d.dy }},
	}
	drawn := map[string][]float64{}
	for r := range n {
		d := draw(3, r)
		for name, number := range numbers {
			drawn[name] = append(drawn[name], number.of(d))
		}
	}
	for name, number := range numbers {
		v := drawn[name]
		for other := range numbers {
			if r := stat.Correlation(v, drawn[other], nil); name != other && math.Abs(r) > 5/math.Sqrt(n) {
				t.Errorf("%s and %s correlate %v", name, other, r)
			}
		}
		width := number.hi - number.lo
		mean, sd := stat.MeanStdDev(v, nil)
		if lo, hi := slices.Min(v), slices.Max(v); lo < number.lo || hi > number.hi || hi-lo < 0.998*width {
			t.Errorf("%s is drawn from [%v, %v], want [%v, %v]", name, lo, hi, number.lo, number.hi)
		}
		if middle := (number.lo + number.hi) / 2; math.Abs(mean-middle) > 5*width/math.Sqrt(12*n) ||
			math.Abs(sd*math.Sqrt(12)/width-1) > 5/math.Sqrt(n) {
			t.Errorf("%s has mean %v and standard deviation %v", name, mean, sd)
		}
	}
}

// A bright pixel goes where the map takes it, and half-way between pixels it is
// shared between them.
func TestDistortionsMoveInk(t *testing.T) {
	dot := func(x, y int) []byte {
		image := make([]byte, Side*Side)
		image[y*Side+x] = 200
		return image
	}
	// middle returns the ink and its centre of mass, from the middle of the image.
	middle := func(image []float32) (ink, x, y float64) {
		for k, v := range image {
			ink += float64(v)
			x += float64(v) * (float64(k%Side) - 13.5)
			y += float64(v) * (float64(k/Side) - 13.5)
		}
		return ink, x / ink, y / ink
	}
	dst := make([]float32, Side*Side)
	for name, c := range map[string]struct {
		d            distortion
		x, y         float64 // where the pixel at (6.5, −3.5) from the middle goes
		ink, precise float64
	}{
		"nothing":  {distortion{scale: 1}, 6.5, -3.5, 200, 1e-12},
		"shift":    {distortion{scale: 1, dx: 1.5, dy: -2}, 8, -5.5, 200, 1e-12},
		"quarter":  {distortion{scale: 1, rotation: math.Pi / 2}, 3.5, 6.5, 200, 1e-9},
		"half":     {distortion{scale: 1, rotation: math.Pi}, -6.5, 3.5, 200, 1e-9},
		"shear":    {distortion{scale: 1, shear: 1}, 3, -3.5, 200, 1e-9},
		"larger":   {distortion{scale: 1.15}, 6.5 * 1.15, -3.5 * 1.15, 200 * 1.15 * 1.15, 0.2},
		"rotation": {distortion{scale: 1, rotation: 0.2}, 6.5*math.Cos(.2) + 3.5*math.Sin(.2), 6.5*math.Sin(.2) - 3.5*math.Cos(.2), 200, 0.2},
	} {
		c.d.apply(dst, dot(20, 10))
		ink, x, y := middle(dst)
		if math.Hypot(x-c.x, y-c.y) > c.precise || math.Abs(ink/c.ink-1) > max(c.precise, 1e-9) {
			t.Errorf("%s: %v of ink at (%v, %v), want %v at (%v, %v)", name, ink, x, y, c.ink, c.x, c.y)
		}
	}
	// Half a pixel to the right is half the ink in either.
	distortion{scale: 1, dx: 0.5}.apply(dst, dot(20, 10))
	if dst[10*Side+20] != 100 || dst[10*Side+21] != 100 {
		t.Errorf("half a pixel shares the ink as %v and %v", dst[10*Side+20], dst[10*Side+21])
	}
	// What leaves the image is gone, what enters is paper.
	distortion{scale: 1, dx: 2}.apply(dst, dot(27, 0))
	if ink := slices.Max(dst); ink != 0 {
		t.Errorf("ink %v comes in again", ink)
	}
	distortion{scale: 1, dx: 0.5, dy: 0.5}.apply(dst, dot(27, 27))
	if got := dst[27*Side+27]; got != 50 {
		t.Errorf("the corner is cut to %v, want 50", got)
	}
}

func TestNPY(t *testing.T) {
	var b bytes.Buffer
	err := writeNPY(&b, npyhead.Head{Type: "<f4", Shape: []int{2, 3}}, []float32{1, 2, 3, 4, 5, 6},
		func(b []byte, v float32) []byte { return binary.LittleEndian.AppendUint32(b, math.Float32bits(v)) })
	if err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	size := int(binary.LittleEndian.Uint16(file[8:]))
	head, values := string(file[10:10+size]), file[10+size:]
	if string(file[:8]) != "\x93NUMPY\x01\x00" || (10+size)%64 != 0 || !strings.HasSuffix(head, " \n") ||
		strings.TrimSpace(head) != "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" {
		t.Errorf("head %q", file[:10+size])
	}
	if len(values) != 24 || math.Float32frombits(binary.LittleEndian.Uint32(values[20:])) != 6 {
		t.Errorf("values % x", values)
	}
	full := fmt.Errorf("the disk is full")
	if err := (&Set{X: mat32.NewDense(1, 4, nil)}).WriteImages(failing{full}); err != full {
		t.Errorf("a failed write gives %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
