// Package geometry answers: what shape is it?
//
// A cloud of points has a spread (is every direction used? have the points collapsed?), a
// size that grows with the scale it is looked at (magnitude), a bend (curvature, of a cloud
// or of a graph), directions that mean something, and other clouds that it covers or misses.
//
//	s, err := geometry.MeanCosine(ctx, x)
//	m, err := geometry.Magnitude{Scale: 2}.Weights(ctx, x)
//	c, err := geometry.OllivierRicci{}.Edges(ctx, graph)
//	f, err := geometry.PRDC{}.Compare(ctx, real, generated)
//
// Every Score says by its Convention which definition it follows, and which end of its
// range is which.
package geometry
