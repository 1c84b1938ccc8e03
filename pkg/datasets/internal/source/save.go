package source

import (
	"bufio"
	"io"
	"os"

	"github.com/flatland-go/flatland/internal/whole"
)

// Save writes a file that nobody finds half written: what was there before stays when writing fails. Writes are buffered.
func Save(path string, write func(w io.Writer) error) error {
	return whole.Save(path, func(f *os.File) error {
		out := bufio.NewWriterSize(f, buffer)
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	})
}
