package bench

import (
	"errors"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// csvCases read a table of text, the same file on each side.
func csvCases() []Case {
	return []Case{{
		Name: "csv-cloud", What: "a table of text, read to columns of float64 whose kinds are found: a CSV file of 1 000 000 × 100 normal numbers of some 8 digits, 1.0 GB",
		Data: cloud, Stream: true, Prepared: true,
		Ours: ours.CSV,
		Peer: Peer{
			Package: "pandas", Script: "bench_csv.py", Function: "read_csv", Serial: true,
			Settings: []Setting{
				{Name: "read_csv(engine='c'), one thread", Options: wire.Options{"options": "plain"}},
				{Name: "read_csv(engine='c', low_memory=False), one thread", Options: wire.Options{"options": "whole"}},
			},
		},
		Quality: []Measure{sumsOfColumns},
	}}
}

// sumsOfColumns judges a table by the sums of its columns: the largest difference from those of the rows, relative to the sum of
// magnitudes. A value that was lost or misread is worth 10⁻⁶ and more.
var sumsOfColumns = Measure{Name: "largest error of the sum of a column (least is best)", Format: "%.0e",
	Of: func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
		n, d := in[0].Dims()
		sums, err := r.Matrix("sums", 1, d)
		if err != nil {
			return 0, err
		}
		if r.Values["rows"] != float64(n) || r.Values["missing"] != 0 {
			return 0, fmt.Errorf("%v rows with %v missing values, not %d with none", r.Values["rows"], r.Values["missing"], n)
		}
		want, size := make([]float64, d), make([]float64, d)
		for i := range n {
			for j, v := range in[0].Row(i) {
				want[j] += float64(v)
				size[j] += math.Abs(float64(v))
			}
		}
		worst := 0.0
		for j := range want {
			worst = max(worst, math.Abs(sums[j]-want[j])/size[j])
		}
		if math.IsNaN(worst) {
			return 0, errors.New("a sum is NaN")
		}
		return worst, nil
	}}
