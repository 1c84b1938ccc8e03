package fetch

import (
	"context"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Two files of the published form, three rows and one.
func TestUSPS(t *testing.T) {
	d, err := usps(t.Context(), "source", []string{"testdata/usps.bz2", "testdata/usps.t.bz2"})
	if err != nil {
		t.Fatal(err)
	}
	if n, cols := d.X.Dims(); n != 4 || cols != 256 || !slices.Equal(d.Labels, []int{0, 9, 3, 6}) || !slices.Equal(d.Factors[0].Labels, []int{0, 0, 0, 1}) {
		t.Fatalf("%d × %d with labels %v of parts %v", n, cols, d.Labels, d.Factors[0].Labels)
	}
	for _, c := range []struct {
		row, col int
		want     float64
	}{{0, 0, 0}, {0, 255, 0}, {1, 0, 1}, {2, 16, 0}, {2, 17, 0.75}, {3, 0, 0.5}, {3, 1, 1}, {3, 2, 0}} {
		if got := d.X.At(c.row, c.col); got != c.want {
			t.Errorf("row %d, column %d is %v, want %v", c.row, c.col, got, c.want)
		}
	}
	// The eighteenth value of the third row is the second pixel of the second line.
	if got := d.Image(2).At(1, 1); got != (color.Gray{Y: 64}) {
		t.Errorf("its pixel is %v", got)
	}
	if d.Features[17] != "pixel_1_1" || len(d.Features) != 256 || d.Names[3] != "3" {
		t.Errorf("column 17 is %q", d.Features[17])
	}
}

func TestUSPSOfAnotherForm(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain.bz2")
	if err := os.WriteFile(plain, []byte("1 1:1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"testdata/wide.bz2", "testdata/label.bz2", "testdata/bright.bz2", "testdata/part.bz2", plain} {
		_, err := usps(t.Context(), "", []string{path})
		var file *mat32.FileError
		if path != plain && (!errors.As(err, &file) || file.Path != path) || err == nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := usps(t.Context(), "", []string{"testdata/none"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := usps(ctx, "", []string{"testdata/usps.bz2"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
