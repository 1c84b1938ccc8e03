package spectrum

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
)

const rankMe = "spectrum.RankMe"

// RankMe returns the effective rank of the rows of x (n × d) as representations:
// exp(−Σ p·ln p) for p = σ/Σσ + 1e-7 of the singular values σ of x, which is not
// centred first. The 1e-7, which the authors take in float32, is added after the
// division. Centred eigenvalues are EffectiveRank's.
//
// Time O(n·d·m + m³) for m = min(n, d), memory about 24·n·d bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.DegenerateError where all values are zero,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: Q. Garrido, R. Balestriero, L. Najman and Y. LeCun (2023), RankMe: assessing
// the downstream performance of pretrained self-supervised representations by their
// rank.
func RankMe(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const small = 1e-7
	rows, _, err := copied(ctx, rankMe, x, 3)
	if err != nil {
		return measure.Score{}, err
	}
	_, values, _, err := singular(ctx, rows)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", rankMe, err)
	}
	total, h := sum(values), 0.
	for _, v := range values {
		p := v/total + small
		h -= p * math.Log(p)
	}
	n, _ := rows.Dims()
	return measure.Score{Name: "RankMe", Value: math.Exp(h), Rows: n,
		Convention: "singular values, not centred, 1e-7 added to their shares"}, nil
}
