package spectrum

// Kaiser counts the eigenvalues above their mean, which is 1 for a correlation
// matrix. It keeps too many where noise has many directions. Include the zeros of
// directions that do not vary: they lower the mean.
//
// Sources: L. Guttman (1954), Some necessary conditions for common-factor
// analysis; H. Kaiser (1960), The application of electronic computers to factor
// analysis.
func Kaiser(values []float64) (int, error) {
	v, _, err := relative("spectrum.Kaiser", values)
	if err != nil {
		return 0, err
	}
	mean := sum(v) / float64(len(v))
	// A flat spectrum has none above its mean, whatever rounding makes of it.
	return leading(v, func(int) float64 { return mean * (1 + 1e-12) }), nil
}
