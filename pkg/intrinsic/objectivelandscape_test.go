package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// blocks is the problem of the paper: parameters in equal blocks, each of which must add
// up to its number. It has as many dimensions as there are blocks.
type blocks struct{ count, size int }

func (b blocks) Parameters() int { return b.count * b.size }

func (b blocks) Loss(gradient, parameters []float64) (loss float64) {
	for k := range b.count {
		miss := -float64(k + 1)
		for _, v := range parameters[k*b.size : (k+1)*b.size] {
			miss += v
		}
		loss += miss * miss
		for j := range b.size {
			gradient[k*b.size+j] = 2 * miss
		}
	}
	return loss
}

// The problem of 1000 parameters in ten blocks has exactly ten dimensions, and one of
// seven blocks seven, in whatever subspace.
func TestObjectiveLandscapeOfBlocksIsExact(t *testing.T) {
	testenv.Unraced(t)
	for _, subspace := range []intrinsic.Subspace{intrinsic.DenseSubspace, intrinsic.SparseSubspace, intrinsic.FastfoodSubspace} {
		for seed := range uint64(3) {
			for _, b := range []blocks{{10, 100}, {7, 40}} {
				o := intrinsic.ObjectiveLandscape{Subspace: subspace, Threshold: .9999, Seed: seed}
				l, err := o.Measure(context.Background(), b, make([]float64, b.Parameters()))
				if err != nil || l.Dimension != b.count || l.Compression() != float64(b.size) {
					t.Errorf("%v, seed %d, %+v: %v, %v", subspace, seed, b, l, err)
				}
			}
		}
	}
	o := intrinsic.ObjectiveLandscape{Dims: []int{12, 3, 9, 10, 12}, Threshold: .9999}
	l, err := o.Measure(context.Background(), blocks{10, 100}, make([]float64, 1000))
	if err != nil || len(l.Curve) != 4 || l.Dimension != 10 || l.Curve[0].Dim != 3 || l.Curve[1].Solved || !l.Curve[3].Solved {
		t.Errorf("the dimensions given: %v, %v", l, err)
	}
	for i := 1; i < len(l.Curve); i++ {
		if l.Curve[i].Score < l.Curve[i-1].Score-1e-3 {
			t.Errorf("the score falls: %v", l)
		}
	}
}

// A factor for every layer is a dimension, and of two factors only the ratio is new to the
// seven sums, since a common one lengthens u: eight dimensions, where seven would do
// without.
func TestObjectiveLandscapeWithLayers(t *testing.T) {
	o := intrinsic.ObjectiveLandscape{LayerScale: []int{120, 160}, Threshold: .9999, Dims: []int{5, 6, 7, 8}}
	l, err := o.Measure(context.Background(), blocks{7, 40}, make([]float64, 280))
	if err != nil || l.Dimension != 8 {
		t.Errorf("%v, %v", l, err)
	}
	again, err := o.Measure(context.Background(), blocks{7, 40}, make([]float64, 280))
	if err != nil || !reflect.DeepEqual(l, again) {
		t.Errorf("%v, again %v, %v", l, again, err)
	}
}

// bounded has a score of its own.
type bounded struct{ blocks }

func (b bounded) Score(parameters []float64) float64 {
	return b.worth(b.Loss(make([]float64, len(parameters)), parameters))
}

func (bounded) worth(loss float64) float64 { return 1 / (1 + loss) }

// curse is a loss that is nowhere finite.
type curse struct{ blocks }

func (curse) Loss(gradient, parameters []float64) float64 { return math.NaN() }

// useless has the score 0 everywhere.
type useless struct{ blocks }

func (useless) Score([]float64) float64 { return 0 }

// slow takes its time.
type slow struct{ blocks }

func (s slow) Loss(gradient, parameters []float64) float64 {
	time.Sleep(time.Millisecond)
	return s.blocks.Loss(gradient, parameters)
}

func TestObjectiveLandscapeRefuses(t *testing.T) {
	ctx := context.Background()
	b := blocks{3, 20}
	zero := make([]float64, 60)
	l, err := intrinsic.ObjectiveLandscape{}.Measure(ctx, bounded{b}, zero)
	if err != nil || l.Dimension != 3 || math.Abs(l.Baseline-1) > 1e-6 {
		t.Errorf("a score of its own: %v, %v", l, err)
	}
	var param *mat32.ParamError
	for name, o := range map[string]intrinsic.ObjectiveLandscape{
		"Subspace": {Subspace: 3}, "Threshold": {Threshold: 1.5}, "Iterations": {Iterations: -1}, "LayerScale": {LayerScale: []int{30, 31}}, "Dims": {Dims: []int{61}}} {
		if _, err := o.Measure(ctx, b, zero); !errors.As(err, &param) || param.Param != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (intrinsic.ObjectiveLandscape{}).Measure(ctx, b, zero[1:]); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("a start that is too short: %v", err)
	}
	if _, err := (intrinsic.ObjectiveLandscape{}).Measure(ctx, b, append(fixture.Normal(1, 1, 59).RawMatrix().Data, math.NaN())); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("a start of NaN: %v", err)
	}
	for _, o := range []intrinsic.Objective{curse{b}, useless{b}} {
		if _, err := (intrinsic.ObjectiveLandscape{}).Measure(ctx, o, zero); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%T: %v", o, err)
		}
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := (intrinsic.ObjectiveLandscape{}).Measure(soon, slow{b}, zero); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
		t.Errorf("a cancel: %v after %v", err, time.Since(start))
	}
}

func ExampleObjectiveLandscape() {
	l, err := intrinsic.ObjectiveLandscape{Threshold: .9999}.Measure(context.Background(), blocks{10, 100}, make([]float64, 1000))
	fmt.Println(l.Dimension, l.Compression(), err)
	// Output: 10 100 <nil>
}
