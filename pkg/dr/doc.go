// Package dr answers: how do I see it in fewer dimensions?
//
// A method is a struct value whose zero value is the published default:
//
//	emb, err := dr.TSNE{Seed: 1}.Embed(ctx, x)       // the short way: the map
//	model, err := dr.PCA{Components: 50}.Fit(ctx, x) // the long way: the model
//	z, err := model.Transform(ctx, more)             // new rows by the same map
//
// Data are gonum matrices with one row per sample. Methods are composed by
// Chain. A fitted model never changes and is safe for concurrent use; the same
// seed gives the same bits on any number of cores.
package dr
