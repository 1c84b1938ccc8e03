//go:build !linux

package nbtest

import "syscall"

// isolated returns nil: this system has no network namespaces.
func isolated() *syscall.SysProcAttr { return nil }
