package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Relate returns, for every key of one slice, where it is among those of the next, or −1:
// a relation for AlignedUMAP.FitSeries where rows have names or numbers of their own. A key
// that a slice has twice is a *mat32.ParamError.
func Relate[K comparable](keys, next []K) ([]int, error) {
	places := make([]map[K]int, 2)
	for s, of := range [][]K{keys, next} {
		places[s] = make(map[K]int, len(of))
		for i, k := range of {
			if j, twice := places[s][k]; twice {
				return nil, &mat32.ParamError{Method: "dr.Relate", Param: []string{"keys", "next"}[s], Value: fmt.Sprintf("%v at %d and %d", k, j, i), Want: "keys that differ"}
			}
			places[s][k] = i
		}
	}
	relation := make([]int, len(keys))
	for i, k := range keys {
		relation[i] = -1
		if j, ok := places[1][k]; ok {
			relation[i] = j
		}
	}
	return relation, nil
}

// imaged returns how many rows have an image.
func imaged(images []int32) (count int) {
	for _, j := range images {
		if j >= 0 {
			count++
		}
	}
	return count
}

// across returns the images of the rows of one slice in another, by those in the slices
// between: −1 for rows that one of them lacks.
func (s *series) across(from, to int) []int32 {
	if from > to {
		return inverted(s.across(to, from), s.rows[from])
	}
	images := make([]int32, s.rows[from])
	for i := range images {
		images[i] = int32(i)
	}
	for t := from; t < to; t++ {
		for i, j := range images {
			if j >= 0 {
				images[i] = s.images[t][j]
			}
		}
	}
	return images
}

// inverted returns of which row each of n is the image.
func inverted(images []int32, n int) []int32 {
	of := make([]int32, n)
	for j := range of {
		of[j] = -1
	}
	for i, j := range images {
		if j >= 0 {
			of[j] = int32(i)
		}
	}
	return of
}

// rowsJoined are the rows that those of a slice have weights to.
type rowsJoined struct {
	start   []int // of every row, and the end
	columns []int32
}

func (r *rowsJoined) row(i int) []int32 { return r.columns[r.start[i]:r.start[i+1]] }

// joinedBy returns which rows weights join.
func joinedBy(w *affinity.Sparse) rowsJoined {
	n, _ := w.Dims()
	r := rowsJoined{start: make([]int, 1, n+1), columns: make([]int32, 0, w.NNZ())}
	for i := range n {
		columns, weights := w.Row(i)
		for k, j := range columns {
			if weights[k] > 0 && int(j) != i {
				r.columns = append(r.columns, j)
			}
		}
		r.start = append(r.start, len(r.columns))
	}
	return r
}

// alike returns for every row of one slice the share that it and its image in another have
// in common of those that either is joined with, of rows that are in both: 1 where it is
// joined with none of these, 0 where it has no image.
func (s *series) alike(ctx context.Context, from, to int, images []int32) ([]float32, error) {
	share := make([]float32, len(images))
	here, there := &s.joined[from], &s.joined[to]
	of := inverted(images, s.rows[to])
	fresh := func() []int32 { return make([]int32, s.rows[to]) }
	err := par.BlocksWith(ctx, len(images), umapBlock, fresh, func(mark []int32, lo, hi int) {
		for i := lo; i < hi; i++ {
			if images[i] < 0 {
				continue
			}
			either, both := 0, 0
			for _, c := range here.row(i) {
				if j := images[c]; j >= 0 {
					mark[j] = int32(i + 1)
					either++
				}
			}
			for _, j := range there.row(int(images[i])) {
				switch {
				case of[j] < 0:
				case mark[j] == int32(i+1):
					both++
				default:
					either++
				}
			}
			share[i] = 1
			if either > 0 {
				share[i] = float32(both) / float32(either)
			}
		}
	})
	return share, err
}

// decay is how much less images count in slices that are farther away.
func decay(from, to int) float64 { return math.Exp(1 - math.Abs(float64(from-to))) }

// procrustes moves and turns points, dim coordinates row after row, so that those of which
// of has −1 or more are nearest to those of target that it names, by least squares. Fewer
// than there are dimensions leave the turn open, none everything.
//
// Source: P. Schönemann (1966), A generalized solution of the orthogonal Procrustes
// problem.
func procrustes(points, target []float32, of []int32, dim int) {
	count := imaged(of)
	if count == 0 {
		return
	}
	here, there := make([]float64, dim), make([]float64, dim) // the centres
	for i, j := range of {
		for c := 0; j >= 0 && c < dim; c++ {
			here[c] += float64(points[i*dim+c]) / float64(count)
			there[c] += float64(target[int(j)*dim+c]) / float64(count)
		}
	}
	product := mat.NewDense(dim, dim, nil)
	for i, j := range of {
		for p := 0; j >= 0 && p < dim; p++ {
			row, v := product.RawRowView(p), float64(points[i*dim+p])-here[p]
			for q := range row {
				row[q] += v * (float64(target[int(j)*dim+q]) - there[q])
			}
		}
	}
	turn := mat.NewDense(dim, dim, nil)
	var svd mat.SVD
	if svd.Factorize(product, mat.SVDFull) {
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		turn.Mul(&u, v.T())
	} else {
		for c := range dim {
			turn.Set(c, c, 1)
		}
	}
	from := make([]float64, dim)
	for i := range len(points) / dim {
		row := points[i*dim:][:dim]
		for c, v := range row {
			from[c] = float64(v) - here[c]
		}
		for q := range row {
			sum := there[q]
			for p, v := range from {
				sum += v * turn.At(p, q)
			}
			row[q] = float32(sum)
		}
	}
}

// follow places the points of a new slice amid those of the one before, where of tells of
// which row each is the image, or −1: images at the same place, and others at the mean of
// those that they are joined with, hop by hop, by their weights. Those that no weights
// lead to stay.
func follow(points, before []float32, of []int32, dim int, row func(i int) ([]int32, []float64)) {
	n := len(of)
	hop := make([]int32, n) // in which a row was placed, from 1
	var placed []int32
	for i, j := range of {
		if j >= 0 {
			copy(points[i*dim:][:dim], before[int(j)*dim:])
			hop[i] = 1
			placed = append(placed, int32(i))
		}
	}
	sum := make([]float64, dim)
	for now := int32(2); len(placed) > 0; now++ {
		var next []int32
		for _, i := range placed {
			columns, weights := row(int(i))
			for k, j := range columns {
				if hop[j] == 0 && weights[k] > 0 {
					hop[j] = now
					next = append(next, j)
				}
			}
		}
		for _, i := range next {
			clear(sum)
			total := 0.
			columns, weights := row(int(i))
			for k, j := range columns {
				if hop[j] == 0 || hop[j] == now {
					continue
				}
				total += weights[k]
				for c, v := range points[int(j)*dim:][:dim] {
					sum[c] += weights[k] * float64(v)
				}
			}
			for c, v := range sum {
				points[int(i)*dim+c] = float32(v / total)
			}
		}
		placed = next
	}
}
