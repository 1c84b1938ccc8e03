//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cell

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock that the file stands for, making the file where there is none. The error is errHeld when somebody, be it in this
// program, has it already.
func tryLock(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, errHeld
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

// unlock lets the lock go and removes its file, in the one order that leaves no gap: while it is held nobody else can get hold of the name.
func unlock(f *os.File) {
	os.Remove(f.Name())
	f.Close()
}
