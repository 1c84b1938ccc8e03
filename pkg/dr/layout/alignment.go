package layout

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Alignment lays out several sets of points at once, of which some points are images of
// others, as the same row in two slices of a series: every set by a descent of its own,
// and before every epoch each point moves towards its images in other sets.
//
// All descents are in the same epoch, and one set after the other moves towards where the
// images are by then, forwards and backwards in turn. A point goes as far as it would in
// the time of an epoch if it were drawn all along and the images stayed: never beyond
// their mean, however strongly it is drawn. So the result does not depend on the number of
// goroutines. Sets take turns at the cores.
//
// Source: A. Dadu, V. Satone et al. (2023), Application of Aligned-UMAP to longitudinal
// biomedical studies, for the regulariser that umap-learn has.
type Alignment struct {
	Sets []Set

	// Stage names the work for who watches, whose events have the points of all sets, set
	// after set, and the mean over the points of what Loss of the descents returns.
	Stage string
}

// Set is one of the sets of points of an Alignment.
type Set struct {
	Points []float32 // of the dimension of all sets, row after row
	Links  []Link    // to other sets, one for each at most

	// Descent moves the points along Edges; its Before is called before they move towards
	// their images. It has neither Anchors nor Space, and as many Epochs and the Rate as
	// those of other sets. Nil leaves the points where they are.
	Descent *NegativeSampling
	Edges   *Edges
}

// Link says which points of another set are images of those of one.
type Link struct {
	To int // the number of the other set

	// Images are, for every point, a point of the other set, or −1 where it has none.
	Images []int32

	// Weights are how strongly every point is drawn to its image: by what share of the
	// way, for small ones, in an epoch of rate 1.
	Weights []float32
}

// errEnded stops a descent whose others have failed.
var errEnded = errors.New("layout.Alignment: another set has failed")

// Run moves the points of all sets, dim coordinates each. The error is a *mat32.ParamError
// for what does not fit together, that of a descent, or ctx.Err(), with the points where
// they were when it came.
func (a *Alignment) Run(ctx context.Context, dim int) error {
	epochs, rate, err := a.check(dim)
	if err != nil {
		return err
	}
	moving := make([]*movement, 0, len(a.Sets))
	defer func() {
		for _, m := range moving {
			m.stop()
		}
	}()
	for i := range a.Sets {
		if s := &a.Sets[i]; s.Descent != nil {
			moving = append(moving, s.movement(ctx, dim))
		}
	}
	for epoch := range epochs {
		for _, m := range moving {
			if _, before := m.next(); !before { // it has done the epoch before
				return m.err
			}
		}
		if epoch > 0 {
			if err := a.report(ctx, epoch, epochs, dim); err != nil {
				return err
			}
		}
		r := rate * (1 - float64(epoch)/float64(epochs))
		for k := range a.Sets {
			if epoch%2 == 1 {
				k = len(a.Sets) - 1 - k
			}
			if err := a.draw(ctx, k, dim, r); err != nil {
				return err
			}
		}
	}
	for _, m := range moving {
		if m.next(); m.err != nil {
			return m.err
		}
	}
	return a.report(ctx, epochs, epochs, dim)
}

