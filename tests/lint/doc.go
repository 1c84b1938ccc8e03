// Package lint holds the rules of style that vet, gofmt and staticcheck do not
// know: everything that users see has a doc comment, identifiers are American,
// and importing a package does nothing.
//
// The rules are tests over the sources of the module, and tests over planted
// sources that break each of them.
package lint
