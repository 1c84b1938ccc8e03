package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Dependence is how much one unit (a column) says of another.
type Dependence int

// Dependences. Units that are constant depend on none: theirs is 0.
const (
	Correlation         Dependence = iota // Pearson's
	AbsoluteCorrelation                   // its magnitude: a unit turned over is as good
	MutualInformation                     // as a share, 0 to 1, of what there is of both to know: I/√(H·H)
)

// String returns the name.
func (d Dependence) String() string {
	return name(int(d), "correlation", "absolute correlation", "mutual information")
}

// unitMeasure is the options of a comparison of units.
type unitMeasure struct {
	method string
	kind   Dependence
	bins   int
	limit  int64
}

func (u unitMeasure) resolve(n int) (unitMeasure, error) {
	switch {
	case u.kind < Correlation || u.kind > MutualInformation:
		return u, &mat32.ParamError{Method: u.method, Param: "Dependence", Value: u.kind, Want: "Correlation, AbsoluteCorrelation or MutualInformation"}
	case u.limit < 0:
		return u, negativeLimit(u.method, u.limit)
	case u.bins == 0:
		u.bins = min(max(2, int(math.Sqrt(float64(n)/5))), max(n, 2))
	case u.bins < 2 || u.bins > n:
		return u, &mat32.ParamError{Method: u.method, Param: "Bins", Value: u.bins, Want: fmt.Sprintf("2 ≤ Bins ≤ n = %d, or 0 for √(n/5)", n)}
	}
	return u, nil
}

func negativeLimit(method string, limit int64) error {
	return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
}

// units is two representations, unit by unit.
type units struct {
	*pair
	all      *mat.Dense // p × q: the dependence of every unit of x and every unit of y
	stillX   []bool     // which are constant
	stillY   []bool
	constant []string // notes on these
}

// of returns the dependences of the units of x and of y, whose columns are then of length
// one.
func (u unitMeasure) of(ctx context.Context, x, y mat.Matrix) (*units, error) {
	n, _, _, err := checkBoth(ctx, u.method, 2, x, y)
	if err != nil {
		return nil, err
	}
	if u, err = u.resolve(n); err != nil {
		return nil, err
	}
	_, d := x.Dims()
	_, e := y.Dims()
	if err := mat32.CheckMemory(u.method, 8*(2*int64(n)*int64(d+e)+3*int64(d)*int64(e)), u.limit, "compare fewer units or rows"); err != nil {
		return nil, err
	}
	p, err := both(ctx, u.method, 2, x, y)
	if err != nil {
		return nil, err
	}
	v := &units{pair: p, all: mat.NewDense(p.p, p.q, nil)}
	for _, s := range []struct {
		name  string
		a     *mat.Dense
		still *[]bool
	}{{"x", p.x, &v.stillX}, {"y", p.y, &v.stillY}} {
		if *s.still, err = evenUnits(ctx, s.a); err != nil {
			return nil, fmt.Errorf("%s: %w", u.method, err)
		}
		if k := count(*s.still); k > 0 {
			v.constant = append(v.constant, fmt.Sprintf("%d of the %d units of %s are constant and depend on none", k, len(*s.still), s.name))
		}
	}
	if u.kind == MutualInformation {
		err = u.information(ctx, v)
	} else {
		err = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, p.x.RawMatrix(), p.y.RawMatrix(), 0, v.all.RawMatrix())
		for i, c := range v.all.RawMatrix().Data {
			c = max(-1, min(c, 1)) // but for rounding it is within
			if u.kind == AbsoluteCorrelation {
				c = math.Abs(c)
			}
			v.all.RawMatrix().Data[i] = c
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.method, err)
	}
	return v, nil
}

func count(of []bool) (k int) {
	for _, b := range of {
		if b {
			k++
		}
	}
	return k
}

// evenUnits gives the columns of a length one, and says which are zero.
func evenUnits(ctx context.Context, a *mat.Dense) ([]bool, error) {
	n, d := a.Dims()
	still := make([]bool, d)
	err := par.Blocks(ctx, d, 32, func(lo, hi int) {
		most, sums := make([]float64, hi-lo), make([]float64, hi-lo)
		for i := range n {
			for j, v := range a.RawRowView(i)[lo:hi] {
				most[j] = max(most[j], math.Abs(v))
			}
		}
		for i := range n { // the largest is 1: squares neither vanish nor overflow
			row := a.RawRowView(i)[lo:hi]
			for j, m := range most {
				if m > 0 {
					row[j] /= m
					sums[j] += row[j] * row[j]
				}
			}
		}
		for j, s := range sums {
			still[lo+j] = s == 0
			sums[j] = math.Sqrt(s)
		}
		for i := range n {
			row := a.RawRowView(i)[lo:hi]
			for j, s := range sums {
				if s > 0 {
					row[j] /= s
				}
			}
		}
	})
	return still, err
}

// information fills in the mutual information of all units, cut into bins of about as many
// values each. Equal values share a bin.
func (u unitMeasure) information(ctx context.Context, v *units) error {
	binsX, entropyX, err := u.binned(ctx, v.x)
	if err != nil {
		return err
	}
	binsY, entropyY, err := u.binned(ctx, v.y)
	if err != nil {
		return err
	}
	n := float64(v.n)
	return par.BlocksWith(ctx, v.p, 1, func() []int32 { return make([]int32, u.bins*u.bins) }, func(table []int32, at, _ int) {
		for j := range v.q {
			if entropyX[at] == 0 || entropyY[j] == 0 || j%16 == 0 && ctx.Err() != nil {
				continue
			}
			clear(table)
			b := binsY[j]
			for i, c := range binsX[at] {
				table[int(c)*u.bins+int(b[i])]++
			}
			joint := 0.
			for _, k := range table {
				if k > 0 {
					joint -= float64(k) / n * math.Log(float64(k)/n)
				}
			}
			v.all.Set(at, j, max(0, min((entropyX[at]+entropyY[j]-joint)/math.Sqrt(entropyX[at]*entropyY[j]), 1)))
		}
	})
}

// binned returns the bin of every row by the values of every column of a, and the entropies
// of these.
func (u unitMeasure) binned(ctx context.Context, a *mat.Dense) (bins [][]int32, entropy []float64, err error) {
	n, d := a.Dims()
	bins, entropy = make([][]int32, d), make([]float64, d)
	err = par.BlocksWith(ctx, d, 1, func() []int { return make([]int, n) }, func(order []int, j, _ int) {
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(r, s int) int { return cmp.Or(cmp.Compare(a.At(r, j), a.At(s, j)), cmp.Compare(r, s)) })
		bins[j] = make([]int32, n)
		sizes := make([]int, u.bins)
		for from := 0; from < n; {
			to := from
			for to < n && a.At(order[to], j) == a.At(order[from], j) {
				to++
			}
			b := (from + to - 1) * u.bins / (2 * n) // where the middle of the equal values is
			for _, i := range order[from:to] {
				bins[j][i] = int32(b)
			}
			sizes[b] += to - from
			from = to
		}
		for _, k := range sizes {
			if k > 0 {
				entropy[j] -= float64(k) / float64(n) * math.Log(float64(k)/float64(n))
			}
		}
		if entropy[j] < 1e-12 {
			entropy[j] = 0
		}
	})
	return bins, entropy, err
}
