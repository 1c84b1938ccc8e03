package similarity

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// IdentifyLayer asks of a measure whether it knows a layer when it meets it again: in
// another network of the same kind, in a sample of its units, in noise. Each of a list of
// layers is taken for that of a reference to which it is most alike (S. Kornblith, M.
// Norouzi, H. Lee and G. Hinton, 2019, Similarity of neural network representations
// revisited; B. Lin and N. Kriegeskorte, 2024, The topology and geometry of neural
// representations).
type IdentifyLayer struct {
	// Measure says how alike two layers are. Default RSA{}.
	Measure Measure

	// Distance says that the measure is a distance, 0 for the same. Default a similarity.
	Distance bool
}

// Identification is which layer each was taken for.
type Identification struct {
	Scores   *mat.Dense // test × reference
	Taken    []int      // of every layer of the test: that of the reference it was taken for, the first of equals
	Accuracy float64    // the share that was taken for the layer of its own number
}

// String returns the accuracy and what each was taken for.
func (d *Identification) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "layer identification  %.4f\n  layer       taken for", d.Accuracy)
	for l, t := range d.Taken {
		fmt.Fprintf(&b, "\n  %-10d  %d", l, t)
	}
	return b.String()
}

// Identify compares every layer of the test, all of the same rows, with every one of the
// reference. Errors: *mat32.ShapeError unless both lists are as long and not empty; those of
// the measure; and one that wraps ctx.Err(). Time that of as many comparisons; what concerns
// one layer alone is done once.
func (l IdentifyLayer) Identify(ctx context.Context, reference, test []mat.Matrix) (*Identification, error) {
	const method = "similarity.IdentifyLayer"
	if len(reference) == 0 || len(test) != len(reference) {
		return nil, &mat32.ShapeError{What: "test", Rows: len(test), Cols: 1, Want: fmt.Sprintf("as many layers as reference, %d, and at least 1", len(reference))}
	}
	if l.Measure == nil {
		l.Measure = RSA{}
	}
	known := make([]prepared, len(reference))
	d := &Identification{Scores: mat.NewDense(len(test), len(reference), nil), Taken: make([]int, len(test))}
	stage := watch.Start(ctx, "layer identification", len(test)*len(reference))
	for i, x := range test {
		var own prepared
		for j, y := range reference {
			s, err := meet(ctx, l.Measure, x, y, &own, &known[j])
			if err != nil {
				return nil, fmt.Errorf("%s: layer %d of the test and %d of the reference: %w", method, i, j, err)
			}
			d.Scores.Set(i, j, s.Value)
			best := d.Scores.At(i, d.Taken[i])
			if v := d.Scores.At(i, j); v > best && !l.Distance || v < best && l.Distance {
				d.Taken[i] = j
			}
			stage.Add(1)
		}
		if d.Taken[i] == i {
			d.Accuracy += 1 / float64(len(test))
		}
	}
	return d, nil
}

// meet compares x with y by m, and keeps of either what m can prepare of it.
func meet(ctx context.Context, m Measure, x, y mat.Matrix, own, other *prepared) (s measure.Score, err error) {
	p, ok := m.(preparer)
	if !ok {
		return m.Compare(ctx, x, y)
	}
	if err := p.check(ctx, x, y); err != nil {
		return s, err
	}
	if *own == nil {
		if *own, err = p.prepare(ctx, "x", x); err != nil {
			return s, err
		}
	}
	if *other == nil {
		if *other, err = p.prepare(ctx, "y", y); err != nil {
			return s, err
		}
	}
	return (*own).against(ctx, *other)
}
