package bench

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// The evaluators judge both sides. They are slow and plain: pairs of rows by direct subtraction with float64 sums.

// number is a measure of a result that is one number, which there is nothing to judge by: the value itself.
func number(value, name, format string) Measure {
	return Measure{Name: name, Format: format, Of: func(_ []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		return r.Value(value)
	}}
}

// neighborMeasures judge the neighbours of some rows, evenly spread.
var neighborMeasures = []Measure{
	{Name: "recall (1 is best)", Format: "%.4f", Of: recall},
	{Name: "largest relative error of a distance (0 is best)", Format: "%.1e", Of: distanceError},
}

const judgedRows = 200

// recall is the share of neighbours found that are no farther than the k-th nearest row is. With a second input, the neighbours are
// those of its rows among the rows of the first.
func recall(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
	x, asked, k := in[0], in[len(in)-1], o.Int("neighbors")
	n, _ := asked.Dims()
	indices, err := r.Matrix("indices", n, k)
	if err != nil {
		return 0, err
	}
	m, _ := x.Dims()
	rows := judgedOf(n)
	limits := trueLimits(x, asked, k)
	hits := make([]int, len(rows))
	err = par.Blocks(context.Background(), len(rows), 1, func(q, _ int) {
		i := rows[q]
		seen := map[int]bool{}
		for _, v := range indices[i*k : (i+1)*k] {
			j := int(v)
			valid := j >= 0 && j < m && !seen[j] && (x != asked || j != i) // a row is not its own neighbour
			if valid && apart(asked.Row(i), x.Row(j)) <= limits[q] {
				hits[q]++
			}
			seen[j] = true
		}
	})
	sum := 0
	for _, h := range hits {
		sum += h
	}
	return float64(sum) / float64(len(hits)*k), err
}

// judgedOf returns the rows that are judged, of n.
func judgedOf(n int) (rows []int) {
	step := (n + judgedRows - 1) / judgedRows
	for i := 0; i < n; i += step {
		rows = append(rows, i)
	}
	return rows
}

// limits keeps what trueLimits found last: the results of all seeds and sides are judged by it.
var limits struct {
	x, asked *mat32.Dense
	k        int
	found    []float64
}

// trueLimits returns the distance to the k-th nearest row of x of every judged row.
func trueLimits(x, asked *mat32.Dense, k int) []float64 {
	if limits.x == x && limits.asked == asked && limits.k == k {
		return limits.found
	}
	n, _ := asked.Dims()
	rows := judgedOf(n)
	found := make([]float64, len(rows))
	// The one error is that of the context.
	_ = par.Blocks(context.Background(), len(rows), 1, func(q, _ int) {
		m, _ := x.Dims()
		distances := make([]float64, m)
		for j := range distances {
			distances[j] = apart(asked.Row(rows[q]), x.Row(j))
		}
		if x == asked {
			distances[rows[q]] = math.Inf(1)
		}
		slices.Sort(distances)
		found[q] = distances[k-1]
	})
	limits.x, limits.asked, limits.k, limits.found = x, asked, k, found
	return found
}

// cosineMeasures judge the neighbours of sparse rows, given by columns and values, by the cosine distance.
var cosineMeasures = []Measure{{Name: "recall (1 is best)", Format: "%.4f", Of: cosineRecall}}

func cosineRecall(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
	columns, values, k := in[0], in[1], o.Int("neighbors")
	n, _ := values.Dims()
	indices, err := r.Matrix("indices", n, k)
	if err != nil {
		return 0, err
	}
	lengths := make([]float64, n)
	for i := range lengths {
		for _, v := range values.Row(i) {
			lengths[i] += float64(v) * float64(v)
		}
		lengths[i] = math.Sqrt(lengths[i])
	}
	rows := judgedOf(n)
	hits := make([]int, len(rows))
	err = par.Blocks(context.Background(), len(rows), 1, func(q, _ int) {
		i := rows[q]
		asked := make([]float64, o.Int("words"))
		for t, v := range values.Row(i) {
			if v != 0 {
				asked[int(columns.Row(i)[t])] = float64(v)
			}
		}
		likeness := make([]float64, n)
		for j := range likeness {
			other := columns.Row(j)
			for t, v := range values.Row(j) {
				likeness[j] += float64(v) * asked[int(other[t])]
			}
			likeness[j] /= lengths[j]
		}
		likeness[i] = math.Inf(-1) // a row is not its own neighbour
		sorted := slices.Sorted(slices.Values(likeness))
		limit := sorted[n-k] - 1e-12*math.Abs(sorted[n-k]) // sums in another order round differently
		seen := map[int]bool{}
		for _, v := range indices[i*k : (i+1)*k] {
			if j := int(v); j >= 0 && j < n && !seen[j] && likeness[j] >= limit {
				hits[q]++
				seen[j] = true
			}
		}
	})
	sum := 0
	for _, h := range hits {
		sum += h
	}
	return float64(sum) / float64(len(hits)*k), err
}

