package spectrum_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// How many principal components of the wines matter: three answers to three questions.
func Example() {
	model, err := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}.Fit(context.Background(), datasets.Wine().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	values := model.Models()[1].(*dr.PCAModel).ExplainedVariance()
	chance, err := spectrum.BrokenStick(values)
	if err != nil {
		fmt.Println(err)
		return
	}
	most, err := spectrum.Share(values, 0.9)
	if err != nil {
		fmt.Println(err)
		return
	}
	effect, err := spectrum.ParticipationRatio(values)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d of %d exceed chance, %d have 90 %% of the variance, %.1f in effect\n", chance, len(values), most, effect)
	// Output:
	// 2 of 13 exceed chance, 8 have 90 % of the variance, 5.1 in effect
}
