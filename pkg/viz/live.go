package viz

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/cell"
	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// Live shows a map while it is being made, in the colours that [Scatter] would give it:
//
//	emb := cell.Embed(dr.TSNE{}, x, viz.Live(viz.Points{Labels: d.Labels}))
//
// A small picture under the cell is drawn anew, twice a second at most, from what the method reports of its layout ([watch.Event]), and
// vanishes when the work ends: the final chart takes its place. Methods that optimise a layout report it: t-SNE, UMAP, PaCMAP, TriMap and
// their kin; of others nothing is shown, nor outside a notebook, nor in a headless run. Of more than two columns the first two are drawn.
//
// It changes no result, and takes less than one part in twenty of one core. Labels and Values colour the points where they have as many
// elements as the map has rows; what else Points says is for the final chart.
//
// Work that is not started by package cell is watched by the context that Watch returns:
//
//	ctx, done := viz.Live(viz.Points{}).Watch(cell.Context())
//	defer done()
func Live(p Points) cell.Watcher { return live{p} }

type live struct{ p Points }

// Watch implements cell.Watcher.
func (l live) Watch(ctx context.Context) (watched context.Context, done func()) {
	if !jupyter.Connected() || jupyter.Headless() {
		return ctx, func() {}
	}
	id := fmt.Sprintf("flatland-live-%d-%d", os.Getpid(), time.Now().UnixNano())
	s := newSketcher(l.p, func(page, plain string) error {
		return jupyter.Update(id, jupyter.Bundle{
			Data:     map[string]any{"text/html": page, "text/plain": plain},
			Metadata: map[string]any{jupyter.MarkKey: map[string]string{"kind": "progress"}}, // nothing that a saved notebook keeps
		})
	})
	return watch.With(ctx, s.see), s.end
}

const (
	// sketchPeriod is the least time between two pictures, and before the first.
	sketchPeriod = 500 * time.Millisecond
	// sketchShare is the part of one core that drawing may take: one in so many.
	sketchShare = 25
	// sketchSide is the width of a picture in pixels.
	sketchSide = 360
)

// A sketcher draws what it sees of a layout. The work only leaves a copy of it here: drawing, which may wait for the kernel, happens elsewhere.
type sketcher struct {
	p     Points
	show  func(page, plain string) error
	begun time.Time
	due   atomic.Int64 // when the next picture may be begun, after begun
	busy  atomic.Bool
	work  chan glimpse // holds one at most: nothing is left while the sketcher is busy
	end   func()
}

// A glimpse is a layout, and how far the work was.
type glimpse struct {
	y       *mat.Dense
	caption string
}

func newSketcher(p Points, show func(page, plain string) error) *sketcher {
	s := &sketcher{p: p, show: show, begun: time.Now(), work: make(chan glimpse, 1)}
	s.due.Store(int64(sketchPeriod))
	running, quit := context.WithCancel(context.Background())
	var hand sync.WaitGroup
	hand.Go(func() { s.run(running) })
	s.end = func() {
		quit()
		hand.Wait()
	}
	return s
}

// see is the watcher's function.
func (s *sketcher) see(e watch.Event) {
	if e.Layout == nil || s.busy.Load() || int64(time.Since(s.begun)) < s.due.Load() {
		return
	}
	s.busy.Store(true)
	caption := e.Stage
	if e.Total > 0 {
		caption = fmt.Sprintf("%s  %d/%d", e.Stage, e.Done, e.Total)
	}
	s.work <- glimpse{e.Layout(), caption}
}

// run draws until the work ends, and wipes out what it has drawn.
func (s *sketcher) run(ctx context.Context) {
	drawn := false
	for {
		select {
		case <-ctx.Done():
			if drawn {
				_ = s.show("", "") // a kernel that does not answer keeps the last picture
			}
			return
		case g := <-s.work:
			began := time.Now()
			picture, err := sketch(g.y, s.p)
			s.due.Store(int64(began.Sub(s.begun) + max(sketchPeriod, sketchShare*time.Since(began))))
			if err == nil {
				err = s.show(fmt.Sprintf(`<img data-flatland-live width="%[1]d" height="%[1]d" alt="%s" src="data:image/png;base64,%s">`,
					sketchSide, html.EscapeString("The map so far: "+g.caption), base64.StdEncoding.EncodeToString(picture)), g.caption)
				drawn = true
			}
			if err == nil { // else nothing more is drawn
				s.busy.Store(false)
			}
		}
	}
}

// sketch draws the rows of y as squares, in the order of the rows, where the static picture of a Scatter has them. A row that is not finite
// is left out.
func sketch(y *mat.Dense, p Points) ([]byte, error) {
	n, d := y.Dims()
	palette, inks := sketchColors(n, p)
	picture := image.NewPaletted(image.Rect(0, 0, sketchSide, sketchSide), palette)
	for i := range sketchSide { // a frame
		for _, at := range [4]int{i, (sketchSide-1)*sketchSide + i, i * sketchSide, i*sketchSide + sketchSide - 1} {
			picture.Pix[at] = 1
		}
	}
	place := func(i int) (float64, float64) {
		if d == 1 {
			return y.At(i, 0), 0
		}
		return y.At(i, 0), y.At(i, 1)
	}
	h, v := nothing(), nothing()
	for i := range n {
		if a, b := place(i); a-a == 0 && b-b == 0 {
			h.add(a)
			v.add(b)
		}
	}
	scale := (1 - 2*scatterBorder) / math.Max(h.high-h.low, v.high-v.low)
	if !(0 < scale && scale < math.Inf(1)) {
		scale = 0
	}
	side := 1
	for _, most := range [3]int{30_000, 3000, 500} {
		if n <= most {
			side++
		}
	}
	for i := range n {
		a, b := place(i)
		if a-a != 0 || b-b != 0 {
			continue
		}
		left := int(sketchSide*(0.5+scale*(a-(h.low/2+h.high/2)))) - side/2
		top := int(sketchSide*(0.5-scale*(b-(v.low/2+v.high/2)))) - side/2
		left, top = min(max(left, 0), sketchSide-side), min(max(top, 0), sketchSide-side)
		for row := top; row < top+side; row++ {
			for at := row*sketchSide + left; at < row*sketchSide+left+side; at++ {
				picture.Pix[at] = inks(i)
			}
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// sketchColors returns paper, frame and the points' colours, and which of them each point has.
func sketchColors(n int, p Points) (color.Palette, func(i int) uint8) {
	palette := color.Palette{light.paper, light.rule}
	first := uint8(len(palette))
	switch {
	case len(p.Values) == n:
		e := nothing()
		for _, v := range p.Values {
			e.add(v)
		}
		const steps = 64
		for i := range steps {
			palette = append(palette, along(light.ramp, float64(i)/(steps-1)))
		}
		return palette, func(i int) uint8 {
			t := (p.Values[i] - e.low) / (e.high - e.low)
			if !(0 <= t && t <= 1) {
				t = 0
			}
			return first + uint8(t*(steps-1))
		}
	case len(p.Labels) == n:
		for t := range tint(classCount) {
			palette = append(palette, light.tint(t))
		}
		palette = append(palette, light.tint(noClass))
		return palette, func(i int) uint8 {
			if p.Labels[i] < 0 {
				return first + classCount
			}
			return first + uint8(p.Labels[i]%classCount)
		}
	}
	return append(palette, light.tint(soleTint)), func(int) uint8 { return first }
}
