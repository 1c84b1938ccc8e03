//go:build unix

package cell

import (
	"os"

	"golang.org/x/sys/unix"
)

// columns returns the width of the terminal that f writes to, or 0 when it is none.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	if size.Col == 0 { // a terminal that does not tell
		return 80
	}
	return int(size.Col)
}
