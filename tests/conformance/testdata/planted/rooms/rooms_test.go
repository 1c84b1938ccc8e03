package rooms

import (
	"fmt"
	"testing"
)

type loader struct{}

func (loader) Load(t testing.TB, name string, v any) {}

var golden loader

func TestClosedForm(t *testing.T) {
	if _, err := (Good{}).Resolve(1, 1); err != nil {
		t.Error(err)
	}
}

func TestEmpty(t *testing.T) {}

func TestLoads(t *testing.T) { golden.Load(t, "pca", nil) }

func ExampleGood_Fit() {
	fmt.Println("fitted")
	// Output: fitted
}

func ExampleBare() { // without an output that is checked
	fmt.Println("bare")
}
