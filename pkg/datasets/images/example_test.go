package images_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"testing/fstest"

	"github.com/flatland-go/flatland/pkg/datasets/images"
)

// Two classes of pictures of one colour each, as files below two folders. A folder on disk is read by Open.
func ExampleFolder() {
	tree := fstest.MapFS{}
	for name, gray := range map[string]uint8{"dark/1.png": 10, "dark/2.png": 20, "light/1.png": 200} {
		picture := image.NewGray(image.Rect(0, 0, 16, 16))
		for i := range picture.Pix {
			picture.Pix[i] = color.Gray{Y: gray}.Y
		}
		var file bytes.Buffer
		if err := png.Encode(&file, picture); err != nil {
			log.Fatal(err)
		}
		tree[name] = &fstest.MapFile{Data: file.Bytes()}
	}

	d, err := images.Folder{Width: 2, Height: 2}.Read(context.Background(), tree)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Names, d.Labels)
	fmt.Println(d.X.RawRowView(2))
	// Output:
	// [dark light] [0 0 1]
	// [200 200 200 200]
}
