package vectors_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/vectors"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// A file as GloVe's are: a word and its numbers a line. Which words are near whom is the question of package neighbors.
func ExampleFile() {
	text := `cat 0.9 0.1 0.0
dog 0.8 0.2 0.1
car 0.1 0.9 0.7
bus 0.0 0.8 0.9
`
	v, err := vectors.File{}.Read(context.Background(), strings.NewReader(text))
	if err != nil {
		log.Fatal(err)
	}
	near, err := neighbors.Exact{Neighbors: 1, Metric: neighbors.Cosine{}}.Graph(context.Background(), v.X)
	if err != nil {
		log.Fatal(err)
	}
	for i, word := range v.Words {
		others, _ := near.Row(i)
		fmt.Println(word, "→", v.Words[others[0]])
	}
	// Output:
	// cat → dog
	// dog → cat
	// car → bus
	// bus → car
}

func ExampleVectors() {
	v, err := vectors.File{}.Read(context.Background(), strings.NewReader("2 2\none 1 2\ntwo 3 4\n"))
	if err != nil {
		log.Fatal(err)
	}
	row, ok := v.Vector("two")
	fmt.Println(row, ok)
	_, missing := v.Rows("one", "three")
	fmt.Println(missing)
	// Output:
	// [3 4] true
	// [three]
}
