package intrinsic

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// BoxCounting estimates the dimension from how many boxes of a grid hold rows: the
// number grows as the power of the dimension while boxes get smaller (Liebovitch and
// Toth, 1989, A fast algorithm to determine fractal dimensions by box counting). Of
// higher Order it weighs boxes by the rows in them (Hentschel and Procaccia, 1983, The
// infinite number of generalized dimensions of fractals and strange attractors).
//
// Boxes are cubes, 1, 2, 3, 4, 6, 8, 11, 16, … along the longest side of the data. The
// slope is that of a straight line by least squares. It needs rows enough for many boxes
// with several rows each: above three dimensions it falls short of the truth.
//
// The cost is O(n·d) for each size of box, memory 8·n·d and up to 4·n·d + 60·n bytes
// for the boxes.
type BoxCounting struct {
	// Order is q: 0, the default, counts boxes, 1 gives the information dimension and 2
	// that of pairs in a box. Larger values weigh crowded boxes more and need fewer
	// rows. 0 ≤ Order ≤ 100.
	Order float64

	// From and To are the least and the largest number of boxes along the longest side.
	// Larger values look at a smaller scale. Default 2, and the most for which no more
	// than a quarter as many boxes as rows are full; where that leaves fewer than
	// three sizes, the first three from 1 on. 1 ≤ From < To ≤ 2²⁰.
	From, To int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const boxCounting = "intrinsic.BoxCounting"

// mostBoxes is how many boxes there may be along a side.
const mostBoxes = 1 << 20

// Resolve returns the options with those defaults filled in that do not depend on the
// values, or a *mat32.ParamError or *mat32.ShapeError, for a matrix of n rows and d
// columns.
func (b BoxCounting) Resolve(n, d int) (BoxCounting, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: boxCounting, Param: param, Value: value, Want: want}
	}
	switch {
	case n < 4:
		return b, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for BoxCounting"}
	case !(b.Order >= 0 && b.Order <= 100):
		return b, fail("Order", b.Order, "0 ≤ Order ≤ 100")
	case b.To < 0 || b.To == 1 || b.To > mostBoxes:
		return b, fail("To", b.To, "From < To ≤ 2²⁰")
	case b.From < 0 || b.To > 0 && b.From >= b.To || b.From >= mostBoxes:
		return b, fail("From", b.From, "1 ≤ From < To ≤ 2²⁰")
	case b.MemoryLimit < 0:
		return b, fail("MemoryLimit", b.MemoryLimit, "0 or more bytes")
	}
	return b, nil
}

// Estimate returns the dimension of the rows of x (n × d). Rows that equal an earlier
// one are left out. Scale is the geometric mean of the edges of the largest and the
// smallest boxes; Local is nil.
//
// The standard error is that of the jackknife over ten groups of rows (Efron and Stein,
// 1981, The jackknife estimate of variance), with the boxes as they are. It covers
// chance, not the bias of boxes that few rows have not reached. It is NaN, and noted,
// where at every size all rows share a box or each has its own, which says nothing of
// chance.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.MemoryError; *mat32.DegenerateError where fewer than 4 rows are distinct, or all
// sizes asked for have equally many boxes; and one that wraps ctx.Err().
func (b BoxCounting) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	g, err := b.count(ctx, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	from, to := g.span(b)
	value, stdErr := g.slope(from, to)
	if !(value > 0) {
		return measure.Dimension{}, &mat32.DegenerateError{Method: boxCounting,
			Reason: fmt.Sprintf("from %d to %d boxes along a side their number does not grow: take fewer", g.sides[from], g.sides[to-1])}
	}
	d := measure.Dimension{
		Method:  "BoxCounting",
		Value:   value,
		StdErr:  stdErr,
		Scale:   g.extent / math.Sqrt(float64(g.sides[from])*float64(g.sides[to-1])),
		Rows:    g.n,
		Removed: g.removed,
		Convention: fmt.Sprintf("order %.4g, least squares through %d sizes, %d to %d boxes along the longest side, duplicates removed, standard error: jackknife over %d groups",
			b.Order, to-from, g.sides[from], g.sides[to-1], g.groups),
	}
	if g.sides[from] == 1 && b.From != 1 {
		d.Notes = append(d.Notes, "too few rows for three sizes of boxes with several rows each: the largest holds all")
	}
	if g.alone(from, to) {
		d.StdErr = math.NaN()
		d.Notes = append(d.Notes, "every row has a box of its own, but for sizes at which all share one: take more rows or larger boxes")
	}
	return d, nil
}

// alone reports whether at all sizes from … to−1 all rows share a box or none do.
func (g *grid) alone(from, to int) bool {
	for _, boxes := range g.boxes[from:to] {
		if boxes != 1 && boxes != g.n {
			return false
		}
	}
	return true
}

// grid is the entropy of the rows in boxes, by how many of these there are along the
// longest side.
type grid struct {
	n, removed, groups int
	extent             float64
	sides              []int
	boxes              []int
	entropy            [][]float64 // of all rows, and without each group
}

