//go:build !unix

package npy

import (
	"errors"
	"os"
)

const canMap = false

func pagesOf(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapped([]byte) error { return nil }
