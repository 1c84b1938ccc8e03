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
			name, peer, what, quality string // of the peer where it is not the name, and of the quality where it is not the dimension alone
			options                   wire.Options
			ours                      wire.Func
			settings                  []Setting
		}{
			{
				name: "twonn", what: "TwoNN dimension, least squares, 10 % discarded", quality: "dimension (ours with F = i/N, the peer with F = (i−1)/N)",
				ours: ours.TwoNN, settings: skdimSettings,
			},
			{
				name: "mle", what: "MLE dimension, 20 neighbours, harmonic mean",
				options: wire.Options{"neighbors": 20}, ours: ours.MLE, settings: skdimSettings,
			},
			{
				name: "mom", what: "dimension by the method of moments, 100 neighbours",
				ours: ours.MOM, settings: skdimSettings,
			},
			{
				name: "mada", what: "MADA dimension, 20 neighbours",
				ours: ours.MADA, settings: []Setting{{Name: "MADA(), all distances, float64"}},
			},
			{
				name: "tle", what: "TLE dimension, 20 neighbours",
				ours: ours.TLE, settings: []Setting{
					{Name: "on neighbours by scikit-learn, a process for every core", Options: wire.Options{"given": true, "parallel": true}},
					{Name: "on neighbours by scikit-learn", Options: wire.Options{"given": true, "parallel": false}},
					{Name: "its own neighbours", Options: wire.Options{"given": false, "parallel": false}},
				},
			},
			{
				name: "corrint", what: "correlation dimension between the median distances to 10 and 20 neighbours",
				ours: ours.CorrelationDimension, settings: []Setting{{Name: "CorrInt(), float32"}},
			},
			{
				name: "mind", what: "MiND dimension, 20 neighbours, continuous", quality: "dimension (the peer's up to 100)",
				ours: ours.MiND, settings: []Setting{{Name: "MiND_ML(D=100), float32"}},
			},
			{
				name: "fishers", what: "FisherS dimension",
				ours: ours.FisherS, settings: []Setting{{Name: "FisherS(), float32, compiled"}},
			},
			{
				name: "gride", peer: "twonn", what: "Gride dimension by two neighbours, against TwoNN", quality: "dimension (ours by likelihood, the peer by least squares)",
				ours: ours.Gride, settings: skdimSettings,
			},
		} {
			if e.peer == "" {
				e.peer = e.name
			}
			if e.quality == "" {
				e.quality = "dimension"
			}
			all = append(all, Case{
				Name: e.name + "-" + on.name, What: e.what + ": " + on.what,
				Data: on.data, Options: e.options, Ours: e.ours,
				Peer: Peer{
					Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: e.peer, Serial: true,
					Settings: e.settings,
				},
				Quality: []Measure{number("dimension", e.quality, "%.4f")},
			})
		}
	}
	return append(all, Case{
		Name: "ess-normal500", What: "ESS dimension, 100 neighbours: a normal cloud, 500 × 20",
		Data: fewNormal20, Ours: ours.ESS,
		Peer: Peer{
			Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: "ess", Serial: true,
			Settings: []Setting{
				{Name: "ESS(), a process for every core", Options: wire.Options{"parallel": true}},
				{Name: "ESS()", Options: wire.Options{"parallel": false}},
			},
		},
		Quality: []Measure{number("dimension", "dimension", "%.4f")},
	}, Case{
		Name: "profile-normal10k", What: "all estimators of dimension that Profile asks, against six of them: a normal cloud, 10 000 × 20",
		Data: normal20, Ours: ours.Profile,
		Peer: Peer{
			Package: "scikit-dimension", Script: "bench_intrinsic.py", Function: "profile", Serial: true,
			Settings: []Setting{
				{Name: "TwoNN, MLE, MOM, TLE, CorrInt and MADA on the same neighbours by scikit-learn", Options: wire.Options{"shared": true}},
				{Name: "TwoNN, MLE, MOM, TLE, CorrInt and MADA", Options: wire.Options{"shared": false}},
			},
		},
		Quality: []Measure{
			number("dimension", "TwoNN", "%.4f"), number("mle", "MLE", "%.4f"), number("mom", "MOM", "%.4f"),
			number("tle", "TLE", "%.4f"), number("corrint", "correlation dimension", "%.4f"), number("mada", "MADA", "%.4f"),
		},
	})
}

// normal20 returns 10 000 rows of a normal cloud in 20 dimensions.
func normal20(rows int) ([]*mat32.Dense, error) {
	return []*mat32.Dense{normal(orAll(rows, 10_000), 20)}, nil
}

// fewNormal20 returns the first 500 of them: the peer takes .1 s a row.
func fewNormal20(rows int) ([]*mat32.Dense, error) { return normal20(orAll(rows, 500)) }

// turnedBall returns 20 000 rows drawn from a ball of 20 dimensions in a space of 50.
func turnedBall(rows int) ([]*mat32.Dense, error) {
	ball := datasets.BenchmarkManifold{Name: "Ball", Rows: orAll(rows, 20_000), Dim: 20, Seed: 1}
	set, err := datasets.Rotated{Of: ball, Dim: 50, Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(set.X)}, nil
}
