package nn_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/nn"
)

// Features of equal importance that are sparse lie at the corners of the paper's figures, and dense
// ones have a dimension each or none.
func TestToySuperpositionFindsTheFiguresOfThePaper(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		figure           string
		features, hidden int
		sparsity         float64
		steps, batch     int
		want             float64
	}{
		{"a pair of opposites", 2, 1, .9, 1500, 512, 1. / 2},
		{"two triangles", 6, 4, .3, 1500, 384, 2. / 3},
		{"a pentagon", 5, 2, .99, 3000, 1024, 2. / 5},
		{"a tetrahedron", 4, 3, .3, 1500, 384, 3. / 4},
		{"a square antiprism", 8, 3, .995, 3000, 1024, 3. / 8},
	} {
		s, err := nn.ToySuperposition{Features: c.features, Hidden: c.hidden, Sparsity: c.sparsity, Instances: 6, Steps: c.steps, Batch: c.batch, Rate: .01}.Train(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		// The figure is that of an instance whose loss is within a fiftieth of the least: dense
		// features come to rest in several that are nearly as good, and their batches are noisy.
		off := math.Inf(1)
		for _, one := range s.Instances {
			got, err := geometry.FeatureDimensionality(context.Background(), one.Directions)
			if err != nil {
				t.Fatal(err)
			}
			if one.Loss <= 1.02*s.Instances[s.Best].Loss {
				worst := 0.
				for _, v := range got.PerRow {
					worst = max(worst, math.Abs(v-c.want))
				}
				off = min(off, worst)
			}
		}
		if off > .03 {
			t.Errorf("%s: no instance has %.4f of a dimension for every feature, all are off by %.4f and more", c.figure, c.want, off)
		}
	}
	s, err := nn.ToySuperposition{Features: 5, Hidden: 2, Sparsity: nn.Zero, Importance: []float64{1, .9, .8, .7, .6}, Instances: 4, Steps: 3000, Rate: .01}.Train(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got, err := geometry.FeatureDimensionality(context.Background(), s.Instances[s.Best].Directions)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got.PerRow {
		length := mat.Norm(s.Instances[s.Best].Directions.RowView(i), 2)
		if i < 2 && (v < .98 || math.Abs(length-1) > .02) || i >= 2 && length > .02 {
			t.Errorf("dense features: number %d has %.4f of a dimension and length %.4f", i, v, length)
		}
	}
}

// Instances of two features are no worse than the best of the three pure networks, and in its
// phase where another is clearly worse.
func TestPhaseDiagramIsThatOfTheory(t *testing.T) {
	testenv.Unraced(t)
	diagram := nn.PhaseDiagram{Sparsities: []float64{0, .5, .9, .98}, Importances: []float64{.2, .8, 3}, Instances: 2, Steps: 1500}
	d, err := diagram.Train(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[nn.Phase]int{}
	for i, r := range d.Importances {
		for j, s := range d.Sparsities {
			c := d.Cells[i][j]
			want, loss := diagram.Theory(s, r)
			seen[c.Phase]++
			if c.Phase != want {
				t.Errorf("sparsity %v, importance %v: %v, want %v; loss %.5g, in theory %.5g", s, r, c.Phase, want, c.Loss, loss)
			}
			if !(c.Loss <= 1.12*loss) {
				t.Errorf("sparsity %v, importance %v: a loss of %.5g, in theory %.5g", s, r, c.Loss, loss)
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("phases %v: want all three", seen)
	}
}

func TestToySuperpositionSameBitsAndRefusals(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	toy := nn.ToySuperposition{Features: 12, Hidden: 9, Instances: 3, Steps: 20, Batch: 64}
	var want *nn.Superposition
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		got, err := toy.Train(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("other bits on %d cores", procs)
		}
	}
	for name, o := range map[string]nn.ToySuperposition{"Sparsity": {Sparsity: 1}, "Importance": {Importance: []float64{1}}, "Features": {Features: -1}, "Rate": {Rate: math.NaN()}} {
		var param *mat32.ParamError
		if _, err := o.Train(context.Background()); !errors.As(err, &param) || param.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (nn.PhaseDiagram{Sparsities: []float64{1}}).Train(context.Background()); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("a sparsity of 1: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := toy.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTheoryOfNoProbability(t *testing.T) {
	for _, c := range [][2]float64{{-.1, 1}, {1.1, 1}, {math.NaN(), 1}, {.5, -1}, {.5, math.NaN()}} {
		if phase, loss := (nn.PhaseDiagram{}).Theory(c[0], c[1]); phase != nn.Dropped || !math.IsNaN(loss) {
			t.Errorf("sparsity %v, importance %v: %v with a loss of %v", c[0], c[1], phase, loss)
		}
	}
}

// A step of many samples of many features takes a second: a cancel is heard within it.
func TestToySuperpositionHearsACancelWithinAStep(t *testing.T) {
	testenv.Unraced(t)
	wide := nn.ToySuperposition{Features: 200, Hidden: 50, Sparsity: nn.Zero, Batch: 30000, Instances: 2, Steps: 100}
	least := time.Hour
	for range 3 { // a busy machine is late once
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		began := time.Now()
		_, err := wide.Train(ctx)
		took := time.Since(began) - 50*time.Millisecond
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a context that ends: %v", err)
		}
		if least = min(least, took); least < 250*time.Millisecond {
			return
		}
	}
	t.Errorf("it is heard after %v", least)
}

func ExampleToySuperposition() {
	s, err := nn.ToySuperposition{Features: 2, Hidden: 1, Instances: 2, Steps: 1000, Rate: .01}.Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := geometry.FeatureDimensionality(context.Background(), s.Instances[s.Best].Directions)
	fmt.Printf("%.2f %v\n", d.PerRow, err) // two features that share one dimension
	// Output: [0.50 0.50] <nil>
}

func ExamplePhaseDiagram() {
	d, err := nn.PhaseDiagram{Sparsities: []float64{0, .95}, Importances: []float64{.5}, Steps: 1000}.Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Cells[0][0].Phase, d.Cells[0][1].Phase)
	// Output: dropped shared
}
