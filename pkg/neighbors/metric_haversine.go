package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Haversine is the angle between two points of a sphere, in radians: their great-circle
// distance over its radius. Rows are latitude and longitude in radians, whatever
// their range. The error is below 10⁻¹⁵ for points not nearly opposite, six nanometres on the
// Earth. Data of other than two columns are a *mat32.ShapeError.
type Haversine struct{}

// String returns "haversine".
func (Haversine) String() string { return "haversine" }

// sphere maps latitude and longitude to the unit sphere.
var sphere = &image{metric: "haversine", cols: 3,
	scale: scale{
		from: func(v float64) float64 { return 2 * math.Asin(min(v/2, 1)) },
		to: func(v float64) float64 {
			if v >= math.Pi {
				return 2.1 // all of it
			}
			return 2 * math.Sin(v/2)
		},
	},
	put: func(dst []float64, _ int) string {
		sinLat, cosLat := math.Sincos(dst[0])
		sinLon, cosLon := math.Sincos(dst[1])
		dst[0], dst[1], dst[2] = cosLat*cosLon, cosLat*sinLon, sinLat
		return ""
	}}

func (Haversine) space(ctx context.Context, x mat.Matrix) (space, error) {
	if n, d := x.Dims(); d != 2 {
		return nil, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "2 columns, latitude and longitude in radians"}
	}
	return sphere.space(ctx, x)
}

func (Haversine) bytes(x mat.Matrix) int64 { return sphere.bytes(x) }
