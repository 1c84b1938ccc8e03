// Package similarity answers: do two representations share their geometry?
//
// A representation is a matrix, n samples in rows: the activations of a layer, an
// embedding, the recordings of a population of neurons. Two of the same samples, of any
// widths, are compared by a Measure, which names what may differ: a rotation, a scale, any
// linear map, the order of the units, all but the order of the distances.
//
//	s, err := similarity.CKA{Estimator: similarity.Debiased}.Compare(ctx, x, y)
//
// Every Score says by its Convention which definition it follows and whether it grows
// with likeness (a similarity) or falls (a distance).
package similarity
