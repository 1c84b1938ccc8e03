package fetch_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets/fetch"
)

// A course serves a table of its own, and its notebooks name it by address and
// digest.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hour,metres\n0,1.2\n6,4.8\n")
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "flatland")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	tides := fetch.Set{Name: "tides", Files: []fetch.File{{
		Name:   "tides.csv",
		URLs:   []string{server.URL + "/tides.csv"},
		Size:   24,
		SHA256: "d11ed8244b5898c02a58f09759b79f4eb58ac0a7f81786873c5ee4fc7517d0cd",
	}}}
	paths, err := fetch.Fetcher{Dir: dir}.Fetch(context.Background(), tides)
	if err != nil {
		log.Fatal(err)
	}
	below, err := filepath.Rel(dir, paths[0])
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.ToSlash(below))
	fmt.Print(string(text))
	// Output:
	// tides/tides.csv
	// hour,metres
	// 0,1.2
	// 6,4.8
}

func ExampleSets() {
	for _, s := range fetch.Sets() {
		fmt.Printf("%-14s %s\n", s.Name, s.About)
	}
	// Output:
	// mnist          70 000 handwritten digits, 28 × 28 grey levels
	// fashion-mnist  70 000 pictures of clothes of ten kinds, 28 × 28 grey levels
	// kmnist         70 000 characters of old Japanese script, of ten kinds, 28 × 28 grey levels
	// emnist-digits  280 000 handwritten digits, 28 × 28 grey levels
	// emnist-letters 145 600 handwritten letters of 26 kinds, 28 × 28 grey levels
	// coil-20        1440 pictures of 20 objects turned by steps of 5°, 128 × 128 grey levels
	// coil-100       7200 pictures of 100 objects turned by steps of 5°, 128 × 128 in colour
	// usps           9298 handwritten digits from envelopes, 16 × 16 grey levels, as LIBSVM text
	// olivetti-faces 400 pictures of the faces of 40 people, 64 × 64 grey levels, as a MATLAB file
	// 20newsgroups   18 846 posts to 20 newsgroups, split by date
	// pbmc3k         counts of 32 738 genes in 2700 blood cells, as a folder of 10x Genomics
	// glove-6b       vectors of 400 000 English words in 50, 100, 200 and 300 dimensions
	// cifar-10       60 000 photographs of ten kinds of things, 32 × 32 in colour
	// text8          the first 100 million letters of a cleaned English Wikipedia, to learn word vectors from
}

func ExampleNamed() {
	s, err := fetch.Named("kmnist")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(s)
	// Output:
	// kmnist     70 000 characters of old Japanese script, of ten kinds, 28 × 28 grey levels
	// file       train-images-idx3-ubyte.gz, 18.2 MB
	// file       train-labels-idx1-ubyte.gz, 29.5 kB
	// file       t10k-images-idx3-ubyte.gz, 3.0 MB
	// file       t10k-labels-idx1-ubyte.gz, 5.1 kB
	// licence    CC BY-SA 4.0
	// source     T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto and D. Ha (2018), Deep learning for classical Japanese literature
}

// Without a network the error says what to do by hand.
func ExampleFetcher_Fetch() {
	s, err := fetch.Named("text8")
	if err != nil {
		log.Fatal(err)
	}
	_, err = fetch.Fetcher{Dir: "/data", Offline: true}.Fetch(context.Background(), s)
	fmt.Println(err)
	// Output:
	// fetch: text8: text8.zip (31.3 MB) is not here, and downloads are turned off (Offline, or FLATLAND_OFFLINE=1)
	// To put it here by hand, get it from
	//   https://mattmahoney.net/dc/text8.zip
	// and save it as
	//   /data/text8/text8.zip
	// Its SHA-256 a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232 is checked.
}
