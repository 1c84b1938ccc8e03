// Package conformance tries the promises that hold for every entry point of
// Flatland on each of them: the same bits on any number of cores, a cancel that
// is heard, bad input that is a clear error, and answers that do not change
// with a constant added to every column.
package conformance
