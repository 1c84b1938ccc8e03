package neighbors_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// definition computes a distance as its definition says, slowly and with no care for
// speed.
type definition struct {
	neighbors.Metric
	of func(x *mat.Dense) func(a, b []float64) float64

	domain string  // what rows it is for: "", "shares", "ball", "places", "independent"
	loose  float64 // what the definition loses of digits, as an absolute error
	sets   bool    // whole numbers of columns are compared, so that ties are ties to the last bit
}

func definitions() []definition {
	plainly := func(f func(a, b []float64) float64) func(*mat.Dense) func(a, b []float64) float64 {
		return func(*mat.Dense) func(a, b []float64) float64 { return f }
	}
	sum := func(f func(v, w float64) float64) func(a, b []float64) float64 {
		return func(a, b []float64) (s float64) {
			for i := range a {
				s += f(a[i], b[i])
			}
			return s
		}
	}
	over := func(v, w float64) float64 {
		if v == 0 {
			return 0
		}
		return v / w
	}
	norm := func(a []float64) float64 {
		most, s := 0., 0.
		for _, v := range a {
			most = max(most, math.Abs(v))
		}
		for _, v := range a {
			s += over(v, most) * over(v, most)
		}
		return most * math.Sqrt(s)
	}
	minus := func(a, b []float64) []float64 {
		c := slices.Clone(a)
		for i := range c {
			c[i] -= b[i]
		}
		return c
	}
	euclidean := func(a, b []float64) float64 { return norm(minus(a, b)) }
	minkowski := func(p float64) func(a, b []float64) float64 {
		return func(a, b []float64) float64 {
			c := minus(a, b)
			most := 0.
			for _, v := range c {
				most = max(most, math.Abs(v))
			}
			if most == 0 || math.IsInf(p, 1) {
				return most
			}
			s := 0.
			for _, v := range c {
				s += math.Pow(math.Abs(v)/most, p)
			}
			return most * math.Pow(s, 1/p)
		}
	}
	// cosine takes rows to length 1 first: of rows as they are, products overflow.
	cosine := func(a, b []float64) float64 {
		s, t := norm(a), norm(b)
		if s == 0 || t == 0 {
			return math.Abs(over(s, s) - over(t, t))
		}
		dot := 0.
		for i := range a {
			dot += a[i] / s * (b[i] / t)
		}
		return 1 - dot
	}
	centered := func(a []float64) []float64 {
		if slices.Max(a) == slices.Min(a) {
			return make([]float64, len(a))
		}
		most, c := max(slices.Max(a), -slices.Min(a)), slices.Clone(a)
		mean := 0.
		for i := range c {
			c[i] /= most
			mean += c[i] / float64(len(c))
		}
		for i := range c {
			c[i] -= mean
		}
		return c
	}
	ranks := func(a []float64) []float64 {
		r := make([]float64, len(a))
		for i, v := range a {
			for _, w := range a {
				switch {
				case w < v:
					r[i]++
				case w == v:
					r[i] += 0.5
				}
			}
		}
		return r
	}
	shares := func(a []float64) []float64 {
		total, c := 0., slices.Clone(a)
		most := slices.Max(a)
		for _, v := range a {
			total += over(v, most)
		}
		for i := range c {
			c[i] = over(over(c[i], most), total)
		}
		return c
	}
	sets := func(f func(both, a, b float64) float64) func(a, b []float64) float64 {
		return func(a, b []float64) float64 {
			var both, m, n float64
			for i := range a {
				if a[i] != 0 {
					m++
				}
				if b[i] != 0 {
					n++
				}
				if a[i] != 0 && b[i] != 0 {
					both++
				}
			}
			return f(both, m, n)
		}
	}
	kl := func(p, m float64) float64 {
		if p == 0 {
			return 0
		}
		return p * math.Log(p/m)
	}
	weights := func(d int) []float64 {
		w := make([]float64, d)
		for j := range w {
			w[j] = float64(j % 3)
		}
		return w
	}
	return []definition{
		{Metric: neighbors.Euclidean{}, of: plainly(euclidean)},
		{Metric: neighbors.SquaredEuclidean{}, of: plainly(func(a, b []float64) float64 { return euclidean(a, b) * euclidean(a, b) })},
		{Metric: neighbors.Cosine{}, of: plainly(cosine), loose: 1e-14},
		{Metric: neighbors.Correlation{}, of: plainly(func(a, b []float64) float64 { return cosine(centered(a), centered(b)) }), loose: 1e-14, domain: "varied"},
		{Metric: neighbors.Spearman{}, of: plainly(func(a, b []float64) float64 { return cosine(centered(ranks(a)), centered(ranks(b))) }), loose: 1e-14},
		{Metric: neighbors.Manhattan{}, of: plainly(sum(func(v, w float64) float64 { return math.Abs(v - w) }))},
		{Metric: neighbors.Chebyshev{}, of: plainly(minkowski(math.Inf(1)))},
		{Metric: neighbors.Minkowski{P: 1}, of: plainly(minkowski(1))},
		{Metric: neighbors.Minkowski{}, of: plainly(minkowski(2))},
		{Metric: neighbors.Minkowski{P: math.Inf(1)}, of: plainly(minkowski(math.Inf(1)))},
		{Metric: neighbors.Minkowski{P: 1.5}, of: plainly(minkowski(1.5))},
		{Metric: neighbors.Minkowski{P: 3}, of: plainly(minkowski(3))},
		{Metric: neighbors.Minkowski{P: 2.7}, of: plainly(minkowski(2.7))},
		{Metric: neighbors.Minkowski{P: 3, Weights: weights(7)}, domain: "seven", of: plainly(func(a, b []float64) float64 {
			c := minus(a, b)
			for j, w := range weights(7) {
				c[j] *= math.Cbrt(w)
			}
			return minkowski(3)(c, make([]float64, 7))
		})},
		{Metric: neighbors.Canberra{}, of: plainly(sum(func(v, w float64) float64 {
			return over(math.Abs(v/2-w/2), math.Abs(v)/2+math.Abs(w)/2)
		}))},
		{Metric: neighbors.BrayCurtis{}, domain: "counts", of: plainly(func(a, b []float64) float64 {
			return over(sum(func(v, w float64) float64 { return math.Abs(v - w) })(a, b), sum(func(v, w float64) float64 { return math.Abs(v + w) })(a, b))
		})},
		{Metric: neighbors.Hamming{}, sets: true, of: plainly(func(a, b []float64) float64 {
			return sum(func(v, w float64) float64 {
				if v != w {
					return 1
				}
				return 0
			})(a, b) / float64(len(a))
		})},
		{Metric: neighbors.Jaccard{}, sets: true, of: plainly(sets(func(both, a, b float64) float64 { return over(a+b-2*both, a+b-both) }))},
		{Metric: neighbors.Dice{}, sets: true, of: plainly(sets(func(both, a, b float64) float64 { return over(a+b-2*both, a+b) }))},
		{Metric: neighbors.Hellinger{}, domain: "shares", of: plainly(func(a, b []float64) float64 {
			p, q := shares(a), shares(b)
			if (norm(p) == 0) != (norm(q) == 0) {
				return 1
			}
			return math.Sqrt(sum(func(v, w float64) float64 { return (math.Sqrt(v) - math.Sqrt(w)) * (math.Sqrt(v) - math.Sqrt(w)) })(p, q) / 2)
		}), loose: 1e-14},
		{Metric: neighbors.JensenShannon{}, domain: "shares", of: plainly(func(a, b []float64) float64 {
			p, q := shares(a), shares(b)
			if (norm(p) == 0) != (norm(q) == 0) {
				return math.Sqrt(math.Ln2)
			}
			return math.Sqrt(max(0, sum(func(v, w float64) float64 { return kl(v, v/2+w/2) + kl(w, v/2+w/2) })(p, q)/2))
		}), loose: 3e-8}, // the root of 10⁻¹⁵
		{Metric: neighbors.Haversine{}, domain: "places", of: plainly(func(a, b []float64) float64 {
			h := math.Pow(math.Sin((a[0]-b[0])/2), 2) + math.Cos(a[0])*math.Cos(b[0])*math.Pow(math.Sin((a[1]-b[1])/2), 2)
			return 2 * math.Asin(math.Sqrt(min(h, 1)))
		}), loose: 1e-14},
		{Metric: neighbors.Poincare{}, domain: "ball", of: plainly(func(a, b []float64) float64 {
			return math.Acosh(1 + 2*euclidean(a, b)*euclidean(a, b)/((1-norm(a)*norm(a))*(1-norm(b)*norm(b))))
		}), loose: 3e-8},
		{Metric: neighbors.Mahalanobis{}, domain: "independent", of: func(x *mat.Dense) func(a, b []float64) float64 {
			var c mat.SymDense
			stat.CovarianceMatrix(&c, x, nil)
			var inverse mat.Dense
			if err := inverse.Inverse(&c); err != nil {
				panic(err)
			}
			return func(a, b []float64) float64 {
				v := mat.NewVecDense(len(a), minus(a, b))
				return math.Sqrt(max(0, mat.Inner(v, &inverse, v)))
			}
		}, loose: 1e-9},
		{Metric: neighbors.Func("largest value", func(a, b []float64) float64 { return math.Abs(slices.Max(a) - slices.Max(b)) }), sets: true,
			of: plainly(func(a, b []float64) float64 { return math.Abs(slices.Max(a) - slices.Max(b)) })},
	}
}

