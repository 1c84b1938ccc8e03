package source

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
)

// Save writes a file: under another name in the same folder first, which becomes path only when all is written, so that nobody
// finds half a file there, and what was there before stays when writing fails. Writes are buffered.
func Save(path string, write func(w io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // which is gone where all went well
	out := bufio.NewWriterSize(file, buffer)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = file.Chmod(0o644) // CreateTemp lets nobody else read
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	return err
}
