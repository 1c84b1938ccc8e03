package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// sample draws the triplets of the rows of x, which prepare has made ready, and keeps in m
// what new rows need of them.
func (m *TriMapModel) sample(ctx context.Context, x mat.Matrix) (*layout.TripletLoss, []string, error) {
	t := m.options
	n, _ := x.Dims()
	g, notes, err := m.graph(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	scales, floored := tripletScales(g)
	if floored > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have only duplicates up to their fifth neighbour: the nearest other row says what near is to them, or the mean of all rows where none of %d is another", floored, g.K))
	}
	m.usual = usualScale(scales)
	fill(scales, m.usual)
	m.scales = scales

	stage := watch.Start(ctx, "TriMap: triplets", n)
	pick := t.picker(n)
	near := pick.triplets(n, t.Inliers, t.Outliers)
	both := pick.triplets(n, max(t.Random, 0), 1)
	similar := make([]float64, n*t.Inliers) // of the near rows
	err = par.BlocksWith(ctx, n, 64, pick.scratch, func(s *pickScratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			js, far := g.Row(i)
			s.row = rng.New(t.Seed, "TriMap/triplets", i)
			pick.inliers(s, similar[i*t.Inliers:(i+1)*t.Inliers], js, far, scales[i], scales)
			pick.groups(s, near.Of(i).Rows, int32(i))
			pick.random(s, both.Of(i).Rows, int32(i))
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, nil, err
	}
	if err := m.weigh(ctx, x, near, both, similar); err != nil {
		return nil, nil, err
	}
	loss, err := layout.NewTripletLoss(n, t.Components, near, both)
	return loss, notes, err
}

// weigh fills in the weights of the triplets of the rows of x: those of near rows, whose
// similarities are given, and those of rows from anywhere alone.
func (m *TriMapModel) weigh(ctx context.Context, x mat.Matrix, near, both *layout.Triplets, similar []float64) error {
	t := m.options
	outside, err := m.measure(ctx, x, near, true)
	if err != nil {
		return err
	}
	inside, err := m.measure(ctx, x, both, false)
	if err != nil {
		return err
	}
	raw := make([]float64, near.Count()+both.Count())
	err = overRows(ctx, near.N, func(i int) {
		of, pairs := near.Of(i), both.Of(i)
		t.differences(raw[i*of.Count():], of.Rows, outside[i*of.Count():], similar[i*t.Inliers:], m.scales[i], m.scales)
		t.pairs(raw[near.Count()+i*pairs.Count():], pairs.Rows, inside[2*i*pairs.Count():], m.scales[i], m.scales)
	})
	if err != nil {
		return err
	}
	m.least = slices.Min(raw)
	return overRows(ctx, near.N, func(i int) {
		of, pairs := near.Of(i), both.Of(i)
		for k := range of.Weights {
			of.Weights[k] = t.weight(raw[i*len(of.Weights)+k], m.least)
		}
		for k := range pairs.Weights {
			pairs.Weights[k] = t.weight(raw[near.Count()+i*len(pairs.Weights)+k], m.least)
		}
	})
}

// graph returns the neighbours of the rows of x as they are compared.
func (m *TriMapModel) graph(ctx context.Context, x mat.Matrix) (*neighbors.Graph, []string, error) {
	t := m.options
	n, _ := x.Dims()
	k := min(t.Inliers+candidates, n-1)
	if t.Graph == nil {
		if m.rows != nil {
			x = m.rows
		}
		g, err := neighbors.Auto{Neighbors: k, Metric: t.Metric, Seed: t.Seed, MemoryLimit: t.MemoryLimit}.Graph(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		return g, slices.Clone(g.Notes), nil
	}
	if err := t.Graph.CheckMetricContext(ctx, "dr.TriMap", x, t.Inliers, t.Metric); err != nil {
		return nil, nil, err
	}
	g, err := t.Graph.Cut(min(k, t.Graph.K))
	if err != nil {
		return nil, nil, err
	}
	for i, d := range g.Distances {
		g.Distances[i] = d / m.unit
	}
	return g, slices.Clone(g.Notes), nil
}

// tripletScales returns the mean distance of every row to its third to fifth neighbour, or
// to as many of them as there are, and for how many rows these were duplicates: that of the
// nearest row that is none then, or 0 where there is none in g.
func tripletScales(g *neighbors.Graph) (scales []float64, floored int) {
	const from, to = 2, 5
	scales = make([]float64, g.N)
	for i := range scales {
		_, far := g.Row(i)
		few := far[min(from, g.K-1):min(to, g.K)]
		for _, d := range few {
			scales[i] += d / float64(len(few))
		}
		if scales[i] == 0 {
			floored++
			if k := slices.IndexFunc(far, func(d float64) bool { return d > 0 }); k >= 0 {
				scales[i] = far[k]
			}
		}
	}
	return scales, floored
}

// usualScale returns the mean of the scales that are not 0, or 1 where all are: what near is
// to a row that all who were looked at are duplicates of.
func usualScale(scales []float64) float64 {
	sum, count := 0., 0
	for _, s := range scales {
		if s > 0 {
			sum, count = sum+s, count+1
		}
	}
	if count == 0 {
		return 1
	}
	return sum / float64(count)
}

// fill puts s where there is no scale.
func fill(scales []float64, s float64) {
	for i, v := range scales {
		if v == 0 {
			scales[i] = s
		}
	}
}

// similarity returns that of two rows at a distance. It is finite, so that differences
// are numbers.
func similarity(distance, scale, other float64) float64 {
	return -min(distance/scale*(distance/other), 1e300)
}

// weight returns what the difference of two similarities comes to, where least is the
// least there is.
func (t TriMap) weight(difference, least float64) float32 {
	w := max(difference-least, 0)
	switch t.WeightTemperature {
	case Zero:
	case 1:
		w = math.Log1p(w)
	default:
		w = math.Expm1((1-t.WeightTemperature)*math.Log1p(w)) / (1 - t.WeightTemperature)
	}
	return float32(min(w, 1e30))
}

// differences writes to dst those of the similarities of near and far rows, whose
// distances are given.
func (t TriMap) differences(dst []float64, rows []int32, distances, similar []float64, scale float64, scales []float64) {
	for g := range t.Inliers {
		for s := range t.Outliers {
			far := rows[g*(1+t.Outliers)+1+s]
			dst[g*t.Outliers+s] = similar[g] - similarity(distances[g*t.Outliers+s], scale, scales[far])
		}
	}
}

// randomShare is how much less a triplet of two rows from anywhere matters.
const randomShare = .1

// pairs is differences for rows from anywhere, which it orders so that the near one is
// first.
func (t TriMap) pairs(dst []float64, rows []int32, distances []float64, scale float64, scales []float64) {
	for g := range max(t.Random, 0) {
		pair := rows[2*g : 2*g+2]
		a := similarity(distances[2*g], scale, scales[pair[0]])
		b := similarity(distances[2*g+1], scale, scales[pair[1]])
		if a < b {
			pair[0], pair[1] = pair[1], pair[0]
			a, b = b, a
		}
		dst[g] = randomShare * (a - b)
	}
}

// measure returns the distances of the rows of x to those listed in t, or to the far ones
// alone.
func (m *TriMapModel) measure(ctx context.Context, x mat.Matrix, t *layout.Triplets, farOnly bool) ([]float64, error) {
	if given, ok := x.(*mat32.Distances); ok {
		to := listedIn(t, farOnly)
		far := make([]float64, len(to))
		each := len(to) / t.N
		err := par.Blocks(ctx, t.N, 64, func(lo, hi int) {
			for k := lo * each; k < hi*each; k++ {
				far[k] = given.At(k/each, int(to[k]))
			}
		})
		return far, err
	}
	index, err := neighbors.Exact{Metric: m.options.Metric, MemoryLimit: m.options.MemoryLimit}.Index(ctx, m.rows)
	if err != nil {
		return nil, err
	}
	return measureTo(ctx, index, m.rows, t, farOnly)
}

// measureTo returns the distances between rows and those of an index that t lists, or the
// far ones alone.
func measureTo(ctx context.Context, index *neighbors.ExactIndex, rows mat.Matrix, t *layout.Triplets, farOnly bool) ([]float64, error) {
	to := listedIn(t, farOnly)
	if len(to) == 0 {
		return nil, ctx.Err()
	}
	return index.Distances(ctx, rows, to)
}

// listedIn returns the rows that t lists, or the far ones alone.
func listedIn(t *layout.Triplets, farOnly bool) []int32 {
	if !farOnly {
		return t.Rows
	}
	to := make([]int32, 0, t.Count())
	for group := range slices.Chunk(t.Rows, 1+t.Far) {
		to = append(to, group[1:]...)
	}
	return to
}

// picker draws triplets among n rows.
type picker struct {
	n, inlier, outlier, look int
}

func (t TriMap) picker(n int) picker { return picker{n, t.Inliers, t.Outliers, t.Inliers + candidates} }

func (picker) triplets(n, groups, far int) *layout.Triplets {
	return &layout.Triplets{N: n, Groups: groups, Far: far, Rows: make([]int32, n*groups*(1+far)), Weights: make([]float32, n*groups*far)}
}

// pickScratch is what a goroutine needs to draw the triplets of a row.
type pickScratch struct {
	row    rng.Stream
	near   []candidate
	barred []int32 // rows that are not drawn, ascending
}

// candidate is a row that may be near.
type candidate struct {
	row     int32
	similar float64
}

func (p picker) scratch() *pickScratch {
	return &pickScratch{near: make([]candidate, 0, p.look), barred: make([]int32, 0, p.inlier+1)}
}

// inliers leaves in s the most similar of the neighbours js of a row, at the distances
// far, and writes their similarities.
func (p picker) inliers(s *pickScratch, similar []float64, js []int32, far []float64, scale float64, scales []float64) {
	s.near = s.near[:0]
	for k, j := range js {
		s.near = append(s.near, candidate{j, similarity(far[k], scale, scales[j])})
	}
	slices.SortStableFunc(s.near, func(a, b candidate) int {
		switch {
		case a.similar > b.similar:
			return -1
		case a.similar < b.similar:
			return 1
		}
		return 0
	})
	s.near = s.near[:p.inlier]
	for k, c := range s.near {
		similar[k] = c.similar
	}
}

// groups writes to rows the groups of the near rows of s: each with far rows drawn from
// all but self, unless that is negative, the near row and those nearer.
func (p picker) groups(s *pickScratch, rows []int32, self int32) {
	s.barred = s.barred[:0]
	if self >= 0 {
		s.barred = append(s.barred, self)
	}
	for g, c := range s.near {
		at, _ := slices.BinarySearch(s.barred, c.row)
		s.barred = slices.Insert(s.barred, at, c.row)
		group := rows[g*(1+p.outlier):][:1+p.outlier]
		group[0] = c.row
		for k := range group[1:] {
			group[1+k] = s.draw(p.n)
		}
	}
}

// random fills pairs of rows drawn from all but self, unless that is negative, and each
// other.
func (p picker) random(s *pickScratch, rows []int32, self int32) {
	for pair := range slices.Chunk(rows, 2) {
		s.barred = s.barred[:0]
		if self >= 0 {
			s.barred = append(s.barred, self)
		}
		pair[0] = s.draw(p.n)
		at, _ := slices.BinarySearch(s.barred, pair[0])
		s.barred = slices.Insert(s.barred, at, pair[0])
		pair[1] = s.draw(p.n)
	}
}

// draw returns one of n rows that is not barred: by its place among these, so that few
// rows take no longer than many.
func (s *pickScratch) draw(n int) int32 {
	v := int32(s.row.IntN(n - len(s.barred)))
	for _, b := range s.barred {
		if v < b {
			break
		}
		v++
	}
	return v
}
