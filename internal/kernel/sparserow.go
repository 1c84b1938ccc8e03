package kernel

// SparseRow32 computes one row of the product of a sparse matrix and b, whose row
// j of len(dst) values begins at b[j·stride], with the bits that Gemm32 gives the
// row in full, with alpha 1 and beta 0: terms of zeros change no sum. The row has
// values in the places, which ascend, of inner; sums is as long as dst.
func SparseRow32(dst []float32, places []int32, values []float32, inner int, b []float32, stride int, sums []float32) {
	clear(dst)
	sums, values = sums[:len(dst)], values[:len(places)]
	cut := tiler32().cut(inner)
	for len(places) > 0 {
		piece := int(places[0]) / cut
		to := dst
		if piece > 0 { // what Gemm32 sums apart
			to = sums
			clear(to)
		}
		n := 0
		for n < len(places) && int(places[n]) < (piece+1)*cut {
			axpy32(values[n], b[int(places[n])*stride:][:len(dst)], to)
			n++
		}
		if piece > 0 {
			axpy32(1, to, dst)
		}
		places, values = places[n:], values[n:]
	}
}
