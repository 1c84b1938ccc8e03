package columnar_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/columnar"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Heads of a few bytes that say there are many million fields, rows or words.
func TestClaimsTakeNoMemory(t *testing.T) {
	const many = 90_000_000
	thrift := func(head ...byte) []byte {
		footer := append(binary.AppendUvarint(head, many), 0x15, 0, 0)
		file := append([]byte("PAR1"), footer...)
		file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
		return append(file, "PAR1"...)
	}
	pyarrow, err := os.ReadFile("testdata/pyarrow.feather")
	if err != nil {
		t.Fatal(err)
	}
	// The schema's list of fields is the first vector in the footer that is as long as there are columns.
	footer := len(pyarrow) - 10 - int(binary.LittleEndian.Uint32(pyarrow[len(pyarrow)-10:]))
	fields := append([]byte{}, pyarrow...)
	found := false
	for at := footer; at < len(fields)-14 && !found; at += 4 {
		if found = binary.LittleEndian.Uint32(fields[at:]) == 32; found {
			binary.LittleEndian.PutUint32(fields[at:], 1<<31)
		}
	}
	if !found {
		t.Fatal("the footer of testdata/pyarrow.feather has no list of 32 fields")
	}
	for name, c := range map[string]struct {
		content []byte
		parquet bool
	}{
		"the schema of Parquet":      {thrift(0x15, 2, 0x19, 0xfc), true},
		"the row groups of Parquet":  {thrift(0x15, 2, 0x49, 0xfc), true},
		"the metadata of Parquet":    {thrift(0x15, 2, 0x59, 0xfc), true},
		"the fields of Arrow":        {fields, false},
		"the length of a stream":     {[]byte("\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x00\x00\x00"), false},
		"the length of Arrow's foot": {[]byte("ARROW1\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7fARROW1"), false},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var err error
		if c.parquet {
			_, err = columnar.Parquet{}.Open(t.Context(), path)
		} else {
			_, err = columnar.Arrow{}.Open(t.Context(), path)
		}
		runtime.ReadMemStats(&after)
		var bad *mat32.FileError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 20<<20 {
			t.Errorf("%s: it took %d MiB", name, took>>20)
		}
	}
}
