// Package intrinsic answers: how many dimensions does it have?
//
// Data in many columns often vary in few directions: the rows lie near a surface
// whose dimension can be read from them in several ways. An estimator returns a
// measure.Dimension: the number, its standard error, the distance at which the data
// were looked at and the convention followed, for the dimension of real data depends on
// the scale, and implementations disagree on details worth several per cent.
//
//	d, err := intrinsic.TwoNN{}.Estimate(ctx, x)
//	fmt.Println(d) // with error, scale and convention
//
// # What there is
//
//   - Ratios of distances to the nearest rows: TwoNN, Gride (also as a curve over
//     scales), MiND, MiNDKL (against balls of known dimension), Hidalgo (several dimensions
//     in one set of rows).
//   - Growth of distances within a neighbourhood: MLE (also with noise), CDF, MOM,
//     MADA, TLE, GeoMLE (carried on to no distance).
//   - Counts of rows within radii: BIDE, ABIDE (each row at the scale that suits it),
//     CorrelationDimension, BoxCounting, I3D (rows on a lattice).
//   - Angles between neighbours: ESS, ABID, DANCo (with ratios, against balls of known
//     dimension).
//   - Variances along directions: LocalPCA, near each row or of all rows.
//   - Lengths of graphs of more and more rows: KNN, MSTDimension.
//   - Separation by planes: FisherS, Separability.
//   - The score of a density, learnt or of kernels: ScoreID.
//
// Profile asks them at once and says why they disagree. ObjectiveLandscape measures the
// dimension of a problem of optimisation. DiffusionSpectralEntropy,
// DiffusionSpectralMI, BinnedEntropy and LabelSharpness are scores of rows and their
// labels, not dimensions.
//
// # Which to believe
//
// TwoNN looks at the smallest scale: it is spared curvature and exposed to noise. Where
// noise is feared, see Gride.Curve for a scale beyond it, or ABIDE. MLE errs least by
// chance, and over its neighbourhood by curvature and edges. Local holds the estimate at
// every row, of those that make one.
//
// Distances take rows near the edge of the data for rows of a lower dimension and need
// very many rows in high dimensions: above about ten their number is a lower bound. ESS,
// GeoMLE, DANCo and MiNDKL do not fall short there. Angles and variances take the bends of a
// surface within a neighbourhood for dimensions: they are right where it is flat at
// that scale. BoxCounting, CorrelationDimension, KNN and MSTDimension need many rows for
// their number of dimensions. FisherS and Separability look at the data as a whole.
//
// # Conventions
//
// The zero value of an estimator is its published default. Neighbors counts other rows.
// Distances of zero carry no information on dimension, so rows that equal an
// earlier one are left out, Removed counts them, and neighbours are sought among
// the rows that stay. I3D and ScoreID keep them, as part of the density. Distances in
// steps, as of rounded data, break ratios of distances: an error or a note says so.
//
// A mat32.Distances is taken for the rows, but by BoxCounting, DANCo, FisherS, I3D,
// LocalPCA, ScoreID and Separability, which need columns. A Graph of the rows spares the
// search for neighbours and never changes a result.
//
// Turning, moving or stretching the data, and the order of rows, change no estimate, with
// the exceptions that their names suggest: the boxes of BoxCounting and the lattice of I3D
// have axes, a Spacing has a unit, and random draws go by the numbers of rows. Standard
// errors cover chance, not the bias of edges, curvature and few rows.
package intrinsic

import "math"

// Zero is an exact zero where the zero value of an option means its default:
// the smallest float64, zero for every purpose but comparison.
const Zero = math.SmallestNonzeroFloat64
