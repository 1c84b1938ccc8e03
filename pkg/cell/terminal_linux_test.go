package cell

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/flatland-go/flatland/internal/testenv"
)

// terminal opens a pseudo-terminal of so many columns: what is written to the second file can be read from the first.
func terminal(t *testing.T, columns uint16) (*os.File, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func TestOneLineInATerminal(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		columns  uint16
		headless string
		want     string
	}{
		{80, "", eraseLine + "cell.Keep" + eraseLine},
		{5, "", eraseLine + "cell" + eraseLine},
		{80, "1", ""},
	} {
		master, slave := terminal(t, c.columns)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), cellVariable+"=long", "FLATLAND_STORE="+t.TempDir(), "GONB_PIPE=", "FLATLAND_HEADLESS="+c.headless)
		cmd.Stderr = slave
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		slave.Close()
		said, _ := io.ReadAll(master) // ends in an error: the other side is gone
		if got := strings.ReplaceAll(string(said), "\r\n", "\n"); got != c.want {
			t.Errorf("%d columns, headless %q: got %q, want %q", c.columns, c.headless, got, c.want)
		}
	}
}
