package viz

import "math"

// A view is where one looks at a box from, in degrees: turned around the upright axis, and above the horizon.
type view struct{ azimuth, elevation float64 }

// above looks at a plane, with x to the right and y upwards.
var above = view{-90, 90}

// eyeAt is how far the eye is from the middle of the box, in its radii: perspective is mild.
const eyeAt = 4.5

// A camera says where the points of a box are seen. The page's script has the same formula.
type camera struct {
	right, up, toward [3]float64
	radius            float64 // of the box
	unit              length  // of the box's longest half side, where perspective leaves it as it is
	x, y              length  // the middle of the frame
	flat              bool    // it is a plane that is looked at
}

// A sight is what is seen of a point: its place, how much larger perspective makes it, and how near it is, from 0 to 1.
type sight struct {
	x, y, scale length
	near        float64
}

func (v view) camera(half [3]float64, f rect) camera {
	sinA, cosA := math.Sincos(v.azimuth * math.Pi / 180)
	sinE, cosE := math.Sincos(v.elevation * math.Pi / 180)
	return camera{
		right: [3]float64{-sinA, cosA, 0}, up: [3]float64{-cosA * sinE, -sinA * sinE, cosE}, toward: [3]float64{cosA * cosE, sinA * cosE, sinE},
		radius: math.Sqrt(half[0]*half[0] + half[1]*half[1] + half[2]*half[2]), unit: 1, x: f.X + f.W/2, y: f.Y + f.H/2, flat: v == above,
	}
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func (c *camera) see(p [3]float64) sight {
	depth := dot(p, c.toward) / c.radius
	s := eyeAt / (eyeAt - depth)
	if c.flat {
		s = 1
	}
	return sight{c.x + c.unit*s*dot(p, c.right), c.y - c.unit*s*dot(p, c.up), s, math.Min(1, math.Max(0, (1+depth)/2))}
}

// corner returns one of the eight corners of a box: a bit of i is set where a coordinate is positive.
func corner(half [3]float64, i int) (p [3]float64) {
	for j := range p {
		p[j] = half[j] * float64(2*(i>>j&1)-1)
	}
	return p
}

// reach returns how far the box reaches from the middle of the frame, sideways and upwards, at a unit of 1, however it is turned.
func (v view) reach(half [3]float64) (width, height length) {
	turns := 72
	if v == above {
		turns = 1
	}
	for turn := range turns {
		t := view{v.azimuth + 360*float64(turn)/float64(turns), v.elevation}
		c := t.camera(half, rect{})
		c.flat = v == above
		for i := range 8 {
			at := c.see(corner(half, i))
			width, height = math.Max(width, math.Abs(at.x)), math.Max(height, math.Abs(at.y))
		}
	}
	return math.Max(width, 1e-9), math.Max(height, 1e-9)
}

// fitted returns the camera with the largest unit at which the box stays within the frame, but for a border.
func (v view) fitted(half [3]float64, f rect, border length) camera {
	c := v.camera(half, f)
	width, height := v.reach(half)
	c.unit = math.Min((f.W/2-border)/width, (f.H/2-border)/height)
	return c
}

// spreading returns the view in which the points of the given covariance (xx, yy, zz, xy, xz, yz) spread over the largest area, among views
// from a little above that are not along an axis.
func spreading(cov [6]float64) view {
	xx, yy, zz, xy, xz, yz := cov[0], cov[1], cov[2], cov[3], cov[4], cov[5]
	best, most := view{}, math.Inf(-1)
	for _, elevation := range []float64{20, 12, 28, 36} {
		for quarter := range 4 {
			for _, turn := range []float64{-60, -50, -40, -30} {
				v := view{turn + 90*float64(quarter), elevation}
				d := v.camera([3]float64{1, 1, 1}, rect{}).toward
				// The determinant of the covariance across d is that form of its adjugate.
				area := d[0]*d[0]*(yy*zz-yz*yz) + d[1]*d[1]*(xx*zz-xz*xz) + d[2]*d[2]*(xx*yy-xy*xy) +
					2*(d[0]*d[1]*(xz*yz-xy*zz)+d[0]*d[2]*(xy*yz-xz*yy)+d[1]*d[2]*(xy*xz-yz*xx))
				if area > most*(1+1e-9)+1e-12 {
					best, most = v, area
				}
			}
		}
	}
	return best
}
