package geometry

import "math"

// Zero stands for an option that is exactly zero, where the zero value of the field means
// its default: the smallest float64, which is numerically zero.
const Zero = math.SmallestNonzeroFloat64
