//go:build !unix

package nbtest

import (
	"os"
	"syscall"
)

// grouped returns nil: this system has no process groups, and no GoNB either.
func grouped() *syscall.SysProcAttr { return nil }

// killGroup ends the process that would lead the group.
func killGroup(group int) {
	if p, err := os.FindProcess(group); err == nil {
		_ = p.Kill()
	}
}
