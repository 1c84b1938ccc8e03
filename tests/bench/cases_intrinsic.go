package bench

import (
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// dimensionCases are every estimator of intrinsic dimension on each of the same data.
func dimensionCases() []Case {
	var all []Case
	for _, on := range []struct {
		name, what string
		data       func(rows int) ([]*mat32.Dense, error)
	}{
		{"normal10k", "a normal cloud, 10 000 × 20", normal20},
		{"ball20k", "a ball of 20 dimensions, turned, 20 000 × 50", turnedBall},
	} {
		for _, e := range []struct {
			name, what, quality string
			options             wire.Options
			ours                wire.Func
			settings            []Setting
		}{
			{
				name: "twonn", what: "TwoNN dimension, least squares, 10 % discarded", quality: "dimension (ours with F = i/N, the peer with F = (i−1)/N)",
				ours: ours.TwoNN, settings: skdimSettings,
			},
			{
				name: "mle", what: "MLE dimension, 20 neighbours, harmonic mean", quality: "dimension",
				options: wire.Options{"neighbors": 20}, ours: ours.MLE, settings: skdimSettings,
			},
		} {
			all = append(all, Case{
				Name: e.name + "-" + on.name, What: e.what + ": " + on.what,
				Data: on.data, Options: e.options, Ours: e.ours,
				Peer: Peer{
					Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: e.name, Serial: true,
					Settings: e.settings,
				},
				Quality: []Measure{number("dimension", e.quality, "%.4f")},
			})
		}
	}
	return all
}

// normal20 returns 10 000 rows of a normal cloud in 20 dimensions.
func normal20(rows int) ([]*mat32.Dense, error) {
	return []*mat32.Dense{normal(orAll(rows, 10_000), 20)}, nil
}

// turnedBall returns 20 000 rows drawn from a ball of 20 dimensions in a space of 50.
func turnedBall(rows int) ([]*mat32.Dense, error) {
	ball := datasets.BenchmarkManifold{Name: "Ball", Rows: orAll(rows, 20_000), Dim: 20, Seed: 1}
	set, err := datasets.Rotated{Of: ball, Dim: 50, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(set.X)}, nil
}
