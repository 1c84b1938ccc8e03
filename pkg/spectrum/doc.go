// Package spectrum answers: how many of these eigenvalues matter?
//
// A spectrum is what remains of data when directions are forgotten: the variances
// along the principal components, eigenvalues of a covariance or squared singular
// values. Rules count those that matter, and entropies say how many there are in
// effect, without a cut:
//
//	values := model.ExplainedVariance()     // of a dr.PCAModel
//	k, err := spectrum.BrokenStick(values)  // a count
//	r, err := spectrum.ParticipationRatio(values) // a real number
//
// Rules disagree, for they ask different things: what exceeds chance
// (ParallelAnalysis, NoiseEdge, HardThreshold, BrokenStick), what a model of the
// data finds most probable (Minka), where the curve bends (Elbow, LargestGap, Fan),
// or what is large (Share, Kaiser, FukunagaOlsen).
//
// Representations are judged by spectra as well: RankMe, AlphaReQ, VonNeumannEntropy,
// MatrixEntropy, MatrixNuclearNorm, IsoScore and, of a layer of weights, UtilizedRank.
//
// Values may come in any order and are never changed. Values below zero by no
// more than rounding count as zero. Errors: mat32.ErrEmpty, *mat32.NotFiniteError
// (Row is the index), *mat32.ParamError for a negative value or an option out of
// range, and *mat32.DegenerateError where all values are zero.
package spectrum