// distanceError is the largest difference between a distance and that of the same two rows, over the latter.
func distanceError(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
	x, asked, k := in[0], in[len(in)-1], o.Int("neighbors")
	m, _ := x.Dims()
	n, _ := asked.Dims()
	indices, err := r.Matrix("indices", n, k)
	if err != nil {
		return 0, err
	}
	distances, err := r.Matrix("distances", n, k)
	if err != nil {
		return 0, err
	}
	worst := 0.
	for p, got := range distances {
		j := int(indices[p])
		if j < 0 || j >= m {
			return math.Inf(1), nil
		}
		if want := apart(asked.Row(p/k), x.Row(j)); got != want {
			worst = max(worst, math.Abs(got-want)/want)
		}
	}
	return worst, nil
}

func distance(x *mat32.Dense, i, j int) float64 { return apart(x.Row(i), x.Row(j)) }

func apart(a, b []float32) float64 {
	var sum float64
	for c, v := range a {
		diff := float64(v) - float64(b[c])
		sum += diff * diff
	}
	return math.Sqrt(sum)
}

// varianceAlong is variance for data of which a copy would be too large: row by row, from the components alone.
var varianceAlong = Measure{Name: "share of variance reconstructed (most is best)", Format: "%.9f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, d := in[0].Dims()
		k := o.Int("components")
		values, err := r.Matrix("components", k, d)
		if err != nil {
			return 0, err
		}
		components := mat.NewDense(k, d, values)
		var gram mat.Dense
		gram.Mul(components, components.T())
		mean, row, z := make([]float64, d), make([]float64, d), make([]float64, k)
		for i := range n {
			floats.AddScaled(mean, 1/float64(n), mat32.Row(row, i, in[0]))
		}
		var left, all float64
		for i := range n {
			floats.Sub(mat32.Row(row, i, in[0]), mean)
			for c := range z {
				z[c] = floats.Dot(row, components.RawRowView(c))
			}
			square := floats.Dot(row, row)
			all += square
			left += square - 2*floats.Dot(z, z) // and what z puts back
			for c, v := range z {
				left += v * floats.Dot(z, gram.RawRowView(c))
			}
		}
		return 1 - left/all, nil
	}}

// variance is the share of the data's variance that is left when rows are put back together from their coordinates along the
// components, so that components which are not at right angles lose by it.
var variance = Measure{Name: "share of variance reconstructed (most is best)", Format: "%.9f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, d := in[0].Dims()
		k := o.Int("components")
		if k == 0 { // all
			k = min(n-1, d)
		}
		values, err := r.Matrix("components", k, d)
		if err != nil {
			return 0, err
		}
		if _, err := r.Matrix("map", n, k); err != nil {
			return 0, err
		}
		components := mat.NewDense(k, d, values)
		x := mat.DenseCopyOf(in[0])
		for c := range d {
			column := mat.Col(nil, c, x)
			var sum float64
			for _, v := range column {
				sum += v
			}
			for i := range column {
				column[i] -= sum / float64(n)
			}
			x.SetCol(c, column)
		}
		var z, back mat.Dense
		z.Mul(x, components.T())
		back.Mul(&z, components)
		total := mat.Norm(x, 2)
		back.Sub(x, &back)
		left := mat.Norm(&back, 2)
		return 1 - left*left/(total*total), nil
	}}

// divergence is the objective of t-SNE, the Kullback–Leibler divergence in nats of the map's similarities from the data's.
var divergence = Measure{Name: "KL divergence (least is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		x := in[0]
		n, _ := x.Dims()
		values, err := r.Matrix("map", n, 2)
		if err != nil {
			return 0, err
		}
		perplexity := float64(o.Int("perplexity"))
		p := make([]float64, n*n)
		failed := make([]error, n)
		err = par.Blocks(context.Background(), n, 16, func(lo, hi int) {
			squares := make([]float64, n-1)
			for i := lo; i < hi; i++ {
				for j := range squares {
					d := distance(x, i, other(i, j))
					squares[j] = d * d
				}
				_, _, failed[i] = affinity.Perplexity(squares, squares, perplexity)
				for j, v := range squares {
					p[i*n+other(i, j)] = v
				}
			}
		})
		if err != nil {
			return 0, err
		}
		if i := slices.IndexFunc(failed, func(err error) bool { return err != nil }); i >= 0 {
			return 0, failed[i]
		}
		var sum float64 // of the map's similarities before they are made to sum to 1
		near := func(i, j int) float64 {
			a, b := values[2*i]-values[2*j], values[2*i+1]-values[2*j+1]
			return 1 / (1 + a*a + b*b)
		}
		for i := range n {
			for j := range i {
				sum += 2 * near(i, j)
			}
		}
		var kl float64
		for i := range n {
			for j := range i {
				if v := (p[i*n+j] + p[j*n+i]) / float64(2*n); v > 0 {
					kl += 2 * v * math.Log(v*sum/near(i, j))
				}
			}
		}
		return kl, nil
	}}

// other returns the j-th of the rows that are not i.
func other(i, j int) int {
	if j < i {
		return j
	}
	return j + 1
}
