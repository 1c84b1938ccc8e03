package ours

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// TwoNN estimates the dimension by the ratios of the distances to two neighbours.
func TwoNN(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.TwoNN{}.Estimate(ctx, in[0]))
}

// MLE estimates the dimension by maximum likelihood; option neighbors.
func MLE(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.MLE{Neighbors: o.Int("neighbors")}.Estimate(ctx, in[0]))
}

// MOM estimates the dimension by the method of moments.
func MOM(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.MOM{}.Estimate(ctx, in[0]))
}

// MADA estimates the dimension by the growth of the distance when neighbours double.
func MADA(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.MADA{}.Estimate(ctx, in[0]))
}

// TLE estimates the dimension by the distances among neighbours.
func TLE(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.TLE{}.Estimate(ctx, in[0]))
}

// CorrelationDimension estimates the dimension by the pairs within two distances.
func CorrelationDimension(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.CorrelationDimension{}.Estimate(ctx, in[0]))
}

// MiND estimates the dimension by the shares of the nearest distance.
func MiND(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.MiND{}.Estimate(ctx, in[0]))
}

// FisherS estimates the dimension by the separability of rows.
func FisherS(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.FisherS{}.Estimate(ctx, in[0]))
}

// Gride estimates the dimension by the ratios of the distances to two neighbours, by likelihood.
func Gride(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.Gride{}.Estimate(ctx, in[0]))
}

// ESS estimates the dimension by the skewness of simplices.
func ESS(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return dimension(intrinsic.ESS{}.Estimate(ctx, in[0]))
}

// Profile asks all estimators of dimension, and returns what those say that the peer has as well.
func Profile(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	all, err := intrinsic.Profile{}.Estimate(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	values := map[string]float64{}
	for name, method := range map[string]string{
		"dimension": "TwoNN", "mle": "MLE", "mom": "MOM", "tle": "TLE", "corrint": "CorrelationDimension", "mada": "MADA",
	} {
		d, ok := all.Of(method)
		if !ok {
			return wire.Result{}, fmt.Errorf("the profile has no %s", method)
		}
		values[name] = d.Value
	}
	return wire.Result{Values: values}, nil
}

func dimension(d measure.Dimension, err error) (wire.Result, error) {
	return wire.Result{Values: map[string]float64{"dimension": d.Value}}, err
}
