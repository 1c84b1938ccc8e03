package idx_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets/idx"
)

// Two images of 2 × 2 pixels and their labels, as MNIST's are stored.
func ExamplePair() {
	dir, err := os.MkdirTemp("", "idx")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	images, labels := filepath.Join(dir, "tiny-images-idx3-ubyte"), filepath.Join(dir, "tiny-labels-idx1-ubyte")
	for path, b := range map[string][]byte{
		images: {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 255, 255, 0, 9, 8, 7, 6},
		labels: {0, 0, 8, 1, 0, 0, 0, 2, 1, 0},
	} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			log.Fatal(err)
		}
	}

	d, err := idx.Pair{}.Open(context.Background(), images, labels)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(d)
	fmt.Println(d.X.RawRowView(1), d.Labels)
	// Output:
	// tiny-images 2 × 4
	// images     2 × 2 pixels
	// classes    0 (1), 1 (1)
	// [9 8 7 6] [1 0]
}

func ExampleFile() {
	file, err := os.CreateTemp("", "idx")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	file.Write([]byte{0, 0, 0x0b, 1, 0, 0, 0, 2, 1, 0, 0xff, 0xff}) // two numbers of 16 bits
	file.Close()

	a, err := idx.File{}.Open(context.Background(), file.Name())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Shape, a.Values)
	// Output: [2] [256 -1]
}
