package spectrum

// Share returns how many of the largest eigenvalues it takes for the given share,
// above 0 and at most 1, of their sum: 0.95 is customary for principal components. It is
// also called the variance dimension.
//
// Source: I. Jolliffe (2002), Principal component analysis, section 6.1.1.
func Share(values []float64, share float64) (int, error) {
	const method = "spectrum.Share"
	v, _, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	if err := within(method, "share", share, 0x1p-1074, 1, "0 < share ≤ 1"); err != nil {
		return 0, err
	}
	total, part := sum(v), 0.
	for i, x := range v {
		// The whole is reached though it was added in another order.
		if part += x; part >= share*total*(1-1e-12) {
			return i + 1, nil
		}
	}
	return len(v), nil
}
