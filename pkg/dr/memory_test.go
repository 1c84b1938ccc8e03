package dr_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// live returns the bytes that are in use.
func live() int64 {
	runtime.GC()
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// highest returns how many bytes more than before are in use while f runs, at most,
// as far as looking again and again can tell.
func highest(f func()) int64 {
	before, done, peak := live(), make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for {
			select {
			case <-done:
				peak <- most
				return
			default:
				most = max(most, live())
				time.Sleep(200 * time.Microsecond)
			}
		}
	}()
	f()
	close(done)
	return <-peak - before
}

// What a limit is compared with is no less than what is taken.
func TestForecastsCoverWhatIsTaken(t *testing.T) {
	if testing.Short() {
		t.Skip("the collector runs all the time: the unit stage has it")
	}
	ctx := context.Background()
	rows := func(n, d int) *mat.Dense { return fixture.Normal(1, n, d) }
	gaps := func(n, d int, v float64) *mat.Dense {
		x := rows(n, d)
		x.Apply(func(i, j int, u float64) float64 {
			if (i*7+j*3)%10 == 0 {
				return v
			}
			return u
		}, x)
		return x
	}
	for _, c := range []struct {
		method any
		x      *mat.Dense
	}{
		{dr.IncrementalPCA{Solver: dr.Incremental, Components: 50}, rows(1999, 400)},
		{dr.IncrementalPCA{Solver: dr.Exact}, rows(1100, 400)},
		{dr.StreamingPCA{Components: 200}, rows(1100, 1000)},
		{dr.RobustPCA{Components: 5}, rows(200, 5000)},
		{dr.TLDR{Epochs: 1, EncoderLayers: 1, Nonlinear: true, ProjectorWidth: 32}, rows(3000, 10)},
		{dr.GaussianLinear{Components: 10, Centers: 100, Iterations: 2}, rows(200, 300)},
		{dr.FactorAnalysis{Components: 3}, rows(8000, 100)},
		{dr.PCA{Missing: dr.EM, Components: 2, Rounds: 2}, gaps(4000, 100, math.NaN())},
		{dr.FastICA{Components: 2, Deflation: true, Iterations: 2}, rows(10000, 60)},
		{dr.MPAD{Components: 2, Iterations: 2}, rows(1500, 300)},
		{dr.PrincipalComponentPursuit{Iterations: 8, Sparsity: 1e6}, rows(60, 5000)},
		{dr.OneSidedPCA{Components: 2, Iterations: 2}, gaps(8000, 60, 0)},
		{dr.SparsePCA{Components: 2, Iterations: 2}, rows(6000, 100)},
		{dr.BayesianPCA{Components: 2}, rows(6000, 100)},
		{dr.MetricMDS{Iterations: 2}, rows(900, 5)},
		{dr.MetricMDS{Iterations: 2, Weights: pairWeights(500)}, rows(500, 5)},
		{dr.NonMetricMDS{Iterations: 2}, rows(900, 5)},
		{dr.FunctorialMDS{Iterations: 2}, rows(900, 5)},
		{dr.Sammon{Iterations: 2}, rows(500, 5)},
		{dr.ClassicalMDS{}, rows(900, 50)},
		{dr.LaplacianEigenmaps{}, rows(3000, 20)},
		{dr.LaplacianEigenmaps{Components: 30, Neighbors: 5}, rows(3000, 20)},
		{dr.DiffusionMaps{}, rows(2000, 20)},
		{dr.VectorDiffusionMaps{Dim: 3}, rows(1500, 20)},
		{dr.ClassicalMDS{Solver: dr.Exact}, rows(500, 5)},
		{dr.PHATE{Iterations: 2}, rows(700, 10)},
		{dr.PHATE{Iterations: 2, Time: 3, Landmarks: 100}, rows(3000, 10)},
		{dr.HeatGeodesic{Iterations: 2}, rows(700, 10)},
		{dr.LargeVis{Samples: 20}, rows(3000, 10)},
		{dr.TriMap{Iterations: 2}, rows(3000, 10)},
		{dr.TriMap{Iterations: 2, Columns: 20}, rows(3000, 60)},
		{dr.LandmarkMDS{}, rows(5000, 20)},
	} {
		fit := func(limit int64) error {
			m := reflect.New(reflect.TypeOf(c.method)).Elem()
			m.Set(reflect.ValueOf(c.method))
			m.FieldByName("MemoryLimit").SetInt(limit)
			out := m.MethodByName("Fit").Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(c.x)})
			err, _ := out[1].Interface().(error)
			return err
		}
		var refused *mat32.MemoryError
		if err := fit(1); !errors.As(err, &refused) {
			t.Errorf("%T: with a limit of one byte: %v", c.method, err)
			continue
		}
		var err error
		taken := int64(math.MaxInt64)
		for range 5 { // what becomes garbage while the collector looks is counted as well
			if taken = min(taken, highest(func() { err = fit(1 << 30) })); taken <= refused.Need {
				break
			}
		}
		n, d := c.x.Dims()
		t.Logf("%T of %d × %d: %.1f MB are forecast and %.1f MB taken", c.method, n, d, float64(refused.Need)/1e6, float64(taken)/1e6)
		if err != nil || taken > refused.Need {
			t.Errorf("%T of %d × %d: %d bytes are forecast and %d taken (%v)", c.method, n, d, refused.Need, taken, err)
		}
	}
}