// crowds are rows that make searches go wrong: tied, equal, constant, tiny, huge, far
// away, sparse.
func crowds() map[string]*mat.Dense {
	all := inputs()
	for name, x := range all { // a part of each tells as much
		n, d := x.Dims()
		all[name] = mat.DenseCopyOf(x.Slice(0, min(n, 80), 0, min(d, 70)))
	}
	fill := func(n, d int, f func(s *rng.Stream, i, j int) float64) *mat.Dense {
		x := mat.NewDense(n, d, nil)
		for i := range n {
			s := rng.New(6, "crowds", i)
			for j := range d {
				x.Set(i, j, f(&s, i, j))
			}
		}
		return x
	}
	all["corners of a cube"] = fill(80, 7, func(_ *rng.Stream, i, j int) float64 { return float64(i >> j & 1) })
	all["shares"] = fill(80, 7, func(s *rng.Stream, i, j int) float64 { return max(0, s.Float64()-0.3) })
	all["one far away"] = fill(80, 3, func(s *rng.Stream, i, j int) float64 {
		if i == 40 {
			return 1e12
		}
		return s.Float64()
	})
	all["far from zero"] = fill(80, 7, func(s *rng.Stream, i, j int) float64 { return 1e9 + s.Float64() })
	all["mostly zeros"] = fill(80, 100, func(s *rng.Stream, i, j int) float64 { return max(0, float64(s.IntN(300)-296)) })
	all["one column"] = fill(80, 1, func(s *rng.Stream, i, j int) float64 { return s.Float64() })
	all["columns of any size"] = fill(80, 7, func(s *rng.Stream, i, j int) float64 { return s.Float64() * math.Pow(10, float64(20*j-60)) })
	return all
}

