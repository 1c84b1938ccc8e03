package datasets

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/tests/golden"
)

// Every parameter has the place that scikit-dimension gives it, in as many
// columns, and the list of shapes is its.
func TestManifoldsOfScikitDimension(t *testing.T) {
	var file struct {
		Shapes []struct {
			Name               string
			Dimension, Columns int
		}
		Cases []struct {
			Name             string
			Parameters, Rows [][]float64
		}
	}
	golden.Load(t, "manifolds", &file)
	all := BenchmarkManifolds()
	for i, want := range file.Shapes {
		if got := all[i]; got.Name != want.Name || got.Dim != want.Dimension || got.Columns != want.Columns {
			t.Errorf("shape %d is %+v, want %+v", i, got, want)
		}
	}
	if len(file.Cases) != len(file.Shapes)-3 { // four of M10 less, TwinPeaks more
		t.Errorf("%d cases of %d shapes", len(file.Cases), len(file.Shapes))
	}
	for _, c := range file.Cases {
		m := BenchmarkManifold{Name: c.Name}.shape()
		for i, p := range c.Parameters {
			row := make([]float64, m.width(m.dim))
			m.place(row, p)
			for j, want := range c.Rows[i] {
				var got float64
				if j < m.filled(m.dim) {
					got = row[j%len(row)]
				}
				if math.Abs(got-want) > 1e-13*max(1, math.Abs(want)) {
					t.Errorf("%s: row %d has %v in column %d, want %v", c.Name, i, got, j, want)
				}
			}
		}
	}
}

// The derivative of a place by the parameters has as many directions as the
// shape has dimensions, of every Dim that it takes.
func TestManifoldsHaveTheirDimension(t *testing.T) {
	const step = 1e-5
	for _, m := range manifolds {
		dims := []int{m.dim}
		if m.least > 0 {
			dims = append(dims, m.least, m.least+1, 7)
		}
		for _, d := range dims {
			for i := range 5 {
				s := rng.New(1, "test/"+m.name, i)
				p := m.draw(d, &s)
				there, back := make([]float64, m.width(d)), make([]float64, m.width(d))
				derivative := mat.NewDense(len(there), len(p), nil)
				for k, at := range p {
					p[k] = at + step
					m.place(there, p)
					p[k] = at - step
					m.place(back, p)
					p[k] = at
					floats.Sub(there, back)
					floats.Scale(1/(2*step), there)
					derivative.SetCol(k, there)
				}
				var svd mat.SVD
				if !svd.Factorize(derivative, mat.SVDNone) {
					t.Fatal("no singular values")
				}
				values := svd.Values(nil)
				rank := 0
				for _, v := range values {
					if v > 1e-6*values[0] {
						rank++
					}
				}
				if rank != d {
					t.Errorf("%s: place %d has %d directions, want %d: %.3g", m.name, i, rank, d, values)
				}
			}
		}
	}
}

// Parameters have the laws they are said to have: mean and variance of each.
func TestLawsOfParameters(t *testing.T) {
	const n = 4000
	for name, want := range map[string]struct {
		draw           func(int, *rng.Stream) []float64
		mean, variance float64
		kurtosis       float64
	}{
		"uniform":     {uniforms, 1. / 2, 1. / 12, 1.8},
		"normal":      {normals(0), 0, 1, 3},
		"exponential": {exponentials, 1, 1, 9},
		"beta":        {betas, 10 / 10.5, 10 * .5 / (10.5 * 10.5 * 11.5), 7.5},
	} {
		var columns [2][]float64
		for i := range n {
			s := rng.New(3, "test/"+name, i)
			p := want.draw(2, &s)
			for k := range columns {
				columns[k] = append(columns[k], p[k])
			}
		}
		for k, values := range columns {
			mean, variance := stat.MeanVariance(values, nil)
			if math.Abs(mean-want.mean) > 5*math.Sqrt(want.variance/n) {
				t.Errorf("%s: mean %v of column %d, want %v", name, mean, k, want.mean)
			}
			if math.Abs(variance/want.variance-1) > 5*math.Sqrt((want.kurtosis-1)/n) {
				t.Errorf("%s: variance %v of column %d, want %v", name, variance, k, want.variance)
			}
		}
		if r := stat.Correlation(columns[0], columns[1], nil); math.Abs(r) > 5/math.Sqrt(n) {
			t.Errorf("%s: columns correlate %v", name, r)
		}
	}
}

// The names are unlike, and a shape of many dimensions begins at its least.
func TestListOfManifolds(t *testing.T) {
	var names []string
	for _, m := range manifolds {
		names = append(names, m.name)
		if m.least > m.dim || m.columns > 0 && m.columns < m.filled(m.dim) || m.note == "" || m.source == "" {
			t.Errorf("%s: %+v", m.name, m)
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(manifolds) {
		t.Error("two shapes have one name")
	}
}
