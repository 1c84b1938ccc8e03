package kernel

// Forms of many rows against one: two rows at a time share what is read of the
// one, and each is summed as by itself.

// SquaredDistances32 writes to dst the squared distances between q and the
// consecutive rows, each len(q) values long, that rows holds; each has the bits
// of SquaredDistance32.
func SquaredDistances32(dst, q, rows []float32) {
	d := len(q)
	rows = rows[:len(dst)*d]
	if avx2 {
		squaredRows32AVX2(dst, q, rows)
		return
	}
	for i := range dst {
		dst[i] = squared32Go(q, rows[i*d:(i+1)*d])
	}
}

// SquaredDistancesTo32 writes to dst the squared distances between q and the rows
// of data listed, each len(q) values long; each has the bits of
// SquaredDistance32.
func SquaredDistancesTo32(dst, q, data []float32, rows []int32) {
	d := len(q)
	if avx2 {
		within(rows, data, d)
		squaredTo32AVX2(dst[:len(rows)], q, data, rows, ahead(d))
		return
	}
	for k, i := range rows {
		dst[k] = squared32Go(q, data[int(i)*d:(int(i)+1)*d])
	}
}

// Dots32 is SquaredDistances32 for Dot32.
func Dots32(dst, q, rows []float32) {
	d := len(q)
	rows = rows[:len(dst)*d]
	if avx2 {
		dotRows32AVX2(dst, q, rows)
		return
	}
	for i := range dst {
		dst[i] = dot32Go(q, rows[i*d:(i+1)*d])
	}
}

// DotsTo32 is SquaredDistancesTo32 for Dot32.
func DotsTo32(dst, q, data []float32, rows []int32) {
	d := len(q)
	if avx2 {
		within(rows, data, d)
		dotTo32AVX2(dst[:len(rows)], q, data, rows, ahead(d))
		return
	}
	for k, i := range rows {
		dst[k] = dot32Go(q, data[int(i)*d:(int(i)+1)*d])
	}
}

// Manhattans32 is SquaredDistances32 for Manhattan32.
func Manhattans32(dst, q, rows []float32) {
	d := len(q)
	rows = rows[:len(dst)*d]
	if avx2 {
		manhattanRows32AVX2(dst, q, rows)
		return
	}
	for i := range dst {
		dst[i] = manhattan32Go(q, rows[i*d:(i+1)*d])
	}
}

// ManhattansTo32 is SquaredDistancesTo32 for Manhattan32.
func ManhattansTo32(dst, q, data []float32, rows []int32) {
	d := len(q)
	if avx2 {
		within(rows, data, d)
		manhattanTo32AVX2(dst[:len(rows)], q, data, rows, ahead(d))
		return
	}
	for k, i := range rows {
		dst[k] = manhattan32Go(q, data[int(i)*d:(int(i)+1)*d])
	}
}

// within panics where a row is not in data.
func within(rows []int32, data []float32, d int) {
	for _, i := range rows {
		if i < 0 || (int(i)+1)*d > len(data) {
			panic("kernel: no such row")
		}
	}
}

// ahead returns how many places ahead listed rows are fetched: short ones
// farther, since less is done until they are needed. It is worth a third of the
// time where rows lie in memory and not in a cache.
func ahead(d int) int { return min(max(800/max(d, 1), 2), 8) }
