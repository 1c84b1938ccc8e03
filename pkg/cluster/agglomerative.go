package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Linkage is how far two clusters are apart.
type Linkage string

const (
	// Ward is √2 times the root of what joining two clusters adds to the sum of squared
	// distances from their centres; of two rows, their distance. Clusters come out round and
	// compact. It is defined on Euclidean distances, and takes distances that are given for such.
	Ward Linkage = "Ward"

	// Average is the mean distance between a row of one and a row of the other (UPGMA).
	Average Linkage = "average"

	// Complete is the largest distance of two rows: no cluster is wider than its height.
	Complete Linkage = "complete"

	// Single is the smallest distance of two rows: clusters may be chains. They are those of
	// topology.SingleLinkage.
	Single Linkage = "single"
)

// Agglomerative joins rows to clusters, always the two clusters that are nearest by Linkage, until
// all are one; a cut of that hierarchy are the clusters.
//
// Nearest neighbours are followed until two have each other (F. Murtagh, 1983, A survey of
// recent advances in hierarchical clustering algorithms), and distances to what was joined are
// computed from those to its parts (G. Lance and W. Williams, 1967, A general theory of
// classificatory sorting strategies); Ward's criterion is from J. Ward (1963), Hierarchical
// grouping to optimize an objective function. Of equal distances the first row's is taken.
//
// Time O(n²·d), memory 4·n² bytes for all distances and 8·n·d; Single takes the minimum spanning
// tree and the memory of neighbors.MST.
type Agglomerative struct {
	// Clusters is how many the labels of the model are of: other numbers are cut by
	// Hierarchy.Into. Default 2, or n where that is less.
	Clusters int

	// Linkage is Ward, Average, Complete or Single. Default Ward.
	Linkage Linkage

	// Metric says how rows are compared. Default Euclidean, which Ward needs. It is ignored where
	// x is a mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data whose distances would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const agglomerative = "cluster.Agglomerative"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (a Agglomerative) Resolve(n, d int) (Agglomerative, error) {
	if a.Linkage == "" {
		a.Linkage = Ward
	}
	if all := []Linkage{Ward, Average, Complete, Single}; !slices.Contains(all, a.Linkage) {
		return a, &mat32.ParamError{Method: agglomerative, Param: "Linkage", Value: a.Linkage, Want: fmt.Sprintf("one of %v", all)}
	}
	if err := some(agglomerative, "Clusters", &a.Clusters, min(2, n), 1, n, fmt.Sprintf("n = %d", n)); err != nil {
		return a, err
	}
	var err error
	if a.Metric, err = neighbors.ResolveMetric(agglomerative, a.Metric); err != nil {
		return a, err
	}
	if a.Linkage == Ward && a.Metric != neighbors.Metric(neighbors.Euclidean{}) {
		return a, &mat32.ParamError{Method: agglomerative, Param: "Metric", Value: a.Metric, Want: "Euclidean, on which Ward is defined"}
	}
	return a, limited(agglomerative, a.MemoryLimit)
}

// Fit returns the hierarchy of the rows of x (n × d), or of those whose distances x holds.
// Errors: those of mat32.Check and Resolve, those of the metric, *mat32.DegenerateError where
// distances exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (a Agglomerative) Fit(ctx context.Context, x mat.Matrix) (*Hierarchy, error) {
	n, d, err := checked(ctx, agglomerative, x, 1)
	if err != nil {
		return nil, err
	}
	if a, err = a.Resolve(n, d); err != nil {
		return nil, err
	}
	need := 100 * int64(n)
	_, given := x.(*mat32.Distances)
	if a.Linkage != Single {
		need += 4 * int64(n) * int64(n)
	}
	if !given {
		need += 8 * int64(n) * int64(d)
	}
	if err := mat32.CheckMemory(agglomerative, need, a.MemoryLimit, "use fewer rows, or single linkage"); err != nil {
		return nil, err
	}
	h := &Hierarchy{Method: string(a.Linkage), N: n}
	if n > 1 {
		joined, err := a.joins(ctx, x)
		if err != nil {
			return nil, mat32.Rename(agglomerative, err)
		}
		h.merge(joined)
	}
	h.Labels, err = h.Into(a.Clusters)
	return h, err
}

// join is two rows whose clusters become one.
type join struct {
	i, j   int32
	height float64
}

func (a Agglomerative) joins(ctx context.Context, x mat.Matrix) ([]join, error) {
	if a.Linkage == Single {
		tree, err := neighbors.MST{Metric: a.Metric, MemoryLimit: a.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, err
		}
		joined := make([]join, len(tree.Edges))
		for k, e := range tree.Edges {
			joined[k] = join{e.I, e.J, e.Distance}
		}
		return joined, nil
	}
	p, unit, err := a.apart(ctx, x)
	if err != nil {
		return nil, err
	}
	joined, err := p.chain(ctx, a.Linkage)
	if err != nil {
		return nil, err
	}
	for k := range joined {
		h := &joined[k].height
		if a.Linkage == Ward {
			*h = math.Sqrt(*h)
		}
		if *h = math.Ldexp(*h, unit); math.IsInf(*h, 0) {
			return nil, &mat32.DegenerateError{Method: agglomerative, Reason: "a height exceeds the largest float64: rescale the data"}
		}
	}
	return joined, nil
}

