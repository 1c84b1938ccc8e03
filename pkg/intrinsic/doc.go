// Package intrinsic answers: how many dimensions does it have?
//
// Data in many columns often vary in few directions: the rows lie near a surface
// whose dimension the distances between neighbours betray, because the volume
// within a distance r grows as r to the power of that dimension. The estimators
// here read it from the neighbours of every row and return a measure.Dimension:
// the number, its standard error, the distance at which the data were looked at
// and the convention followed, for the dimension of real data depends on the
// scale, and implementations disagree on details worth several per cent.
//
// Distances of zero carry no information on dimension and break the estimators
// (the logarithm of a ratio of distances is infinite), so rows that equal an
// earlier row are left out; Removed counts them. Neighbours of the rows that
// stay are sought among the rows that stay.
//
// Distances are all they need: a mat32.Distances is taken for the rows.
//
// All estimators take rows near the edge of the data for rows of a lower
// dimension and need very many rows in high dimensions, so that they fall short
// above a dimension of about ten: the number is a lower bound there.
package intrinsic

import "math"

// Zero is an exact zero where the zero value of an option means its default:
// the smallest float64, zero for every purpose but comparison.
const Zero = math.SmallestNonzeroFloat64
