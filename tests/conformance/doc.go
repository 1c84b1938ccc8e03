// Package conformance keeps every method of Flatland to the promises that all
// of them make.
//
// It holds one row for every public method (table_test.go and the rows of each
// room beside it). A test walks the packages with go/types and fails when an
// exported type with one of the methods that verbs lists, such as Fit, Estimate, Compare or
// Compute, or an exported function that takes a context and a matrix, has no row, or when a
// row has an empty cell. What takes a graph, diagrams or labels is given such as are made of
// the rows, and says what of its own kind it refuses. From the row everything else is run: what the golden,
// the claim and its control say, and every promise of promises_test.go on every
// variant and every way into it, which reflection finds, so that none can be
// forgotten.
//
// Checks return what is wrong instead of failing a test, so that offenders_test.go
// can show on planted offenders that each of them finds what it is for.
//
// To add a method: write its row in rows_<room>_test.go, run
//
//	go test ./tests/conformance
//	go test ./tests/conformance -run TestHashes -update
//	go test -tags purego ./tests/conformance -run TestHashes -update
//
// and do what they ask for.
package conformance
