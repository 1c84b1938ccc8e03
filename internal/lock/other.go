//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package lock

import (
	"errors"
	"os"
)

// Try reports that files cannot be locked here.
func Try(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Release has nothing to let go of.
func Release(*os.File) {}
