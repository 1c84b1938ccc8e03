package intrinsic_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// Three of four rows in one cell have −¾·log₂ ¾ − ¼·log₂ ¼ bits.
func TestBinnedEntropyOfThreeInOneCell(t *testing.T) {
	x := mat.NewDense(4, 1, []float64{0, .1, .2, 9})
	near(t, "bits", score(t, intrinsic.BinnedEntropy{Bins: 2}, x).Value, .811278124459133, 1e-14)
}
