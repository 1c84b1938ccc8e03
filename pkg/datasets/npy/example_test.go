package npy_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/datasets/npy"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// folder is where examples put their files.
func folder() (path string, remove func()) {
	path, err := os.MkdirTemp("", "npy")
	if err != nil {
		log.Fatal(err)
	}
	return path, func() { os.RemoveAll(path) }
}

func Example() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "digits.npz")

	// What numpy.savez would write: x of 1797 × 8 × 8, labels, names.
	arrays, err := npy.Arrays(datasets.Digits())
	if err != nil {
		log.Fatal(err)
	}
	if err := (npy.Archive{Packed: true}).Save(path, arrays); err != nil {
		log.Fatal(err)
	}

	arrays, err = npy.Archive{}.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	d, err := npy.Dataset(arrays["x"], arrays["labels"], arrays["names"])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(d)
	// Output:
	//            1797 × 64
	// images     8 × 8 pixels
	// classes    0 (178), 1 (182), 2 (177), 3 (183), 4 (181), 5 (182), 6 (181), 7 (179), 8 (174), 9 (180)
}

func ExampleFile() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "x.npy")

	x, err := mat32.FromRows([][]float32{{1, 2, 3}, {4, 5, 6}})
	if err != nil {
		log.Fatal(err)
	}
	array, err := npy.Of(x)
	if err != nil {
		log.Fatal(err)
	}
	if err := array.Save(path); err != nil {
		log.Fatal(err)
	}
	array, err = npy.File{}.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	back, err := array.Dense()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(array.Shape, back.Row(1))
	// Output: [2 3] [4 5 6]
}

func ExampleArchive() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "two.npz")

	y, err := npy.Of([]int{3, 1, 4})
	if err != nil {
		log.Fatal(err)
	}
	if err := (npy.Archive{}).Save(path, map[string]*npy.Array{"y": y, "other": y}); err != nil {
		log.Fatal(err)
	}
	arrays, err := npy.Archive{Arrays: []string{"y"}}.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	labels, err := arrays["y"].Ints()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(arrays), labels)
	// Output: 1 [3 1 4]
}

func ExampleMap() {
	dir, remove := folder()
	defer remove()
	path := filepath.Join(dir, "x.npy")
	if err := (&npy.Array{Shape: []int{2, 2}, Values: []float32{1, 2, 3, 4}}).Save(path); err != nil {
		log.Fatal(err)
	}

	m, err := npy.Map(path)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	x, err := m.Dense()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Row(1))
	// Output: [3 4]
}
