package spectrum

// BrokenStick counts the leading eigenvalues whose share exceeds that of the
// pieces of a stick broken at random: piece i of d, largest first, has the share
// (1/d)·Σ_{j≥i} 1/j on average. It stops at the first that does not; scikit-dimension
// returns one more, and 0 where none fails. Include the zeros of directions that
// do not vary: they are pieces.
//
// Sources: S. Frontier (1976), Étude de la décroissance des valeurs propres dans
// une analyse en composantes principales: comparaison avec le modèle du bâton
// brisé; D. Jackson (1993), Stopping rules in principal components analysis.
func BrokenStick(values []float64) (int, error) {
	v, _, err := relative("spectrum.BrokenStick", values)
	if err != nil {
		return 0, err
	}
	total, stick := sum(v), Stick(len(v))
	return leading(v, func(i int) float64 { return stick[i] * total }), nil
}

// Stick returns the mean shares of the d pieces of a stick broken at random,
// largest first: the curve that BrokenStick compares with. It is empty for d < 1.
func Stick(d int) []float64 {
	if d < 1 {
		return nil
	}
	s := make([]float64, d)
	tail := 0.
	for i := d - 1; i >= 0; i-- {
		tail += 1 / float64(i+1)
		s[i] = tail / float64(d)
	}
	return s
}
