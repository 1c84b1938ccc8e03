package dr

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// checkSupervision returns an error that names what of Labels and Targets does not fit n
// rows.
func (u UMAP) checkSupervision(method string, n int) error {
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if u.Labels != nil {
		if len(u.Labels) != n {
			return wrong("Labels", fmt.Sprintf("%d labels", len(u.Labels)), fmt.Sprintf("one for every row: %d", n))
		}
		if i := slices.IndexFunc(u.Labels, func(label int) bool { return label < -1 }); i >= 0 {
			return wrong("Labels", fmt.Sprintf("%d at row %d", u.Labels[i], i), "0 or more, or −1 for unknown")
		}
		if slices.Max(u.Labels) < 0 {
			return wrong("Labels", "unknown ones alone", "one or more that are known")
		}
	}
	if u.Targets != nil {
		rows, cols := u.Targets.Dims()
		switch {
		case u.Labels != nil:
			return wrong("Targets", fmt.Sprintf("%d × %d, and Labels", rows, cols), "either of them")
		case rows != n:
			return wrong("Targets", fmt.Sprintf("%d rows", rows), fmt.Sprintf("one for every row: %d", n))
		}
	}
	return nil
}

// supervise returns the weights s of the rows, changed so that they respect Labels or
// Targets.
func (u UMAP) supervise(ctx context.Context, s *affinity.Sparse) (*affinity.Sparse, error) {
	weight := u.TargetWeight
	if weight == Zero {
		weight = 0
	}
	switch {
	case u.Labels != nil:
		return s.IntersectLabels(ctx, u.Labels, labelsApart(weight))
	case u.Targets != nil:
		if err := checkTargets(ctx, u.Targets); err != nil {
			return nil, fmt.Errorf("targets: %w", err)
		}
		t, err := affinity.FuzzySet{Neighbors: u.TargetNeighbors, Metric: u.TargetMetric, Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Weigh(ctx, u.Targets)
		if err != nil {
			return nil, fmt.Errorf("targets: %w", err)
		}
		return s.Intersect(ctx, t, weight)
	}
	return s, nil
}

// labelsApart returns how far rows of different labels are apart, by TargetWeight.
func labelsApart(weight float64) float64 { return 2.5 / (1 - weight) }

// checkTargets returns what keeps targets from telling rows apart.
func checkTargets(ctx context.Context, y mat.Matrix) error {
	if err := mat32.CheckContext(ctx, y); err != nil {
		return err
	}
	err := checkVaries(ctx, "dr.UMAP", y)
	var flat *mat32.DegenerateError
	if errors.As(err, &flat) {
		return &mat32.DegenerateError{Method: "dr.UMAP", Reason: "all targets are equal: they tell nothing"}
	}
	return err
}
