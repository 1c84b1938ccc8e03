// Package sketch answers: how do I shrink it without looking at it?
//
// A sketch maps rows of d columns to rows of Dim by a matrix that is drawn, or
// written down, before the data are seen, and that keeps distances nearly as
// they are. Gaussian, Sparse, FJLT, SRHT, CountSketch and OSNAP draw one, and
// Fastfood one of which only diagonals are stored. FFTReduce, DCT and
// TruncatePrefix keep columns that were settled beforehand, RandomFeatures makes
// some whose inner products are a kernel.
//
//	y, err := sketch.Gaussian{Dim: 64}.Apply(ctx, x)
//	p, err := sketch.Distortion{}.Compare(ctx, x, y)
//
// Each is a struct value whose zero value works. Apply(ctx, x) sketches the rows
// of x, ApplyT(ctx, y, d) maps rows of Dim columns back by the transpose, where the
// map is linear. It follows from the options and the number of columns alone, never from the
// rows: the same Seed gives new rows the same sketch, on any number of cores.
// Rows are worked on in float32; sparse rows (mat32.CSR) are never filled in as a
// whole. Errors of Apply and ApplyT, which begin with the method: those of
// mat32.CheckRows, mat32.ErrEmpty, *mat32.NotFiniteError (also for values that
// float32 cannot hold), *mat32.ParamError, *mat32.MemoryError,
// *mat32.DegenerateError where sums exceed float32, and one that wraps
// ctx.Err().
//
// MinDim says how many columns a distortion needs, Distortion measures it, and
// PrefixCurve what the first columns of an embedding find.
package sketch
