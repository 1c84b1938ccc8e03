package quality

import (
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/hdbscan"
)

// side is one of two questions: whether clusters drawn from one space are clusters in the
// other.
type side struct {
	name string
	from *sharedNeighbors // where clusters are drawn
	in   *sharedNeighbors // where they may come apart
	most float64          // by how much two rows may at most
}

// drawn is what one cluster says: the sum of distortions of its pairs of rows, each with
// the weight 1 if it has any, and those of the pairs of every row.
type drawn struct {
	distortion, weight   float64
	rows                 []int32
	distortions, weights []float64
}

// parting is room to part clusters in.
type parting struct {
	met      []bool
	queue    []int32
	from, in among
}

// distance returns that of two rows, or groups, of the given sum of weights.
func (s *sharedNeighbors) distance(sum, alpha float64) float64 { return 1 / (sum/s.largest + alpha) }

// part parts a cluster and measures by how much its groups came apart.
func (p *parting) part(ctx context.Context, s side, cluster []int32, alpha float64) (drawn, error) {
	p.in.gather(s.in, cluster)
	p.from.gather(s.from, cluster)
	far := s.in.distance(0, alpha)
	group, err := hdbscan.Options{MinSize: 5, Core: 5, Single: true}.Labels(ctx, len(cluster), func(i int, dst []float64) {
		p.in.sums(i, dst)
		for j, sum := range dst {
			if sum == 0 {
				dst[j] = far
			} else {
				dst[j] = s.in.distance(sum, alpha)
			}
		}
	})
	if err != nil {
		return drawn{}, err
	}
	return p.between(ctx, s, group, alpha)
}

// between measures by how much the groups of the cluster gathered came apart. Noise makes a
// group of each row; group is written over.
func (p *parting) between(ctx context.Context, s side, group []int32, alpha float64) (drawn, error) {
	m := len(group)
	d := drawn{rows: p.in.rows, distortions: make([]float64, m), weights: make([]float64, m)}
	groups := slices.Max(group) + 1
	for i, g := range group {
		if g == hdbscan.Noise {
			group[i] = groups
			groups++
		}
	}
	members := make([][]int, groups)
	for i, g := range group {
		members[g] = append(members[g], i)
	}
	row, from, in := make([]float64, m), make([]float64, groups), make([]float64, groups)
	distortions, weights := make([]float64, groups), make([]float64, groups) // of a row of each
	for a, rows := range members {
		if ctx.Err() != nil {
			return d, ctx.Err()
		}
		for b := range a {
			from[b], in[b] = 0, 0
		}
		for _, i := range rows {
			p.from.sums(i, row)
			for j, sum := range row {
				from[group[j]] += sum
			}
			p.in.sums(i, row)
			for j, sum := range row {
				in[group[j]] += sum
			}
		}
		for b := range a {
			if from[b] == 0 {
				continue // they are as far apart as can be
			}
			one, other := float64(len(rows)), float64(len(members[b]))
			apart := s.in.distance(in[b]/(one*other), alpha) - s.from.distance(from[b]/(one*other), alpha)
			if apart <= 0 || s.most == 0 {
				continue
			}
			distortion := min(apart/s.most, 1)
			d.distortion += distortion * one * other
			d.weight += one * other
			distortions[a] += distortion * other
			weights[a] += other
			distortions[b] += distortion * one
			weights[b] += one
		}
	}
	for i, g := range group {
		d.distortions[i], d.weights[i] = distortions[g], weights[g]
	}
	return d, nil
}
