package spectrum

// LargestGap returns the k at which the ratio of eigenvalue k to the next is
// largest, the first where several are. An eigenvalue of zero makes the ratio
// before it infinite: leave directions that cannot vary out. One value has no
// gap, and counts as 1.
//
// Source: S. Ahn and A. Horenstein (2013), Eigenvalue ratio test for the number of
// factors.
func LargestGap(values []float64) (int, error) {
	v, _, err := relative("spectrum.LargestGap", values)
	if err != nil {
		return 0, err
	}
	at, largest := 1, 0.
	for i := range len(v) - 1 {
		if v[i+1] == 0 {
			if v[i] > 0 { // an infinite gap
				at = i + 1
			}
			break
		}
		if ratio := v[i] / v[i+1]; ratio > largest {
			at, largest = i+1, ratio
		}
	}
	return at, nil
}
