package intrinsic_test

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// What scikit-dimension returns, and for its broken stick one less.
func TestLocalPCAOfPeers(t *testing.T) {
	testenv.Unraced(t)
	type pca = intrinsic.LocalPCA
	for _, c := range []struct {
		rule          intrinsic.StoppingRule
		global, local [3]float64
	}{
		{intrinsic.FukunagaOlsen, [3]float64{5, 3, 4}, [3]float64{5, 2.9, 4}},
		{intrinsic.LargestGap, [3]float64{5, 1, 1}, [3]float64{5, 1.793, 3}},
		{intrinsic.Kaiser, [3]float64{5, 1, 2}, [3]float64{4.526, 1.604, 2.808}},
		{intrinsic.ParticipationRatio, [3]float64{4.963269597, 2.924877253, 3.971625807}, [3]float64{4.486973642, 2.44507697, 3.132463519}},
	} {
		matches(t, c.rule.String(), pca{Rule: c.rule}, c.local)
		matches(t, c.rule.String()+", global", pca{Rule: c.rule, Global: true}, c.global)
	}
	// The value that crosses the share is signal to Fan and noise to scikit-dimension,
	// which has 4, 2 and 2.
	matches(t, "Fan", pca{Rule: intrinsic.Fan, Global: true}, [3]float64{4, 3, 4})
	near(t, "broken stick", estimate(t, pca{Rule: intrinsic.BrokenStick}, fixture.A()).Value, 2.35, 1e-9)
	near(t, "share", estimate(t, pca{Rule: intrinsic.VarianceShare, Global: true}, fixture.A()).Value, 5, 0)
}

// More columns than neighbours, and than rows, have the dimension of the same rows
// without the columns that are zero.
func TestLocalPCAOfManyColumns(t *testing.T) {
	testenv.Unraced(t)
	wide := mat.NewDense(120, 200, nil)
	wide.Slice(0, 120, 0, 4).(*mat.Dense).Copy(fixture.Normal(3, 120, 4))
	for _, global := range []bool{false, true} {
		for _, rule := range []intrinsic.StoppingRule{intrinsic.FukunagaOlsen, intrinsic.ParticipationRatio} {
			e := intrinsic.LocalPCA{Neighbors: 20, Rule: rule, Global: global}
			near(t, rule.String(), estimate(t, e, wide).Value, estimate(t, e, wide.Slice(0, 120, 0, 4)).Value, 1e-9)
		}
	}
}

func TestErrorOfLocalPCA(t *testing.T) {
	normal := func(seed uint64) *mat.Dense { return fixture.Normal(seed, 200, 4) }
	honest(t, "local", intrinsic.LocalPCA{Neighbors: 20, Rule: intrinsic.ParticipationRatio}, 80, normal, .7, 1.4)
	honest(t, "global", intrinsic.LocalPCA{Global: true, Rule: intrinsic.ParticipationRatio}, 80, normal, .7, 1.4)
}

func ExampleLocalPCA_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, global := range []bool{false, true} {
		d, err := intrinsic.LocalPCA{Neighbors: 20, Global: global}.Estimate(context.Background(), roll.X)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.2f at a distance of %.0f\n", d.Value, d.Scale)
	}
	// Output:
	// 2.00 at a distance of 2
	// 3.00 at a distance of 16
}
