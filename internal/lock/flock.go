//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lock

import (
	"errors"
	"os"
	"syscall"
)

// Try takes the lock that the file stands for, making the file where there is none. The error is ErrHeld when somebody has it already,
// and errors.ErrUnsupported where files cannot be locked.
func Try(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, ErrHeld
			}
			return nil, err
		}
		// Whoever had the lock before removed the file as they let it go: then this one is no longer what others find under its name.
		own, err := f.Stat()
		if err == nil {
			if found, err := os.Stat(path); err == nil && os.SameFile(own, found) {
				return f, nil
			}
		}
		f.Close()
	}
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err
		}
	}
}

// Release lets the lock go and removes its file, in the one order that leaves no gap: while it is held nobody else can get hold of the
// name.
func Release(f *os.File) {
	os.Remove(f.Name())
	f.Close()
}
