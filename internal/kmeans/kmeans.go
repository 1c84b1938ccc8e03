// Package kmeans cuts rows into clusters around centres.
package kmeans

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// KMeans lowers the sum of squared distances of rows to the nearest of a number of
// centres, from a start whose centres are drawn far apart. Results have the same bits
// on any number of cores.
//
// All rows take part in every iteration (S. Lloyd (1982), Least squares quantization
// in PCM), or Batch of them, drawn anew for each, with steps that shorten as a centre
// sees more rows (D. Sculley (2010), Web-scale k-means clustering). Distances are
// products of float32 matrices, of rows less their mean. Time O(n·d·Clusters) an
// iteration, or O(Batch·d·Clusters); memory 4·n·d + 40·n bytes, and 1 KiB a cluster and core.
type KMeans struct {
	Clusters   int     // at most n
	Iterations int     // 0 means 300, or 100 passes over the rows in batches
	Tolerance  float64 // Lloyd's ends where centres move by less, squared and summed, relative to the mean variance of a column; 0 means 1e-4
	Batch      int     // rows of a batch; 0 for all rows
	Sample     int     // rows that the start is drawn from; 0 means all, or 3·Clusters at least with Batch
	Seed       uint64

	// Start holds centres to begin at, Clusters rows of as many columns as the data; without
	// rows they are drawn.
	Start blas32.General
}

// Clusters are centres with their rows.
type Clusters struct {
	Centers    blas32.General // clusters × d; fewer than asked for where there are fewer different rows
	Labels     []int32        // of every row: its nearest centre, the first of equal ones
	Sizes      []int
	Inertia    float64 // the sum of squared distances
	Iterations int
}

// rowsTogether is how many rows are multiplied with all centres at a time.
const rowsTogether = 256

// Fit clusters the rows of x, which are finite. The error is that of ctx, or says
// that Clusters is out of range.
func (k KMeans) Fit(ctx context.Context, x blas32.General) (*Clusters, error) {
	if k.Clusters < 1 || k.Clusters > x.Rows {
		return nil, fmt.Errorf("kmeans: %d clusters of %d rows", k.Clusters, x.Rows)
	}
	r, err := newRows(ctx, x)
	if err != nil {
		return nil, err
	}
	if k.Tolerance == 0 {
		k.Tolerance = 1e-4
	}
	var centers blas32.General
	if k.Start.Rows > 0 {
		if k.Start.Rows != k.Clusters || k.Start.Cols != x.Cols {
			return nil, fmt.Errorf("kmeans: a start of %d × %d for %d clusters of %d columns", k.Start.Rows, k.Start.Cols, k.Clusters, x.Cols)
		}
		centers = blas32.General{Rows: k.Clusters, Cols: r.d, Stride: r.d, Data: make([]float32, k.Clusters*r.d)}
		for i := range k.Clusters {
			for j, m := range r.mean {
				centers.Data[i*r.d+j] = k.Start.Data[i*k.Start.Stride+j] - m
			}
		}
	} else if centers, err = k.start(ctx, r); err != nil {
		return nil, err
	}
	c := &Clusters{Centers: centers, Labels: make([]int32, x.Rows)}
	if k.Batch > 0 && k.Batch < x.Rows {
		err = k.batches(ctx, r, c)
	} else {
		err = k.lloyd(ctx, r, c)
	}
	if err != nil {
		return nil, err
	}
	for i := range c.Centers.Rows {
		for j, m := range r.mean {
			c.Centers.Data[i*r.d+j] += m
		}
	}
	return c, nil
}

// rows are those of the data less their mean: an offset costs no digits.
type rows struct {
	n, d     int
	x        blas32.General
	mean     []float32
	variance float64 // the mean of those of the columns
}

func newRows(ctx context.Context, x blas32.General) (*rows, error) {
	r := &rows{n: x.Rows, d: x.Cols, mean: make([]float32, x.Cols)}
	sums := make([]float64, r.d)
	for i := range r.n {
		for j, v := range x.Data[i*x.Stride:][:r.d] {
			sums[j] += float64(v)
		}
	}
	for j, s := range sums {
		r.mean[j] = float32(s / float64(r.n))
	}
	r.x = blas32.General{Rows: r.n, Cols: r.d, Stride: r.d, Data: make([]float32, r.n*r.d)}
	parts, err := par.Sum(ctx, r.n, rowsTogether, func(lo, hi int) float64 {
		sum := 0.
		for i := lo; i < hi; i++ {
			sum += float64(kernel.Difference32(r.row(i), x.Data[i*x.Stride:][:r.d], r.mean))
		}
		return sum
	})
	r.variance = parts / float64(r.n) / float64(r.d)
	return r, err
}

func (r *rows) row(i int) []float32 { return r.x.Data[i*r.d : (i+1)*r.d] }

