package intrinsic_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// A Swiss roll is a surface, rolled up in three columns.
func ExampleProfile() {
	roll, err := datasets.BenchmarkManifold{Name: "M7", Rows: 1000, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.Profile{Without: []string{"BIDE", "ABIDE", "CDF", "MiND", "ABID", "BoxCounting"}}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimensions of 1000 rows × 3 columns
	//   estimator                  dimension   scale  at rows: ¼     ½     ¾
	//   TwoNN                  1.937 ± 0.084  0.8589
	//   MLE                    1.955 ± 0.019   2.438        1.71  2.00  2.31
	//   MADA                   2.087 ± 0.031   2.438        1.59  1.94  2.45
	//   TLE                    2.157 ± 0.016   2.438        1.96  2.13  2.34
	//   CorrelationDimension   1.924 ± 0.027   2.855
	//   MOM                    2.351 ± 0.020   5.262        1.98  2.25  2.64
	//   ESS                    2.568 ± 0.070   5.262        2.26  2.57  2.85
	//   LocalPCA               2.844 ± 0.075   5.262        3.00  3.00  3.00
	//   FisherS                2.896 ± 0.012   15.82        2.77  2.93  3.06
	//
	//   against scale (Gride)  1.923 ± 0.078  0.8589
	//                          1.918 ± 0.057    1.29
	//                          1.975 ± 0.043   1.885
	//                          1.979 ± 0.031   2.713
	//                          1.964 ± 0.022   3.875
	//                          2.105 ± 0.016    5.42
	//   The 6 estimators by distances say 1.92 (CorrelationDimension) to 2.35 (MOM). The
	//     dimension hardly depends on the scale, so that MLE, 1.955 ± 0.019, may be
	//     quoted; MADA, TLE and MOM are means over rows and lie some per cent above.
	//   Angles over the large neighbourhoods of ESS see 2.57 dimensions where distances
	//     see 1.96 (MLE): the data bend within the distance 5.26, and angles count that
	//     for dimensions.
	//   As a whole the data fill 2.90 linear dimensions (FisherS), more than near any row:
	//     they are curved.
}
