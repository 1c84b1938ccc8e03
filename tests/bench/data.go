package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// errNoData says that this machine does not have the data of a case.
var errNoData = errors.New("the data are not on this machine")

func digits() ([]*mat32.Dense, error) {
	return []*mat32.Dense{mat32.Convert(datasets.Digits().X)}, nil
}

// digitsWithMap returns the digits and their first two principal components.
func digitsWithMap() ([]*mat32.Dense, error) {
	x := datasets.Digits().X
	y, err := dr.PCA{Components: 2}.Embed(context.Background(), x)
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(x), mat32.Convert(y)}, nil
}

// mnist returns the 10 000 test digits of MNIST, as tests find them (see testenv.Need), with grey levels from 0 to 255.
func mnist() ([]*mat32.Dense, error) {
	folder := os.Getenv("FLATLAND_DATA")
	if folder == "" {
		folder = filepath.Join(testenv.Root(), "..", "shared", "data")
	}
	packed, err := os.ReadFile(filepath.Join(folder, "mnist", "t10k-images-idx3-ubyte.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", errNoData, "mnist/t10k-images-idx3-ubyte.gz under FLATLAND_DATA")
	}
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	// The IDX format: a mark (bytes, three axes), the lengths of the axes, the values.
	const mark, head = 0x803, 16
	if len(b) < head || binary.BigEndian.Uint32(b) != mark {
		return nil, errors.New("the file of MNIST's images does not hold images")
	}
	n := int(binary.BigEndian.Uint32(b[4:]))
	d := int(binary.BigEndian.Uint32(b[8:])) * int(binary.BigEndian.Uint32(b[12:]))
	if b = b[head:]; len(b) != n*d {
		return nil, fmt.Errorf("the file of MNIST's images holds %d values for %d × %d", len(b), n, d)
	}
	x := mat32.NewDense(n, d, nil)
	for i, v := range b {
		x.Data()[i] = float32(v)
	}
	return []*mat32.Dense{x}, nil
}
