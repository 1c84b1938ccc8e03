package bench

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// qualityCases judge maps.
func qualityCases() []Case {
	return []Case{{
		Name: "quality-mnist10k",
		What: "trustworthiness, continuity, both rank errors and LCMC of ours, trustworthiness alone of the peer, k = 15, of a map by two principal components: MNIST test digits, 10 000 × 784",
		Data: mnistWithMap, Options: wire.Options{"neighbors": 15}, Ours: ours.RankScores,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_quality.py", Function: "trustworthiness", Serial: true,
			Settings: []Setting{{Name: "trustworthiness, float32"}},
		},
		Quality: []Measure{number("trustworthiness", "trustworthiness (1 is best)", "%.9f")},
	}}
}

// mnistWithMap returns MNIST's test digits and their first two principal components.
func mnistWithMap(int) ([]*mat32.Dense, error) {
	x, err := mnist(0)
	if err != nil {
		return nil, err
	}
	y, err := dr.PCA{Components: 2}.Embed(context.Background(), x[0])
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{x[0], mat32.Convert(y)}, nil
}
