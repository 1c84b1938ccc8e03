// Package datasets answers: what do I practise on?
//
// Generators (SwissRoll, Sphere, Blobs) draw samples of shapes whose truth is
// known and return it beside them; Iris, Wine, Digits and Penguins are real
// measurements that a program carries with it, so that a notebook needs no
// network. A program carries only those it calls.
//
// All of them are a *Dataset, whose X is a float64 matrix: the truth of a
// generator is then exact, decimals of real data are the ones that were
// published, and the fast kernels make their float32 copy once.
//
// A generator is a struct value whose zero value is the published default. Row i
// depends on the options, the seed and i alone: a larger sample begins with the
// smaller one, and has the same bits on any number of cores.
package datasets

// The files in data are made from the published ones, which are not needed
// otherwise; internal/pack says where they come from.
//go:generate go run ./internal/pack -from $FLATLAND_DATA -to data
