package nbtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

// A teacher's test, in the folder beside the notebooks'. One of them may take longer than the others.
func Example() {
	_ = func(t *testing.T) { // func TestNotebooks(t *testing.T) {
		nbtest.Run(t, "../notebooks/*.ipynb", nbtest.Options{
			Timeouts: map[string]time.Duration{"05_large": 2 * time.Minute},
		})
	}
}

// What a notebook's outputs look like can be judged without running it.
func ExampleInspect() {
	problems, err := nbtest.Inspect("testdata/old.ipynb")
	fmt.Println(problems, err)
	// Output: [old.ipynb: cell 1 (1): was not run [run]] <nil>
}
