//go:build !linux

package linalg

func inLargePages([]float64) {}