func (a *Alignment) check(dim int) (epochs int, rate float64, err error) {
	wrong := func(set int, param string, value any, want string) error {
		return &mat32.ParamError{Method: "layout.Alignment", Param: fmt.Sprintf("Sets[%d].%s", set, param), Value: value, Want: want}
	}
	if dim < 1 {
		return 0, 0, &mat32.ParamError{Method: "layout.Alignment", Param: "dim", Value: dim, Want: "1 or more"}
	}
	first := true
	for i, s := range a.Sets {
		n := len(s.Points) / dim
		if len(s.Points) != n*dim {
			return 0, 0, wrong(i, "Points", fmt.Sprintf("%d coordinates", len(s.Points)), fmt.Sprintf("a multiple of %d", dim))
		}
		if d := s.Descent; d != nil {
			switch {
			case s.Edges == nil:
				return 0, 0, wrong(i, "Edges", nil, "edges for the descent")
			case d.Anchors != nil || d.Space != nil:
				return 0, 0, wrong(i, "Descent", "one with Anchors or Space", "one that moves all points, in flat space")
			case !first && (d.Epochs != epochs || d.Rate != rate):
				return 0, 0, wrong(i, "Descent", fmt.Sprintf("%d epochs at the rate %v", d.Epochs, d.Rate), fmt.Sprintf("those of other sets: %d at %v", epochs, rate))
			}
			first, epochs, rate = false, d.Epochs, d.Rate
		}
		known := map[int]bool{i: true}
		for _, l := range s.Links {
			if l.To < 0 || l.To >= len(a.Sets) || known[l.To] {
				return 0, 0, wrong(i, "Links", fmt.Sprintf("one to set %d", l.To), fmt.Sprintf("at most one to each of the %d others", len(a.Sets)-1))
			}
			known[l.To] = true
			if len(l.Images) != n || len(l.Weights) != n {
				return 0, 0, wrong(i, "Links", fmt.Sprintf("%d images and %d weights", len(l.Images), len(l.Weights)), fmt.Sprintf("one for each of %d points", n))
			}
			others := len(a.Sets[l.To].Points) / dim
			for k, j := range l.Images {
				if w := l.Weights[k]; j < -1 || int(j) >= others || !(w >= 0 && w <= math.MaxFloat32) {
					return 0, 0, wrong(i, "Links", fmt.Sprintf("the image %d of weight %v", j, w), fmt.Sprintf("−1, or one of %d points, and finite weights of 0 or more", others))
				}
			}
		}
	}
	return epochs, rate, nil
}

// movement is a descent that halts before every epoch.
type movement struct {
	next func() (struct{}, bool)
	stop func()
	err  error // once next is false
}

func (s *Set) movement(ctx context.Context, dim int) *movement {
	m := new(movement)
	m.next, m.stop = iter.Pull(func(yield func(struct{}) bool) {
		d := *s.Descent
		d.Before = func(epoch int, y []float32) error {
			if s.Descent.Before != nil {
				if err := s.Descent.Before(epoch, y); err != nil {
					return err
				}
			}
			if !yield(struct{}{}) {
				return errEnded
			}
			return nil
		}
		m.err = d.Run(unwatched{ctx}, s.Points, dim, s.Edges)
	})
	return m
}

// unwatched is a context that nobody watches: who watches all sets is not told of each.
type unwatched struct{ context.Context }

func (unwatched) Value(any) any { return nil }

// draw moves the points of a set towards their images.
func (a *Alignment) draw(ctx context.Context, set, dim int, rate float64) error {
	const block = 4096
	s := a.Sets[set]
	if len(s.Links) == 0 || s.Descent == nil {
		return nil
	}
	return par.BlocksWith(ctx, len(s.Points)/dim, block, func() []float64 { return make([]float64, dim) }, func(sum []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			clear(sum)
			weight := 0.
			for _, l := range s.Links {
				j, w := int(l.Images[i]), float64(l.Weights[i])
				if j < 0 || w == 0 {
					continue
				}
				weight += w
				for c, v := range a.Sets[l.To].Points[j*dim:][:dim] {
					sum[c] += w * float64(v)
				}
			}
			if weight == 0 {
				continue
			}
			share := -math.Expm1(-rate * weight)
			for c := range sum {
				p := &s.Points[i*dim+c]
				*p += float32(share * (sum[c]/weight - float64(*p)))
			}
		}
	})
}

// report tells who watches that epochs are done.
func (a *Alignment) report(ctx context.Context, done, epochs, dim int) error {
	const every = 25 // epochs between two looks at the loss
	if !watch.Watched(ctx) {
		return nil
	}
	n, seen, loss := 0, 0, 0.
	for _, s := range a.Sets {
		rows := len(s.Points) / dim
		n += rows
		if done%every != 0 || s.Descent == nil || s.Descent.Loss == nil {
			continue
		}
		l, err := s.Descent.Loss(unwatched{ctx}, s.Points)
		if err != nil {
			return err
		}
		loss += l * float64(rows)
		seen += rows
	}
	loss /= float64(seen) // NaN where nobody looked
	watch.Report(ctx, watch.Event{Stage: a.Stage, Done: done, Total: epochs, Loss: loss, Layout: func() *mat.Dense {
		y := mat.NewDense(n, dim, nil)
		at := 0
		for _, s := range a.Sets {
			for _, v := range s.Points {
				y.RawMatrix().Data[at] = float64(v)
				at++
			}
		}
		return y
	}})
	return nil
}