// fits reports whether the definition holds for rows, and brings them there where
// they can be.
func (d definition) fits(x *mat.Dense) (*mat.Dense, bool) {
	n, cols := x.Dims()
	largest, least := 0., math.Inf(1)
	for _, v := range x.RawMatrix().Data {
		largest, least = max(largest, math.Abs(v)), min(least, v)
	}
	changed := func(f func(v float64) float64) *mat.Dense {
		y := mat.NewDense(n, cols, nil)
		y.Apply(func(_, _ int, v float64) float64 { return f(v) }, x)
		return y
	}
	switch d.domain {
	case "counts": // where rows nearly cancel, the definition has no digits
		return changed(math.Abs), true
	case "varied": // values far from zero that differ little have no digits left without their mean
		return x, largest < 1e300 && (least <= 0 || cols == 1 || largest/least > 1.001)
	case "seven":
		return x, cols == 7
	case "shares":
		return changed(math.Abs), true
	case "places":
		return mat.DenseCopyOf(changed(func(v float64) float64 { return math.Mod(v, 3) }).Slice(0, n, 0, min(cols, 2))), cols >= 2
	case "ball":
		return changed(func(v float64) float64 { return v / max(largest, 1e-300) * 0.9 / math.Sqrt(float64(cols)) }), true
	case "independent":
		if cols != 7 || n <= 7 || least <= -10 || largest >= 10 {
			return x, false
		}
		var c mat.SymDense
		stat.CovarianceMatrix(&c, x, nil)
		var inverse mat.Dense
		return x, inverse.Inverse(&c) == nil // few rows of a crowd of equal ones have none
	}
	return x, true
}

