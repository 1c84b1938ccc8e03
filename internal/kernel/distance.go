// Package kernel holds the innermost loops.
//
// Every function adds in a fixed order, so results do not depend on where the
// values lie in memory nor on how the rows around them are blocked; distances and
// dot products have the same bits whichever of the two comes first. NaN and
// infinities go through to the result.
package kernel

// SquaredDistance32 returns Σ(a−b)² in float32; b must be as long as a.
// Its relative error is at most Error32(len(a)).
func SquaredDistance32(a, b []float32) float32 { return squared32(a, b[:len(a)]) }

// SquaredDistance64 returns Σ(a−b)²; b must be as long as a.
func SquaredDistance64(a, b []float64) float64 { return squared64(a, b[:len(a)]) }

// SquaredDistanceMixed returns Σ(a−b)² of float32 values, every difference and
// sum in float64; b must be as long as a.
func SquaredDistanceMixed(a, b []float32) float64 { return squaredMixed(a, b[:len(a)]) }

// Manhattan32 returns Σ|a−b| in float32; b must be as long as a. Its relative
// error is at most Error32(len(a)).
func Manhattan32(a, b []float32) float32 { return manhattan32(a, b[:len(a)]) }

// Manhattan64 returns Σ|a−b|; b must be as long as a.
func Manhattan64(a, b []float64) float64 { return manhattan64(a, b[:len(a)]) }

// ManhattanMixed returns Σ|a−b| of float32 values, every difference and sum in
// float64; b must be as long as a.
func ManhattanMixed(a, b []float32) float64 { return manhattanMixed(a, b[:len(a)]) }
