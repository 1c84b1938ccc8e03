//go:build unix

package npy

import (
	"os"

	"golang.org/x/sys/unix"
)

const canMap = true

// pagesOf maps the first bytes of a file, which cannot be written.
func pagesOf(file *os.File, length int) ([]byte, error) {
	b, err := unix.Mmap(int(file.Fd()), 0, length, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return b, nil
}

func unmapped(pages []byte) error { return os.NewSyscallError("munmap", unix.Munmap(pages)) }
