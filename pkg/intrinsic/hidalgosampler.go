package intrinsic

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/measure"
)

// The prior of a dimension, Gamma(1, 1), as in intRinsic and DADApy.
const hidalgoShape, hidalgoRate = 1., 1.

// hidalgoField is what all chains share and none changes.
type hidalgoField struct {
	h Hidalgo
	y []float64 // ln μ of every distinct row

	// around lists, row by row from start, the neighbours of a row and the rows
	// that it is a neighbour of: all whose likelihood its component changes.
	start  []int32
	around []int32

	bond  float64   // what a neighbour of the same component adds to the logarithm
	crowd []float64 // ln(m + Concentration)
	join  []float64 // what the (m+1)-th row of a component takes off for the norm of the neighbours' law
	norm  []float64 // m·ln Z(m), whose differences those are
}

func newHidalgoField(h Hidalgo, s *distinct) *hidalgoField {
	f := &hidalgoField{h: h, y: make([]float64, s.n), start: make([]int32, s.n+1)}
	q := h.Neighbors
	for i := range s.n {
		r := s.row(i)
		f.y[i] = logRatio(r[1], r[0])
		f.start[i+1] += int32(q)
		for _, j := range s.indices[i*s.k : i*s.k+q] {
			f.start[j+1]++
		}
	}
	for i := range s.n {
		f.start[i+1] += f.start[i]
	}
	f.around = make([]int32, f.start[s.n])
	at := slices.Clone(f.start)
	for i := range s.n {
		for _, j := range s.indices[i*s.k : i*s.k+q] {
			f.around[at[i]], f.around[at[j]] = j, int32(i)
			at[i]++
			at[j]++
		}
	}
	xi := h.Homogeneity
	f.bond = math.Log(xi) - math.Log1p(-xi)
	f.crowd, f.norm, f.join = make([]float64, s.n+1), make([]float64, s.n+1), make([]float64, s.n)
	for m := range f.crowd {
		f.crowd[m] = math.Log(float64(m) + h.Concentration)
		if m > 0 {
			f.norm[m] = float64(m) * neighborsNorm(s.n, m, q, xi)
			f.join[m-1] = f.norm[m] - f.norm[m-1]
		}
	}
	return f
}

