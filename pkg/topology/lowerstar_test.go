package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleLowerStar_Image() {
	// Two valleys, 0 and 1, meet at 3; around the peak, 9, is a ring at 5.
	x := mat.NewDense(3, 5, []float64{
		0, 3, 5, 5, 5,
		0, 3, 5, 9, 5,
		0, 3, 1, 5, 5,
	})
	p, err := LowerStar{}.Image(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pieces", p.Diagrams[0], "holes", p.Diagrams[1])
	// Output:
	// pieces [{0 +Inf} {1 3}] holes [{5 9}]
}

// cubes returns the cubical complex of an image as the cells of the reference, and the faces
// of each by its name.
func cubical(x mat.Matrix) (all []cell) {
	rows, cols := x.Dims()
	for i := range rows {
		for j := range cols {
			v := func(di, dj int) float64 { return x.At(i+di, j+dj) }
			name := func(di, dj int) int { return (i+di)*cols + j + dj }
			all = append(all, cell{v(0, 0), 0, []int{name(0, 0)}})
			if i+1 < rows {
				all = append(all, cell{max(v(0, 0), v(1, 0)), 1, []int{name(0, 0), name(1, 0)}})
			}
			if j+1 < cols {
				all = append(all, cell{max(v(0, 0), v(0, 1)), 1, []int{name(0, 0), name(0, 1)}})
			}
			if i+1 < rows && j+1 < cols {
				// A square is two triangles and the diagonal between them, which comes with it.
				most := max(v(0, 0), v(0, 1), v(1, 0), v(1, 1))
				all = append(all, cell{most, 1, []int{name(0, 0), name(1, 1)}},
					cell{most, 2, []int{name(0, 0), name(0, 1), name(1, 1)}}, cell{most, 2, []int{name(0, 0), name(1, 0), name(1, 1)}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b cell) int {
		switch {
		case a.value != b.value:
			if a.value < b.value {
				return -1
			}
			return 1
		}
		return a.dim - b.dim
	})
	return all
}

func TestLowerStarReference(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 5))
	for trial := range 60 {
		rows, cols := 1+g.IntN(7), 1+g.IntN(7)
		x := mat.NewDense(rows, cols, nil)
		for i := range rows {
			for j := range cols {
				x.Set(i, j, float64(g.IntN(9))-3)
				if trial%2 == 0 {
					x.Set(i, j, g.NormFloat64()*1e-9+1)
				}
			}
		}
		p, err := LowerStar{}.Image(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range reference(cubical(x), 1, 2) {
			if !slices.Equal(p.Diagrams[k], want) {
				t.Fatalf("%d × %d, dimension %d: %v, want %v", rows, cols, k, p.Diagrams[k], want)
			}
		}
	}
}

// On a graph whose function is that of the points, cliques are filled as in a Rips complex.
func TestLowerStarOnGraph(t *testing.T) {
	g := rand.New(rand.NewPCG(9, 5))
	for trial := range 30 {
		n := 3 + g.IntN(8)
		d := mat.NewDense(n, n, nil)
		values := make([]float64, n)
		var start []int
		var indices []int32
		for i := range n {
			values[i] = float64(g.IntN(5)) - 2
			for j := range i {
				if v := 9.; g.IntN(2) == 0 {
					v = -9
					d.Set(i, j, v)
					d.Set(j, i, v)
				} else {
					d.Set(i, j, v)
					d.Set(j, i, v)
				}
			}
		}
		for i := range n {
			start = append(start, len(indices))
			for j := range n {
				if d.At(i, j) < 0 {
					indices = append(indices, int32(j))
				}
			}
		}
		weights := slices.Repeat([]float64{1}, len(indices))
		s, err := affinity.NewSparse(n, append(start, len(indices)), indices, weights)
		if err != nil {
			t.Fatal(err)
		}
		p, err := LowerStar{MaxDim: 2, Prime: 3}.Graph(t.Context(), s, values)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range reference(simplices(d, values, 3, 5), 2, 3) {
			if !slices.Equal(p.Diagrams[k], want) {
				t.Fatalf("trial %d, dimension %d: %v, want %v", trial, k, p.Diagrams[k], want)
			}
		}
	}
}

func TestLowerStarErrors(t *testing.T) {
	one, err := affinity.NewSparse(2, []int{0, 1, 1}, []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		run  func() error
		want any
	}{
		"NaN": {func() error {
			_, err := LowerStar{}.Image(t.Context(), mat.NewDense(1, 1, []float64{math.NaN()}))
			return err
		}, new(*mat32.NotFiniteError)},
		"dimension 2 of an image": {func() error {
			_, err := LowerStar{MaxDim: 2}.Image(t.Context(), mat.NewDense(1, 1, nil))
			return err
		}, new(*mat32.ParamError)},
		"memory": {func() error {
			_, err := LowerStar{MemoryLimit: 1}.Image(t.Context(), mat.NewDense(1, 1, nil))
			return err
		}, new(*mat32.MemoryError)},
		"one way": {func() error {
			_, err := LowerStar{}.Graph(t.Context(), one, make([]float64, 2))
			return err
		}, new(*mat32.DegenerateError)},
		"too few values": {func() error {
			_, err := LowerStar{}.Graph(t.Context(), one, make([]float64, 1))
			return err
		}, new(*mat32.ShapeError)},
	} {
		if err := c.run(); err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (LowerStar{}).Image(canceled, mat.NewDense(9, 9, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