func TestExactAgainstDefinitions(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	tried := map[string]int{}
	for _, m := range definitions() {
		for name, x := range crowds() {
			if testing.Short() {
				n, d := x.Dims()
				x = mat.DenseCopyOf(x.Slice(0, min(n, 40), 0, d))
			}
			x, ok := m.fits(x)
			if !ok || m.String() == "sqeuclidean" && (name == "huge" || name == "minute") { // squares beyond float64
				continue
			}
			forms := map[string]mat.Matrix{"float64": x}
			if mat32.CheckFloat32(x) == nil && m.domain != "independent" {
				y := mat32.Convert(x)
				forms["float32"], forms["sparse"] = y, sparse(x)
			}
			for form, x := range forms {
				n, d := x.Dims()
				rows := mat.DenseCopyOf(x)
				distance, pairs := m.of(rows), mat.NewDense(n, n, nil)
				for i := range n {
					for j := range i {
						pairs.Set(j, i, distance(rows.RawRowView(j), rows.RawRowView(i)))
					}
				}
				every, err := neighbors.Exact{Neighbors: n - 1, Metric: m.Metric}.Graph(ctx, x)
				if err != nil {
					t.Errorf("%v of %s, %s: %v", m, name, form, err)
					continue
				}
				tried[m.String()]++
				for i := range n {
					indices, distances := every.Row(i)
					seen := map[int32]bool{int32(i): true}
					for k, j := range indices {
						got := distances[k]
						want := pairs.At(min(i, int(j)), max(i, int(j)))
						if !(math.Abs(got-want) <= 1e-11*want+m.loose*math.Sqrt(float64(d))) {
							t.Fatalf("%v of %s, %s: rows %d and %d are at %v, want %v", m, name, form, i, j, got, want)
						}
						if seen[j] || k > 0 && cmp.Or(cmp.Compare(distances[k-1], got), cmp.Compare(indices[k-1], j)) >= 0 {
							t.Fatalf("%v of %s, %s: the neighbours of row %d are not sorted, or not all others, at %d", m, name, form, i, k)
						}
						seen[j] = true
						if m.sets && got != want {
							t.Fatalf("%v of %s, %s: rows %d and %d are at %v, want %v to the last bit", m, name, form, i, j, got, want)
						}
					}
				}
				// Few neighbours are the first of all.
				for _, k := range []int{1, 10} {
					g, err := neighbors.Exact{Neighbors: k, Metric: m.Metric}.Graph(ctx, x)
					if err != nil {
						t.Fatal(err)
					}
					for i := range n {
						indices, distances := g.Row(i)
						wantI, wantD := every.Row(i)
						if !slices.Equal(indices, wantI[:k]) || !slices.Equal(distances, wantD[:k]) {
							t.Fatalf("%v of %s, %s, row %d: the %d nearest are %v at %v, want %v at %v", m, name, form, i, k, indices, distances, wantI[:k], wantD[:k])
						}
					}
				}
			}
		}
	}
	least := 3
	if testing.Short() {
		least = 2 // the first rows of some crowds are all alike
	}
	for _, m := range definitions() {
		if tried[m.String()] < least {
			t.Errorf("%v was tried on %d crowds only", m, tried[m.String()])
		}
	}
}
