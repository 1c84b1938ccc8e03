package fetch

import (
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// USPS returns 9298 handwritten digits from envelopes as images of 16 × 16 pixels,
// from the set usps, with the digit as label: the 7291 rows of the training part
// first, then the 2007 of the test part, as the factor "part" tells. Values are
// from 0 (paper) to 1 (ink); the file has them from −1 to 1.
//
// It downloads a few megabytes the first time, unpacks and reads them in about a
// second, and takes 19 MB of memory, and 60 MB more while it reads. Errors are
// those of Fetcher.Fetch and sparse.SVMLight.
func USPS(ctx context.Context) (*datasets.Dataset, error) {
	s, paths, err := files(ctx, "usps")
	if err != nil {
		return nil, err
	}
	return usps(ctx, s.Source, paths)
}

// usps reads the two parts.
func usps(ctx context.Context, source string, paths []string) (*datasets.Dataset, error) {
	const side = 16
	d := &datasets.Dataset{
		Name: "usps", Source: source, Width: side, Height: side,
		Notes:    []string{"values were brought from [−1, 1] to [0, 1]"},
		Names:    digits(),
		Features: pixels(side, side),
	}
	part := datasets.Factor{Name: "part", Names: []string{"train", "test"}}
	var values []float64
	for i, path := range paths {
		refuse := func(reason string, args ...any) error {
			return &mat32.FileError{Path: path, Kind: "USPS", Reason: fmt.Sprintf(reason, args...)}
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		rows, err := sparse.SVMLight{Features: side * side, Base: sparse.FromOne}.Read(ctx, bzip2.NewReader(file))
		file.Close()
		var damage *mat32.FileError
		if errors.As(err, &damage) {
			named := *damage // which the reader knows by no path
			named.Path = path
			return nil, &named
		}
		if err != nil {
			return nil, err
		}
		dense := mat.DenseCopyOf(rows.X)
		for j, v := range dense.RawMatrix().Data {
			if !(math.Abs(v) <= 1) {
				return nil, refuse("row %d holds %v, want values from −1 to 1", j/(side*side), v)
			}
			values = append(values, (v+1)/2)
		}
		for j, target := range rows.Targets {
			digit := int(target) - 1 // the file counts from 1
			if float64(digit+1) != target || digit < 0 || digit > 9 {
				return nil, refuse("row %d has the target %v, want whole numbers from 1 to 10", j, target)
			}
			d.Labels = append(d.Labels, digit)
			part.Labels = append(part.Labels, i)
		}
	}
	d.X = mat.NewDense(len(d.Labels), side*side, values)
	d.Factors = []datasets.Factor{part}
	return d, nil
}

// digits are the names of ten classes.
func digits() []string {
	names := make([]string, 10)
	for k := range names {
		names[k] = strconv.Itoa(k)
	}
	return names
}

// pixels are the names of the columns of images.
func pixels(width, height int) []string {
	names := make([]string, 0, width*height)
	for y := range height {
		for x := range width {
			names = append(names, fmt.Sprintf("pixel_%d_%d", y, x))
		}
	}
	return names
}
