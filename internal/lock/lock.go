// Package lock keeps two programs from doing the same work at once: a lock is a file, and the system lets it go when the program that
// holds it ends, however it ends.
package lock

import "errors"

// ErrHeld says that somebody, be it in this program, holds the lock.
var ErrHeld = errors.New("the lock is held")
