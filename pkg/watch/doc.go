// Package watch answers: who watches long work?
//
// A watcher is a function in the context. Long computations report to whoever
// watches the context they were given, so stages deep inside a method are seen
// with no code of their own between them and the watcher. Watching never
// changes a result.
//
//	ctx = watch.With(ctx, func(e watch.Event) { fmt.Println(e.Stage, e.Done, "of", e.Total) })
//	emb, err := dr.UMAP{}.Embed(ctx, x)
package watch
