package conformance

import "slices"

// table holds the row of every public method, room by room.
var table = slices.Concat(neighborsRows, drRows, intrinsicRows, qualityRows)

// plain are exported functions that take a context and a matrix and are no
// methods all the same, and why. Types cannot be.
var plain = map[string]string{
	"mat32.FingerprintContext": "it tells matrices apart, and says nothing of the data",
}
