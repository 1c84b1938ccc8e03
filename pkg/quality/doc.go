// Package quality answers: did the embedding keep the structure?
//
// Rank compares the neighbours of every row in the data with its neighbours in
// the embedding, in one pass that keeps no n × n array; all measures of ranks
// are read from its result. The number k of neighbours they look at is a scale:
// a few say whether details are right, many whether the arrangement of the
// whole is.
//
// Ranks are those of exact distances, and rows at equal distance rank by
// index, so that the same data give the same numbers everywhere. With
// duplicate rows the order of the data therefore matters, a little.
package quality
