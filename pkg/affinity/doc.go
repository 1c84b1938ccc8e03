// Package affinity answers: how near counts as near?
//
// It turns distances into weights: what a method calls similar is decided here,
// and seen here by those who want to look into the box.
package affinity
