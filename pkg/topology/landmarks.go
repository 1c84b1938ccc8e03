package topology

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// take makes landmarks of the points: from the first on, always the point that is farthest
// from those there are (T. F. Gonzalez, 1985, Clustering to minimize the maximum intercluster
// distance). Every point is within the radius it returns of one of them. Time O(n·k).
func (p *points) take(ctx context.Context, k int) (radius float64, err error) {
	n, _ := p.x.Dims()
	const size = 1024
	near := make([]float64, n) // how far the nearest landmark is
	inserted := make([]float64, n)
	blocks := (n + size - 1) / size
	far := make([]int, blocks)
	next := 0
	for {
		first := len(p.landmarks) == 0
		if inserted[next] = near[next]; first {
			inserted[next] = math.Inf(1)
		}
		p.landmarks = append(p.landmarks, next)
		err := par.Blocks(ctx, n, size, func(lo, hi int) {
			far[lo/size] = lo
			for i := lo; i < hi; i++ {
				if d := p.rows.Exact(i, next); first || d < near[i] {
					near[i] = d
				}
				if near[i] > near[far[lo/size]] {
					far[lo/size] = i
				}
			}
		})
		if err != nil {
			return 0, err
		}
		next = far[0]
		for _, i := range far {
			if near[i] > near[next] {
				next = i
			}
		}
		if len(p.landmarks) == k || near[next] == 0 {
			break
		}
	}
	slices.Sort(p.landmarks)
	for _, i := range p.landmarks {
		p.inserted = append(p.inserted, inserted[i])
	}
	return near[next], nil
}

// count returns how many points the complex is made of.
func (p *points) count() int {
	if p.landmarks != nil {
		return len(p.landmarks)
	}
	n, _ := p.x.Dims()
	return n
}

// note says what the landmarks are worth.
func (p *points) note(radius float64) string {
	n, _ := p.x.Dims()
	text := fmt.Sprintf("%d landmarks stand for %d rows, each within %.4g of one", len(p.landmarks), n, radius)
	if p.births == nil {
		text += fmt.Sprintf(": scales are off by at most %.4g", 2*radius)
	}
	return text
}
