package datasets

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Of two unit balls, one of twice the radius and at a distance of 2 from it, the
// caps that each covers of the other are known: those cut off by the plane
// through the circle in which the spheres meet.
func TestSkinIsUniform(t *testing.T) {
	const n, distance = 40_000, 2.0
	balls := []ball{{radius: 1}, {x: distance, radius: 2}}
	areas := []float64{1, 5}
	plane := (distance*distance + 1 - 4) / (2 * distance) // from the first centre
	small := 2 * math.Pi * (1 + plane)                    // the zone left of the plane
	large := 2 * math.Pi * 2 * (2 + distance - plane)
	count, left, p := 0, 0, make([]float64, 3)
	for i := range n {
		s := rng.New(1, "skin", i)
		k := onSkin(p, balls, areas, &s)
		from := math.Sqrt((p[0]-balls[k].x)*(p[0]-balls[k].x) + p[1]*p[1] + p[2]*p[2])
		if math.Abs(from-balls[k].radius) > 1e-12 || k == 0 && p[0] > plane+1e-9 || k == 1 && p[0] < plane-1e-9 {
			t.Fatalf("point %v of ball %d is not on the skin", p, k)
		}
		if k == 0 {
			count++
			if p[0] < (plane-1)/2 { // the middle of the zone, which halves its area (Archimedes)
				left++
			}
		}
	}
	share := small / (small + large)
	if got := float64(count) / n; math.Abs(got-share) > 5*math.Sqrt(share*(1-share)/n) {
		t.Errorf("%v of the points are on the small ball, want %v", got, share)
	}
	if got := float64(left) / float64(count); math.Abs(got-0.5) > 2.5/math.Sqrt(float64(count)) {
		t.Errorf("%v of the small ball's points are on half of its area", got)
	}
}

// The animal is of one piece, smooth, and stands on the ground.
func TestMammothIsSolid(t *testing.T) {
	balls, names := solid()
	touch := func(a, b ball) bool {
		return math.Hypot(math.Hypot(a.x-b.x, a.y-b.y), a.z-b.z) < a.radius+b.radius
	}
	reached := make([]bool, len(balls))
	reached[0] = true
	for more := true; more; {
		more = false
		for i, a := range balls {
			for j, b := range balls {
				if reached[i] && !reached[j] && touch(a, b) {
					reached[j], more = true, true
				}
			}
		}
	}
	lowest := make([]float64, len(names))
	for k, b := range balls {
		if !reached[k] {
			t.Errorf("ball %d, of the %s, hangs in the air", k, names[b.part])
		}
		lowest[b.part] = min(lowest[b.part], b.z-b.radius)
		if k > 0 && balls[k-1].part == b.part {
			p := balls[k-1]
			if gap := math.Hypot(math.Hypot(p.x-b.x, p.y-b.y), p.z-b.z); gap > min(p.radius, b.radius)*0.9 {
				t.Errorf("the %s is a string of beads: steps of %v at a radius of %v", names[b.part], gap, b.radius)
			}
		}
	}
	for part, z := range lowest {
		if z < -0.05 {
			t.Errorf("the %s reaches %v under the ground", names[part], -z)
		}
	}
}