// neighborsNorm returns ln Z of the law of the q neighbours of a row of a component of
// m in n rows: Z = Σ C(m−1, s)·C(n−m, q−s)·ξ^s·(1−ξ)^(q−s), over s of the component.
func neighborsNorm(n, m, q int, xi float64) float64 {
	choose := func(n, k int) float64 {
		if k > n {
			return math.Inf(-1)
		}
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	terms := make([]float64, q+1)
	largest := math.Inf(-1)
	for s := range terms {
		terms[s] = choose(m-1, s) + choose(n-m, q-s) + float64(s)*math.Log(xi) + float64(q-s)*math.Log1p(-xi)
		largest = max(largest, terms[s])
	}
	z := 0.
	for _, t := range terms {
		z += math.Exp(t - largest)
	}
	return largest + math.Log(z)
}

// hidalgoChain is one sampler.
type hidalgoChain struct {
	*hidalgoField
	random rng.Stream
	label  []uint8
	size   []int     // rows of each component
	sum    []float64 // of y over them
	d      []float64
	weight []float64

	pivot       []uint8 // the most probable sweep
	pivotLevel  float64
	counted     int
	hits        []uint32  // rows × components, by the names of the pivot
	local       []float64 // sums of the dimension at every row
	seen        []int     // sweeps in which a component has rows
	first       []float64 // sums of its dimension over these
	second      []float64 // and of the squares
	mean, scale float64   // of the mean over rows, and the sum of squares about it

	meanPosterior float64
}

func newHidalgoChain(f *hidalgoField, c int) *hidalgoChain {
	n, k := len(f.y), f.h.Components
	chain := &hidalgoChain{hidalgoField: f, random: rng.New(f.h.Seed, hidalgo, c),
		label: make([]uint8, n), size: make([]int, k), sum: make([]float64, k), d: make([]float64, k), weight: make([]float64, k),
		pivot: make([]uint8, n), pivotLevel: math.Inf(-1), hits: make([]uint32, n*k), local: make([]float64, n),
		seen: make([]int, k), first: make([]float64, k), second: make([]float64, k)}
	// The first chain starts from the ratios around every row, cut into equally many;
	// the others anywhere.
	order := allRows(n)
	around := make([]float64, n)
	for i := range n {
		near := f.around[f.start[i]:f.start[i+1]]
		around[i] = f.y[i]
		for _, j := range near {
			around[i] += f.y[j]
		}
		around[i] /= float64(len(near) + 1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(around[a], around[b]) })
	for at, i := range order {
		z := at * k / n
		if c > 0 {
			z = chain.random.IntN(k)
		}
		chain.label[i] = uint8(z)
		chain.size[z]++
	}
	return chain
}

// sweep draws all dimensions, and then the component of every row.
func (c *hidalgoChain) sweep(ctx context.Context) {
	clear(c.sum) // anew, so that rounding does not add up
	for i, z := range c.label {
		c.sum[z] += c.y[i]
	}
	logD := make([]float64, len(c.d))
	for k := range c.d {
		c.d[k] = max(gamma(&c.random, hidalgoShape+float64(c.size[k]))/(hidalgoRate+c.sum[k]), math.SmallestNonzeroFloat64)
		logD[k] = math.Log(c.d[k])
	}
	bonds := make([]float64, len(c.d))
	for i, y := range c.y {
		if i&0xfff == 0 && ctx.Err() != nil {
			return
		}
		c.size[c.label[i]]--
		for _, j := range c.around[c.start[i]:c.start[i+1]] {
			bonds[c.label[j]] += c.bond
		}
		largest := math.Inf(-1)
		for k, d := range c.d {
			m := c.size[k]
			w := c.crowd[m] - c.join[m] + logD[k] - d*y + bonds[k]
			c.weight[k] = w
			largest = max(largest, w)
			bonds[k] = 0
		}
		total := 0.
		for k, w := range c.weight {
			const negligible = -40
			if w -= largest; w > negligible {
				total += math.Exp(w)
			}
			c.weight[k] = total
		}
		u := c.random.Float64() * total
		z := 0
		for c.weight[z] <= u && z < len(c.weight)-1 {
			z++
		}
		c.label[i] = uint8(z)
		c.size[z]++
	}
}

// level returns the logarithm of the posterior of the state, but for a constant.
func (c *hidalgoChain) level() float64 {
	clear(c.sum)
	same := 0
	for i, z := range c.label {
		c.sum[z] += c.y[i]
		for _, j := range c.around[c.start[i]:c.start[i+1]] {
			if c.label[j] == z {
				same++
			}
		}
	}
	level := c.bond * float64(same) / 2 // every bond is seen from both ends
	for k, m := range c.size {
		share, _ := math.Lgamma(float64(m) + c.h.Concentration)
		level += share - c.norm[m] + float64(m)*math.Log(c.d[k]) - c.d[k]*(c.sum[k]+hidalgoRate)
	}
	return level
}

// aim takes the state for the pivot where it is the most probable so far.
func (c *hidalgoChain) aim() {
	if level := c.level(); level > c.pivotLevel {
		c.pivotLevel = level
		copy(c.pivot, c.label)
	}
}

// count adds the state to what is known, under the names of the pivot.
func (c *hidalgoChain) count() {
	k := len(c.d)
	shared := make([]int, k*k)
	for i, z := range c.label {
		shared[int(z)*k+int(c.pivot[i])]++
	}
	names := matched(shared, k)
	c.counted++
	mean := 0.
	for z, name := range names {
		if c.size[z] > 0 {
			c.seen[name]++
			c.first[name] += c.d[z]
			c.second[name] += c.d[z] * c.d[z]
			mean += float64(c.size[z]) * c.d[z] / float64(len(c.y))
		}
	}
	for i, z := range c.label {
		c.hits[i*k+names[z]]++
		c.local[i] += c.d[z]
	}
	change := mean - c.mean
	c.mean += change / float64(c.counted)
	c.scale += change * (mean - c.mean)
	c.meanPosterior += (c.level() - c.meanPosterior) / float64(c.counted)
}

// matched gives every component the name of one of the pivot, those that share the
// most rows first.
func matched(shared []int, k int) []int {
	names := slices.Repeat([]int{-1}, k)
	taken := make([]bool, k)
	for range k {
		best, at, name := -1, 0, 0
		for z := range k {
			for p := range k {
				if names[z] < 0 && !taken[p] && shared[z*k+p] > best {
					best, at, name = shared[z*k+p], z, p
				}
			}
		}
		names[at], taken[name] = name, true
	}
	return names
}

// mixture returns what the chain has counted.
func (c *hidalgoChain) mixture(s *distinct) *Mixture {
	k := len(c.d)
	label, rows := make([]int, s.n), make([]int, k)
	for i := range label {
		hits := c.hits[i*k : (i+1)*k]
		for z, v := range hits {
			if v > hits[label[i]] {
				label[i] = z
			}
		}
		rows[label[i]]++
		c.local[i] /= float64(c.counted)
	}
	var order []int
	for z, m := range rows {
		if m > 0 {
			order = append(order, z)
		}
	}
	value := func(z int) float64 { return c.first[z] / float64(c.seen[z]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value(a), value(b)) })
	convention := fmt.Sprintf("mixture of Pareto laws, %d components, q = %d, ξ = %v, prior Dirichlet(%v) and Gamma(1, 1), duplicates removed, standard error: posterior",
		k, c.h.Neighbors, c.h.Homogeneity, c.h.Concentration)
	deviation := math.Sqrt(c.scale / float64(c.counted-1))
	m := &Mixture{Labels: slices.Repeat([]int{-1}, s.all), Probability: mat.NewDense(s.all, len(order), nil),
		Dimension: s.dimension("Hidalgo", c.mean, deviation, c.local, convention)}
	for at, z := range order {
		v, n := value(z), float64(c.seen[z])
		m.Components = append(m.Components, measure.Dimension{Method: "Hidalgo", Value: v, StdErr: math.Sqrt(max(c.second[z]/n-v*v, 0)),
			Scale: m.Dimension.Scale, Rows: rows[z], Convention: convention})
		for i, row := range s.rows {
			m.Probability.Set(row, at, float64(c.hits[i*k+z])/float64(c.counted))
			if label[i] == z {
				m.Labels[row] = at
			}
		}
	}
	return m
}

// gamma draws from the law of a shape of 1 or more and rate 1 (Marsaglia and Tsang,
// 2000, A simple method for generating gamma variables).
func gamma(s *rng.Stream, shape float64) float64 {
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.Normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if u := 1 - s.Float64(); math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
