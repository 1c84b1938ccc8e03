// Package dynamics answers: how does it move, and how far ahead can it be known?
//
// It holds the best-known chaotic systems with what is published about them (Flows, Maps,
// Find), moves them (Simulate), and measures them: LyapunovSpectrum from the equations, and
// from nothing but a recorded series LargestLyapunov, Cao's minimum dimension, FalseNeighbors,
// Lag, Recurrence and SurrogateTest. Delays turns a series into the points of its reconstructed
// attractor, which are rows like any others: intrinsic.CorrelationDimension measures their
// dimension, and Simplex and SMap forecast by them.
//
//	lorenz := dynamics.Lorenz()
//	orbit, err := dynamics.Simulate{}.Run(ctx, lorenz, 5000)               // orbit.X: 5000 × 3
//	spectrum, err := dynamics.LyapunovSpectrum{}.Of(ctx, lorenz)           // 0.906, 0, −14.57
//	cao, err := dynamics.Cao{}.Estimate(ctx, mat.NewVecDense(n, series))   // of a series alone
package dynamics
