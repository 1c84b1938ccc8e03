//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cell

import (
	"errors"
	"os"
)

// tryLock reports that files cannot be locked here.
func tryLock(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func unlock(*os.File) {}
