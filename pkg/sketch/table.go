package sketch

import "github.com/flatland-go/flatland/internal/kernel"

// table is a sparse matrix in compressed rows, one row for each value it makes.
type table struct {
	columns int
	start   []int32
	places  []int32
	weights []float32
}

// entry is a value of a sparse matrix in the column it is listed for.
type entry struct {
	row    int32
	weight float32
}

// byColumns returns the matrix of the given number of rows whose column j holds
// what columns[j] lists. Places within a row ascend.
func byColumns(rows int, columns [][]entry) *table {
	t := &table{columns: len(columns), start: make([]int32, rows+1)}
	count := 0
	for _, c := range columns {
		for _, e := range c {
			t.start[e.row+1]++
			count++
		}
	}
	for i := range rows {
		t.start[i+1] += t.start[i]
	}
	t.places, t.weights = make([]int32, count), make([]float32, count)
	next := append([]int32(nil), t.start...)
	for j, c := range columns {
		for _, e := range c {
			t.places[next[e.row]], t.weights[next[e.row]] = int32(j), e.weight
			next[e.row]++
		}
	}
	return t
}

func (t *table) rows() int { return len(t.start) - 1 }

// transpose returns the matrix by its columns. With slots, places are those of
// the running sums that kernel.Weigh32 adds each term to.
func (t *table) transpose(slots bool) *table {
	u := &table{columns: t.rows(), start: make([]int32, t.columns+1), places: make([]int32, len(t.places)), weights: make([]float32, len(t.weights))}
	for _, j := range t.places {
		u.start[j+1]++
	}
	for j := range t.columns {
		u.start[j+1] += u.start[j]
	}
	next := append([]int32(nil), u.start...)
	for i := range t.rows() {
		for k := t.start[i]; k < t.start[i+1]; k++ {
			j := t.places[k]
			u.places[next[j]], u.weights[next[j]] = int32(i), t.weights[k]
			if slots {
				u.places[next[j]] = int32(4*i) + (k-t.start[i])%4
			}
			next[j]++
		}
	}
	return u
}

// scatter multiplies one sparse row by the matrix whose transpose with slots is
// u, with the bits that kernel.Weigh32 gives the row in full: terms of zeros
// change no sum.
func (u *table) scatter(dst []float32, sums [][4]float32, columns []int32, values []float32) {
	clear(sums)
	for t, j := range columns {
		v := values[t]
		for k := u.start[j]; k < u.start[j+1]; k++ {
			p := u.places[k]
			sums[p>>2][p&3] += float32(u.weights[k] * v)
		}
	}
	for i := range sums {
		dst[i] = kernel.Weighed(&sums[i])
	}
}
