package bench

import (
	"context"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

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

// mnist returns the 10 000 digits of MNIST's test part, with grey levels from 0 to 255.
func mnist() ([]*mat32.Dense, error) {
	pixels, _ := mnist10k.Bytes()
	x := mat32.NewDense(mnist10k.Rows, len(pixels)/mnist10k.Rows, nil)
	for i, v := range pixels {
		x.Data()[i] = float32(v)
	}
	return []*mat32.Dense{x}, nil
}