// count fills boxes until they hold too few rows.
func (b BoxCounting) count(ctx context.Context, x mat.Matrix) (*grid, error) {
	b, err := beginRows(ctx, boxCounting, b, x)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	if err := mat32.CheckMemory(boxCounting, 12*int64(n)*int64(d)+160*int64(n)+screen.Bytes(x), b.MemoryLimit, "use fewer rows or columns"); err != nil {
		return nil, err
	}
	c, rows, err := cloudOf(ctx, boxCounting, x)
	if err != nil {
		return nil, err
	}
	low, widest := c.corner()
	g := &grid{n: len(rows), removed: n - len(rows), groups: min(jackknifeGroups, len(rows)), extent: min(c.unit*widest, math.MaxFloat64)}
	stage := watch.Start(ctx, "boxes", 0)
	for step := 0; ; step++ {
		side := int(math.Round(math.Exp2(float64(step) / 2)))
		switch {
		case b.To > 0 && side >= b.To:
			side = b.To
		case side > mostBoxes:
			return g, nil
		}
		if side < b.From {
			if next := int(math.Round(math.Exp2(float64(step+1) / 2))); next <= b.From {
				continue
			}
			side = b.From
		}
		if k := len(g.sides); k > 0 && side <= g.sides[k-1] {
			continue
		}
		boxes, entropy, err := c.boxes(ctx, low, widest, side, g.groups, b.Order)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", boxCounting, err)
		}
		g.sides, g.boxes, g.entropy = append(g.sides, side), append(g.boxes, boxes), append(g.entropy, entropy)
		stage.Add(1)
		if b.To > 0 && side == b.To || b.To == 0 && boxes > g.n/4 && len(g.sides) >= 3 {
			return g, nil
		}
	}
}

// corner returns the least value of every column, and the width of the widest.
func (c *cloud) corner() (low []float64, widest float64) {
	d := c.points.Cols
	low = make([]float64, d)
	copy(low, c.points.Data[:d])
	high := make([]float64, d)
	copy(high, low)
	for i, v := range c.points.Data {
		low[i%d], high[i%d] = min(low[i%d], v), max(high[i%d], v)
	}
	for j, v := range high {
		widest = max(widest, v-low[j])
	}
	return low, widest
}

// boxes returns how many boxes hold points, and the entropies of all points and of
// those without each group.
func (c *cloud) boxes(ctx context.Context, low []float64, widest float64, side, groups int, order float64) (int, []float64, error) {
	d := c.points.Cols
	number := map[string]int{}
	var held [][]int32 // points of every group, and of all, in each box
	key := make([]byte, 4*d)
	for i := range c.points.Rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		for j, v := range c.points.Data[i*d : (i+1)*d] {
			cell := min(int((v-low[j])/widest*float64(side)), side-1)
			binary.LittleEndian.PutUint32(key[4*j:], uint32(cell))
		}
		at, ok := number[string(key)]
		if !ok {
			at = len(held)
			number[string(key)] = at
			held = append(held, make([]int32, groups+1))
		}
		held[at][i%groups]++
		held[at][groups]++
	}
	entropy := make([]float64, groups+1)
	for g := range entropy {
		var points, sum float64
		for _, box := range held {
			points += float64(box[groups])
			if g < groups {
				points -= float64(box[g])
			}
		}
		for _, box := range held {
			in := float64(box[groups])
			if g < groups {
				in -= float64(box[g])
			}
			switch p := in / points; {
			case in == 0:
			case order == 1:
				sum -= p * math.Log(p)
			default:
				sum += math.Pow(p, order)
			}
		}
		if order != 1 {
			sum = math.Log(sum) / (1 - order)
		}
		entropy[g] = sum
	}
	return len(held), entropy, nil
}

// span returns which sizes the line goes through.
func (g *grid) span(b BoxCounting) (from, to int) {
	to = len(g.sides)
	if b.To > 0 {
		if b.From == 0 && to > 2 && g.sides[0] == 1 {
			from = 1
		}
		return from, to
	}
	for to > 3 && g.boxes[to-1] > g.n/4 {
		to--
	}
	if b.From == 0 && to > 3 {
		from = 1
	}
	return from, to
}

// slope returns that of the entropy over the logarithm of the side at the sizes from …
// to−1, and its standard error.
func (g *grid) slope(from, to int) (value, stdErr float64) {
	at := make([]float64, to-from)
	for s := range at {
		at[s] = math.Log(float64(g.sides[from+s]))
	}
	slopes := make([]float64, g.groups+1)
	for s, w := range line.Weights(at) {
		for i, h := range g.entropy[from+s] {
			slopes[i] += w * h
		}
	}
	size := float64(g.groups)
	return slopes[g.groups], (size - 1) / math.Sqrt(size) * math.Sqrt(spread(slopes[:g.groups]))
}
