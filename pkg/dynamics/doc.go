// Package dynamics answers: how does it move, and how far ahead can it be known?
//
// It holds the best-known chaotic systems with what is published about them (Flows, Maps, Find),
// moves them (Simulate), finds their Period, and measures them: LyapunovSpectrum and KaplanYorke
// from the equations, CorrelationDimension and Recurrence from states, and from nothing but a
// recorded series LargestLyapunov, Cao's minimum dimension, FalseNeighbors, Lag and SurrogateTest.
// Delays turns a series into the points of its reconstructed attractor, which are rows like any
// others; Simplex and SMap forecast by them.
//
//	lorenz := dynamics.Lorenz()
//	orbit, err := dynamics.Simulate{}.Run(ctx, lorenz, 5000)               // orbit.X: 5000 × 3
//	spectrum, err := dynamics.LyapunovSpectrum{}.Of(ctx, lorenz)           // 0.906, 0, −14.57
//	cao, err := dynamics.Cao{}.Estimate(ctx, mat.NewVecDense(n, series))   // of a series alone
//
// One call shows each: viz.Trajectories(viz.Courses{}, viz.Trajectory{At: orbit.X}), viz.Scatter3D
// of orbit.X, viz.Heatmap of Recurrences.Plot.
package dynamics