// pairs holds how far n clusters are apart, in condensed form: of each, to those after it.
type pairs struct {
	n     int
	apart []float64
}

// after returns those of row i to rows i+1 … n−1.
func (p *pairs) after(i int) []float64 {
	from := i * (2*p.n - i - 1) / 2
	return p.apart[from : from+p.n-i-1]
}

// at returns the place of a pair.
func (p *pairs) at(i, j int) *float64 {
	if i > j {
		i, j = j, i
	}
	return &p.apart[i*(2*p.n-i-1)/2+j-i-1]
}

// apart returns the distances of all pairs in units of a power of two, squared for Ward.
func (a Agglomerative) apart(ctx context.Context, x mat.Matrix) (p *pairs, exponent int, err error) {
	n, _ := x.Dims()
	p = &pairs{n, make([]float64, n*(n-1)/2)}
	if given, ok := x.(*mat32.Distances); ok {
		const block = 1 << 14
		all := given.Condensed()
		most := make([]float64, (len(all)+block-1)/block)
		if err := par.Blocks(ctx, len(all), block, func(lo, hi int) { most[lo/block] = slices.Max(all[lo:hi]) }); err != nil {
			return nil, 0, err
		}
		_, exponent = math.Frexp(slices.Max(most))
		return p, exponent, par.Blocks(ctx, len(all), block, func(lo, hi int) {
			for k, v := range all[lo:hi] {
				v = math.Ldexp(v, -exponent)
				if a.Linkage == Ward {
					v *= v
				}
				p.apart[lo+k] = v
			}
		})
	}
	if a.Metric == neighbors.Metric(neighbors.Euclidean{}) {
		s, err := newScaled(ctx, x)
		if err != nil {
			return nil, 0, err
		}
		return p, s.exponent, par.Blocks(ctx, n, 8, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				own, row := p.after(i), s.row(i)
				for k := range own {
					v := kernel.SquaredDistance64(row, s.row(i+1+k))
					if a.Linkage != Ward {
						v = math.Sqrt(v)
					}
					own[k] = v
				}
			}
		})
	}
	ix, err := neighbors.Exact{Metric: a.Metric, MemoryLimit: a.MemoryLimit}.Index(ctx, x)
	if err != nil {
		return nil, 0, err
	}
	to := make([]int32, n)
	for j := range to {
		to[j] = int32(j)
	}
	errs := make([]error, n)
	err = par.Blocks(ctx, n-1, 8, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			var far []float64
			if far, errs[i] = ix.Distances(ctx, mat32.Select(x, []int{i}), to[i+1:]); errs[i] != nil {
				return
			}
			copy(p.after(i), far)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, 0, err
		}
	}
	return p, 0, nil
}

// chain joins clusters that are each other's nearest, in an order of its own; the joins are
// sorted by height, those of equal height in that order.
func (p *pairs) chain(ctx context.Context, by Linkage) ([]join, error) {
	n := p.n
	size, height := make([]float64, n), make([]float64, n)
	left := make([]int32, n) // clusters, each by its last row
	for i := range left {
		left[i], size[i] = int32(i), 1
	}
	joined := make([]join, 0, n-1)
	stage := watch.Start(ctx, "joins", n-1)
	var chain []int
	for len(joined) < n-1 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(chain) == 0 {
			chain = append(chain, int(left[0]))
		}
		i, before := chain[len(chain)-1], -1
		least := math.Inf(1)
		if len(chain) > 1 { // it stays the nearest unless another is nearer still
			before = chain[len(chain)-2]
			least = *p.at(i, before)
		}
		near := before
		at := 0
		for ; at < len(left) && int(left[at]) < i; at++ {
			j := int(left[at])
			if v := p.apart[j*(2*n-j-1)/2+i-j-1]; v < least {
				least, near = v, j
			}
		}
		own := p.after(i)
		for _, j := range left[at+1:] { // left[at] is i itself
			if v := own[int(j)-i-1]; v < least {
				least, near = v, int(j)
			}
		}
		if near != before {
			chain = append(chain, near)
			continue
		}
		chain = chain[:len(chain)-2]
		a, b := min(i, near), max(i, near)
		// Rounding must not put a join below those it is made of.
		height[b] = max(least, height[a], height[b])
		joined = append(joined, join{int32(a), int32(b), height[b]})
		at, _ = slices.BinarySearch(left, int32(a))
		left = slices.Delete(left, at, at+1)
		na, nb := size[a], size[b]
		for _, k := range left {
			k := int(k)
			if k == b {
				continue
			}
			ofA, ofB := *p.at(a, k), p.at(b, k)
			switch by {
			case Ward:
				*ofB = max(((na+size[k])*ofA+(nb+size[k])**ofB-size[k]*least)/(na+nb+size[k]), 0)
			case Average:
				*ofB = (na*ofA + nb**ofB) / (na + nb)
			case Complete:
				*ofB = max(ofA, *ofB)
			}
		}
		size[b] = na + nb
		stage.Add(1)
	}
	slices.SortStableFunc(joined, func(x, y join) int { return cmp.Compare(x.height, y.height) })
	return joined, nil
}
