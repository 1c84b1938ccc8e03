// Package neighbors answers: who is near whom?
//
// Its currency is the Graph: for every row the same number of nearest other
// rows, sorted, with exact distances. Everything in Flatland that looks at
// neighbourhoods takes one, so that a graph is built once and shared.
package neighbors
