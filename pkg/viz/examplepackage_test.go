package viz_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/viz"
)

// One call makes a chart. A notebook shows it; a program saves it as a page, a picture or a document.
func Example() {
	folder, err := os.MkdirTemp("", "charts")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	d := datasets.Iris()
	chart := viz.Scatter(petals(d), viz.Points{Labels: d.Labels, Names: d.Names}).Titled("Petals")
	for _, name := range []string{"petals.html", "petals.png", "petals.pdf"} {
		if err := chart.Save(filepath.Join(folder, name)); err != nil {
			fmt.Println(err)
		}
	}
	files, err := os.ReadDir(folder)
	fmt.Println(len(files), "files", err)
	chart.Show()
	// Output:
	// 3 files <nil>
	// Petals
	// Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150
}
