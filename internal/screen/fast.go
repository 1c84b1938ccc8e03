package screen

import (
	"context"
	"math"
	"sync"

	"github.com/flatland-go/flatland/internal/kernel"
)

// screen is what fast distances are made of: the rows of a *mat32.Dense as they
// are, else a float32 copy, centred and scaled, that is made when it is first
// needed.
type screen struct {
	once     sync.Once
	err      error
	rows     []float32
	fit      float64   // of the values of rows
	slack    []float64 // how far rounding may have moved each row; nil for not at all
	maxSlack float64
	rel, abs float64 // error of a squared fast distance: relative and absolute
}

// Prepare makes the float32 copy that fast distances need, where they do: 4·n·d
// bytes for all but a *mat32.Dense. The first fast distance does so, too, but
// hears no cancel.
func (r *Rows) Prepare(ctx context.Context) error {
	if r.given != nil {
		return nil
	}
	s := &r.screen
	s.once.Do(func() { s.err = r.copy(ctx) })
	return s.err
}

// FastBytes returns the memory that Prepare takes.
func (r *Rows) FastBytes() int64 {
	if r.given != nil || r.borrows() {
		return 0
	}
	return 4*int64(r.n)*int64(r.d) + 8*int64(r.n)
}

// borrows reports whether float32 can hold the squared differences of the rows as
// they are.
func (r *Rows) borrows() bool {
	return r.x32 != nil && r.fit < 0x1p40 && r.fit > 0x1p-40 && r.d < 1<<20
}

func (r *Rows) copy(ctx context.Context) error {
	s, d := &r.screen, r.d
	s.rel = kernel.Error32(d)
	s.abs = float64(d) * 0x1p-149 // products that underflow
	if r.borrows() {
		s.rows, s.fit = r.x32, 1
		return nil
	}
	s.fit = r.fit
	s.rows = make([]float32, r.n*d)
	s.slack = make([]float64, r.n)
	err := r.each(ctx, func(buf []float64, _, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := s.rows[i*d : (i+1)*d]
			for j, v := range r.row(buf, i) {
				row[j] = float32((v - r.center[j]) * r.fit)
			}
			s.slack[i] = moved(kernel.DotMixed(row, row), d)
		}
	})
	for _, v := range s.slack {
		s.maxSlack = max(s.maxSlack, v)
	}
	return err
}

// ready returns the rows that fast distances are made of.
func (r *Rows) ready() []float32 {
	r.Prepare(context.Background())
	return r.screen.rows
}

func (r *Rows) bounds() *screen {
	r.Prepare(context.Background())
	return &r.screen
}

// moved returns how far rounding may have moved row i and another towards each
// other, or apart.
func (s *screen) moved(i int) float64 {
	if s.slack == nil {
		return 0
	}
	return s.slack[i] + s.maxSlack
}

// Fast writes to dst the fast squared distances, in fast units, between row i
// and the rows from lo on.
func (r *Rows) Fast(dst []float32, i, lo int) {
	if r.given != nil {
		r.squares(dst, i, lo)
		return
	}
	fast := r.ready()
	kernel.SquaredDistances32(dst, fast[i*r.d:(i+1)*r.d], fast[lo*r.d:(lo+len(dst))*r.d])
}

// FastTo is Fast for the rows listed.
func (r *Rows) FastTo(dst []float32, i int, to []int32) {
	if r.given != nil {
		for k, j := range to {
			r.squares(dst[k:k+1], i, int(j))
		}
		return
	}
	fast := r.ready()
	kernel.SquaredDistancesTo32(dst, fast[i*r.d:(i+1)*r.d], fast, to)
}

// Interval returns fast squared distances between which every row whose
// distance to row i is dist must lie: below lo a row is surely nearer, above hi
// surely farther.
func (r *Rows) Interval(i int, dist float64) (lo, hi float32) {
	s := r.bounds()
	d, slack := dist/r.unit*s.fit, s.moved(i)
	if dist < 0x1p-1000 { // its last digit is one of few, and may be rounded
		slack += 0x1p-1073 / r.unit * s.fit
	}
	near, far := max(r.margin(d-slack, -1), 0), r.margin(d+slack, 1)
	lo64 := near*near*(1-s.rel) - s.abs
	hi64 := far*far*(1+s.rel) + s.abs
	if lo64 > 0 {
		lo = math.Nextafter32(float32(lo64), -1)
	} else {
		lo = -1
	}
	if hi64 > math.MaxFloat32 {
		return lo, math.MaxFloat32
	}
	return lo, math.Nextafter32(float32(hi64), math.MaxFloat32)
}

// margin moves v up or down by more than the float64 arithmetic around it rounds.
func (r *Rows) margin(v, direction float64) float64 {
	return v + direction*(math.Abs(v)*r.rel64+0x1p-1000)
}
