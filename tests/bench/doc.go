// Package bench measures Flatland and the libraries it is compared with in one run, on the same data, and writes BENCHMARKS.md.
//
// The table of what is measured is in cases.go. A new case is a row there, a function in tests/bench/ours, and one in
// tests/peers/bench_<family>.py, both of which the package wire describes; a peer in Go has its function in tests/bench/theirs.
//
// Growth, what a method of our own costs as rows become more, is measured by a command of its own, since that draws a picture: what
// it links would be in the memory of the workers. A new method is a row in growth.go.
package bench
