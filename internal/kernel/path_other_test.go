//go:build !amd64 || purego

package kernel

import "testing"

// eachPath runs a test on every path that this processor has.
func eachPath(t *testing.T, f func(t *testing.T)) { t.Run(Path(), f) }
