// Package whole writes files that nobody finds half written.
package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Save writes a file: under another name in the same folder first, which becomes path only when write has returned no error, so
// that what was there before stays until then. It keeps the mode of what it replaces; a new file may be read by everybody. Write
// need not close f; where a power cut must not leave less than all, it ends with f.Sync.
func Save(path string, write func(f *os.File) error) error {
	mode := fs.FileMode(0o644) // CreateTemp lets nobody else read
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone where all went well
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
