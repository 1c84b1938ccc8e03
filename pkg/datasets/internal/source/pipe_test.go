//go:build unix

package source_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
)

func TestPipesHaveNoSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { // an open for reading waits for one for writing
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			w.WriteString("through the pipe")
			w.Close()
		}
	}()
	f, err := source.Open(context.Background(), "thing", path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || string(got) != "through the pipe" || f.Size != 0 {
		t.Errorf("read %q, %d bytes in all, %v", got, f.Size, err)
	}
}
