package nn

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PhaseDiagram trains a ToySuperposition of two features in one dimension at every Sparsity and
// Importance of the second feature: is it dropped, does it have the dimension to itself, or do the
// two share it, as opposites?
//
// Time O(cells·Instances·Steps·Batch), some 20 s on two cores for the defaults.
//
// Source: as for ToySuperposition.
type PhaseDiagram struct {
	// Sparsities are the probabilities that a feature is zero, below 1. Default 10, from 0 to
	// 0.99, even in the logarithm of 1 − Sparsity.
	Sparsities []float64

	// Importances are those of the second feature, of the first 1. Default 10, from 0.1 to 10,
	// even in their logarithm.
	Importances []float64

	// Instances of each, of which that of the least loss counts. Default 4.
	Instances int

	// Steps of training. Default 2000.
	Steps int

	// Seed draws the first parameters and the samples.
	Seed uint64
}

// Phase is what became of the second of two features.
type Phase int

// Phases.
const (
	Dropped   Phase = iota // it is not there
	Dedicated              // it has the dimension, and the first feature is dropped
	Shared                 // the two are in superposition, at opposite ends
)

var phases = [...]string{"dropped", "dedicated", "shared"}

// String returns the name.
func (p Phase) String() string {
	if p < 0 || int(p) >= len(phases) {
		return fmt.Sprintf("Phase(%d)", int(p))
	}
	return phases[p]
}

// Phases is a phase diagram. Cells are by Importance and then by Sparsity.
type Phases struct {
	Sparsities, Importances []float64
	Cells                   [][]PhaseCell
}

// PhaseCell is one network of a phase diagram.
type PhaseCell struct {
	Phase         Phase
	First, Second float64 // the lengths of the two features
	Loss          float64
}

// Theory returns the phase of the least loss among the three pure ones, and that loss: one feature
// told exactly and the mean of the other, or both as opposites. With p = 1 − sparsity and r
// the importance, dropping the second costs r·(p/3 − p²/4), dropping the first p/3 − p²/4,
// and sharing p²·(1 + r)/6. The loss is NaN, and the phase Dropped, for a sparsity that is no
// probability and an importance below 0.
func (PhaseDiagram) Theory(sparsity, importance float64) (Phase, float64) {
	if !(sparsity >= 0 && sparsity <= 1 && importance >= 0) {
		return Dropped, math.NaN()
	}
	p := 1 - sparsity
	missed := p/3 - p*p/4
	best, least := Dropped, importance*missed
	for phase, loss := range map[Phase]float64{Dedicated: missed, Shared: p * p * (1 + importance) / 6} {
		if loss < least || loss == least && phase < best {
			best, least = phase, loss
		}
	}
	return best, least
}

// Train fills the diagram. Errors: *mat32.ParamError for options out of their ranges, and one that wraps
// ctx.Err().
func (p PhaseDiagram) Train(ctx context.Context) (*Phases, error) {
	const method = "nn.PhaseDiagram"
	o := options{method: method}
	check(&o, "Instances", &p.Instances, 4, 1, 1<<16)
	check(&o, "Steps", &p.Steps, 2000, 1, longest)
	if p.Sparsities == nil {
		for _, dense := range powers(1, .01, 10) {
			p.Sparsities = append(p.Sparsities, 1-dense)
		}
	}
	if p.Importances == nil {
		p.Importances = powers(.1, 10, 10)
	}
	for _, s := range p.Sparsities {
		if !(s >= 0 && s <= 1-0x1p-20) {
			o.refuse("Sparsities", s, "0 ≤ each < 1")
		}
	}
	for _, r := range p.Importances {
		if !(r >= 0 && r <= 1e100) {
			o.refuse("Importances", r, "0 ≤ each ≤ 1e100")
		}
	}
	if len(p.Sparsities) == 0 || len(p.Importances) == 0 {
		o.refuse("Sparsities and Importances", len(p.Sparsities)*len(p.Importances), "at least one of each")
	}
	if o.err != nil {
		return nil, o.err
	}
	d := &Phases{Sparsities: p.Sparsities, Importances: p.Importances, Cells: make([][]PhaseCell, len(p.Importances))}
	for i := range d.Cells {
		d.Cells[i] = make([]PhaseCell, len(p.Sparsities))
	}
	count := len(p.Importances) * len(p.Sparsities)
	errs := make([]error, count)
	progress := watch.Start(ctx, "phase diagram: cells", count)
	quiet := watch.With(ctx, func(watch.Event) {})
	err := par.Blocks(ctx, count, 1, func(k, _ int) {
		i, j := k/len(p.Sparsities), k%len(p.Sparsities)
		s, err := ToySuperposition{Features: 2, Hidden: 1, Sparsity: max(p.Sparsities[j], Zero), Importance: []float64{1, p.Importances[i]},
			Instances: p.Instances, Steps: p.Steps, Rate: .01, Seed: p.Seed}.Train(par.Alone(quiet))
		if errs[k] = err; err == nil {
			d.Cells[i][j] = phaseOf(s.Instances[s.Best])
		}
		progress.Add(1)
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	return d, nil
}

// phaseOf reads the phase of an instance: features shorter than a half are not there.
func phaseOf(one ToyInstance) PhaseCell {
	length := func(i int) float64 { v := one.Directions.At(i, 0); return max(v, -v) }
	c := PhaseCell{First: length(0), Second: length(1), Loss: one.Loss}
	switch {
	case c.Second < .5:
		c.Phase = Dropped
	case c.First < .5:
		c.Phase = Dedicated
	default:
		c.Phase = Shared
	}
	return c
}

// powers returns count numbers from one to the other, even in their logarithm.
func powers(from, to float64, count int) []float64 {
	list := make([]float64, count)
	for i := range list {
		share := float64(i) / float64(count-1)
		list[i] = math.Pow(from, 1-share) * math.Pow(to, share)
	}
	return list
}