// start draws centres among the rows, each with a chance proportional to its squared
// distance from those before it (D. Arthur and S. Vassilvitskii (2007), k-means++: the
// advantages of careful seeding).
func (k KMeans) start(ctx context.Context, r *rows) (blas32.General, error) {
	from, m := r.x, r.n
	draw := rng.New(k.Seed, "kmeans/start", 0)
	if k.Sample == 0 && k.Batch > 0 {
		k.Sample = 3 * max(k.Batch, k.Clusters)
	}
	if k.Sample > 0 && k.Sample < r.n {
		m = max(k.Sample, k.Clusters)
		from = gathered(r, drawn(r.n, m, &draw))
	}
	c := blas32.General{Rows: 1, Cols: r.d, Stride: r.d, Data: make([]float32, k.Clusters*r.d)}
	copy(c.Data, from.Data[draw.IntN(m)*r.d:][:r.d])
	nearest := slices.Repeat([]float32{math.MaxFloat32}, m)
	sums := make([]float64, (m+rowsTogether-1)/rowsTogether)
	for ; c.Rows < k.Clusters; c.Rows++ {
		center := c.Data[(c.Rows-1)*r.d:][:r.d]
		err := par.BlocksWith(ctx, m, rowsTogether, func() []float32 { return make([]float32, rowsTogether) }, func(buf []float32, lo, hi int) {
			kernel.SquaredDistances32(buf[:hi-lo], center, from.Data[lo*r.d:hi*r.d])
			sum := 0.
			for i, v := range buf[:hi-lo] {
				nearest[lo+i] = min(nearest[lo+i], v)
				sum += float64(nearest[lo+i])
			}
			sums[lo/rowsTogether] = sum
		})
		if err != nil {
			return c, err
		}
		total := 0.
		for _, s := range sums {
			total += s
		}
		if total == 0 {
			break // every row is a centre
		}
		at := total * draw.Float64()
		b := 0
		for ; b < len(sums)-1 && at >= sums[b]; b++ {
			at -= sums[b]
		}
		next := -1
		for i := b * rowsTogether; i < m && (next < 0 || at >= 0); i++ { // rounding may lead beyond the block
			if nearest[i] > 0 {
				next = i
				at -= float64(nearest[i])
			}
		}
		if next < 0 { // no row of the last blocks is apart from the centres
			next = slices.IndexFunc(nearest, func(v float32) bool { return v > 0 })
		}
		copy(c.Data[c.Rows*r.d:], from.Data[next*r.d:][:r.d])
	}
	c.Data = c.Data[:c.Rows*r.d]
	return c, nil
}

// drawn returns m of n numbers, none twice.
func drawn(n, m int, draw *rng.Stream) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for i := range m {
		j := i + draw.IntN(n-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:m]
}

func gathered(r *rows, of []int) blas32.General {
	to := blas32.General{Rows: len(of), Cols: r.d, Stride: r.d, Data: make([]float32, len(of)*r.d)}
	for i, j := range of {
		copy(to.Data[i*r.d:(i+1)*r.d], r.row(j))
	}
	return to
}

// assign finds the nearest centre of every row of x and returns the sum of squared
// distances; squares, unless nil, receives those of the rows.
func assign(ctx context.Context, x, centers blas32.General, labels []int32, squares []float32) (float64, error) {
	norms := make([]float32, centers.Rows)
	for c := range norms {
		norms[c] = kernel.Dot32(centers.Data[c*x.Cols:(c+1)*x.Cols], centers.Data[c*x.Cols:(c+1)*x.Cols])
	}
	sums := make([]float64, (x.Rows+rowsTogether-1)/rowsTogether)
	err := par.BlocksWith(ctx, x.Rows, rowsTogether, func() []float32 { return make([]float32, rowsTogether*centers.Rows) }, func(products []float32, lo, hi int) {
		part := blas32.General{Rows: hi - lo, Cols: x.Cols, Stride: x.Stride, Data: x.Data[lo*x.Stride:]}
		to := blas32.General{Rows: hi - lo, Cols: centers.Rows, Stride: centers.Rows, Data: products}
		// The one error is that of ctx, which par returns.
		_ = kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, -2, part, centers, 0, to)
		sum := 0.
		for i := lo; i < hi; i++ {
			best, at := float32(math.Inf(1)), 0
			for c, v := range products[(i-lo)*centers.Rows:][:len(norms)] {
				if v += norms[c]; v < best {
					best, at = v, c
				}
			}
			labels[i] = int32(at)
			// What products leave of small distances is rounding.
			s := kernel.SquaredDistance32(x.Data[i*x.Stride:][:x.Cols], centers.Data[at*x.Cols:][:x.Cols])
			if squares != nil {
				squares[i] = s
			}
			sum += float64(s)
		}
		sums[lo/rowsTogether] = sum
	})
	total := 0.
	for _, s := range sums {
		total += s
	}
	return total, err
}

