// Package ours holds Flatland's side of every benchmark: one function a method, which is the whole call that a user makes, from a
// matrix in memory to the result in memory.
package ours
