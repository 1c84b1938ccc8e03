package spectrum

// FukunagaOlsen counts the eigenvalues above the given share, at least 0 and below
// 1, of the largest; 0.05 is customary for local dimensions. With a share of the
// size of rounding it is the numerical rank.
//
// Source: K. Fukunaga and D. Olsen (1971), An algorithm for finding intrinsic
// dimensionality of data.
func FukunagaOlsen(values []float64, share float64) (int, error) {
	const method = "spectrum.FukunagaOlsen"
	v, _, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	if err := within(method, "share", share, 0, 1-0x1p-53, "0 ≤ share < 1"); err != nil {
		return 0, err
	}
	return leading(v, func(int) float64 { return share }), nil
}