// members returns the rows of every cluster, in order: those of c are
// order[first[c]:first[c+1]].
func members(labels []int32, clusters int) (order []int32, first []int) {
	first = make([]int, clusters+1)
	for _, c := range labels {
		first[c+1]++
	}
	for c := range clusters {
		first[c+1] += first[c]
	}
	order = make([]int32, len(labels))
	next := slices.Clone(first)
	for i, c := range labels {
		order[next[c]] = int32(i)
		next[c]++
	}
	return order, first
}

func (c *Clusters) count() {
	c.Sizes = make([]int, c.Centers.Rows)
	for _, l := range c.Labels {
		c.Sizes[l]++
	}
}

func (k KMeans) lloyd(ctx context.Context, r *rows, c *Clusters) error {
	if k.Iterations == 0 {
		k.Iterations = 300
	}
	clusters := c.Centers.Rows
	last := make([]int32, r.n)
	moved := make([]float64, clusters)
	near, means := newBounds(r), &means{sums: make([]float64, clusters*r.d)}
	for c.Iterations < k.Iterations {
		if err := near.assign(ctx, r, c); err != nil {
			return err
		}
		if c.Iterations > 0 && slices.Equal(last, c.Labels) {
			break
		}
		var squares []float32 // of rows to their centres, where one has none
		if err := means.follow(ctx, r, last, c); err != nil {
			return err
		}
		if slices.Contains(means.sizes, 0) {
			squares = make([]float32, r.n)
			if _, err := assign(ctx, r.x, c.Centers, slices.Clone(c.Labels), squares); err != nil {
				return err
			}
		}
		copy(last, c.Labels)
		c.Iterations++
		for l, size := range means.sizes {
			moved[l] = 0
			if size == 0 {
				continue
			}
			for j, s := range means.sums[l*r.d : (l+1)*r.d] {
				to := &c.Centers.Data[l*r.d+j]
				v := float32(s / float64(size))
				moved[l] += float64(v-*to) * float64(v-*to)
				*to = v
			}
		}
		// A centre that lost all rows begins anew at the row farthest from its own.
		shift := 0.
		for l, size := range means.sizes {
			if size == 0 {
				far := 0
				for i, s := range squares {
					if s > squares[far] {
						far = i
					}
				}
				copy(c.Centers.Data[l*r.d:(l+1)*r.d], r.row(far))
				squares[far] = 0
				moved[l] = math.Inf(1)
			}
			shift += moved[l]
		}
		if shift <= k.Tolerance*r.variance {
			break
		}
		near.widen(c, moved)
	}
	var err error
	c.Inertia, err = assign(ctx, r.x, c.Centers, c.Labels, nil)
	c.count()
	return err
}

func (k KMeans) batches(ctx context.Context, r *rows, c *Clusters) error {
	// Ends after so many batches whose smoothed sum of squares is no new least.
	const patience = 10
	if k.Iterations == 0 {
		k.Iterations = 100 * r.n / k.Batch
	}
	clusters := c.Centers.Rows
	seen := make([]float64, clusters)
	labels := make([]int32, k.Batch)
	smooth, least, since := 0., math.Inf(1), 0
	weight := min(1, 2*float64(k.Batch)/float64(r.n+1))
	for c.Iterations < k.Iterations && since < patience {
		draw := rng.New(k.Seed, "kmeans/batch", c.Iterations)
		batch := gathered(r, drawn(r.n, k.Batch, &draw))
		sum, err := assign(ctx, batch, c.Centers, labels, nil)
		if err != nil {
			return err
		}
		order, first := members(labels, clusters)
		err = par.BlocksWith(ctx, clusters, 16, func() []float64 { return make([]float64, r.d) }, func(sums []float64, lo, hi int) {
			for l := lo; l < hi; l++ {
				rows := order[first[l]:first[l+1]]
				if len(rows) == 0 {
					continue
				}
				clear(sums)
				for _, i := range rows {
					for j, v := range batch.Data[int(i)*r.d:][:r.d] {
						sums[j] += float64(v)
					}
				}
				all := seen[l] + float64(len(rows))
				for j, s := range sums {
					to := &c.Centers.Data[l*r.d+j]
					*to = float32((seen[l]*float64(*to) + s) / all)
				}
				seen[l] = all
			}
		})
		if err != nil {
			return err
		}
		c.Iterations++
		if c.Iterations == 1 {
			smooth = sum
		}
		smooth += (sum - smooth) * weight
		since++
		if smooth < least {
			least, since = smooth, 0
		}
	}
	var err error
	c.Inertia, err = assign(ctx, r.x, c.Centers, c.Labels, nil)
	c.count()
	return err
}
