// Package cell answers: what does a notebook cell need?
//
// Under the GoNB kernel every cell is a program of its own: no value survives it, and every package variable of every earlier cell is
// initialised again in each later one. So results are declared as functions, computed once and kept on disk:
//
//	func model() *dr.PCAModel { return cell.Fit(dr.PCA{Components: 50}, digits().X) }
//	func sweep() []float64 {
//		return cell.Keep(cell.On(digits().X, ks), func(ctx context.Context) ([]float64, error) { … })
//	}
//
// [Fit], [Embed], [Estimate], [Compare] and [Keep] supply the context that the interrupt button cancels, a progress bar, the keeping, and
// the failure of the cell; a [Watcher] such as viz.Live shows more of the work. Each call looks its result up again, which costs a pass over
// the data and a read: hold it in a variable where a cell needs it often.
//
// # What makes a result the same
//
// A result is found again by a key, which is a SHA-256 over everything that a method could tell apart:
//
//   - the code: Flatland's version, or for a directory (a workspace or a replacement) the names, sizes and modification times of its
//     sources and embedded data; gonum's version, Go's, the architecture and the build tags; and the same of the module of every type met;
//   - the method's type and every field, after Resolve where the method has it, so that an option left unset and its default written out
//     share a result. Unexported fields count. A nil and an empty slice, or a nil pointer and a pointer to zero, are different;
//   - the data: matrices by [mat32.Fingerprint] and their type, what has a method Fingerprint() string by that, what is an
//     encoding.BinaryMarshaler by its bytes, everything else by value through pointers, slices and maps;
//   - the kind of the result and, for Keep, the function: its text and that of every function, type, variable and constant of the notebook
//     that it mentions, directly or through others, without comments and layout, and the modules that these use. Editing any of it
//     computes the result anew; other cells may change as they like. What the function captures as it runs belongs into [On].
//
// Where code cannot be identified (sources out of reach with -trimpath, or edited after the program was built), the program file stands for
// it: such results are kept until the program changes. A function, a channel or a value that contains itself cannot be part of a key.
//
// # Where results are kept
//
// In the directory FLATLAND_STORE, or flatland/kept in the user's cache directory. Files appear whole, by rename, and end in a checksum:
// a damaged one is computed anew and replaced. Of two programs that want the same result at once, one computes it and the other waits.
// Above FLATLAND_STORE_LIMIT (a number of bytes, or of MiB or GiB as in "500MiB"; 2GiB when unset) the results used longest ago go.
// What cannot be stored for want of space or rights is returned all the same, with a notice. A result computed under a cancelled context
// is never kept. [Kept] lists what is there, and [Forget] removes it.
//
// # How a cell fails
//
// A failed cell prints one line on standard error, beginning with ✗, and exits with status 1, which the kernel reports as the cell's
// failure. It exits rather than panics because a panic would bury that line under a listing of goroutines. Deferred functions therefore do
// not run.
//
// With FLATLAND_HEADLESS=1 no progress is shown, so that none is saved.
package cell
