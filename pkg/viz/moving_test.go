package viz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// unfolding has a spiral of n rows in the given number of snapshots, from wound up to straight.
func unfolding(n, snapshots int) []Snapshot {
	var all []Snapshot
	for s := range snapshots {
		y := mat.NewDense(n, 2, nil)
		for i := range n {
			angle, r := 8*float64(i)/float64(n)*(1-float64(s)/float64(snapshots)), 1+float64(i)/float64(n)
			y.SetRow(i, []float64{r * math.Cos(angle), r * math.Sin(angle)})
		}
		all = append(all, Snapshot{Y: y, Name: fmt.Sprintf("step %d", s), Loss: float64(snapshots - s)})
	}
	return all
}

// turned returns y turned, reflected, scaled and moved.
func turned(y mat.Matrix) *mat.Dense {
	n, _ := y.Dims()
	z := mat.NewDense(n, 2, nil)
	s, c := math.Sincos(0.7)
	for i := range n {
		a, b := y.At(i, 0), -y.At(i, 1)
		z.SetRow(i, []float64{30 + 5*(c*a-s*b), -7 + 5*(s*a+c*b)})
	}
	return z
}

// movingData returns what the page has of a chart, as it is shown or kept.
func movingData(t *testing.T, html string) (p struct {
	N      int    `json:"n"`
	Note   string `json:"note"`
	States []struct {
		Label string `json:"label"`
	} `json:"states"`
	Tiles []struct {
		State int `json:"state"`
	} `json:"tiles"`
	Ways struct {
		Counts []int `json:"counts"`
	} `json:"ways"`
}) {
	t.Helper()
	found := regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`).FindStringSubmatch(html)
	if found == nil {
		t.Fatal("a chart without data")
	}
	var all struct {
		Panels []struct{ Data json.RawMessage }
	}
	if err := json.Unmarshal([]byte(found[1]), &all); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(all.Panels[0].Data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMovingChartsFindRoom(t *testing.T) {
	testenv.Unraced(t)
	noisy := unfolding(1500, 30)
	for _, s := range noisy {
		s.Y.(*mat.Dense).Add(s.Y, noiseMatrix(1500, 2))
	}
	p := Points{Labels: cyclic(1500, 7), Images: noise{12, 12, false}, Text: names(1500, "text")}
	for name, c := range map[string]*Chart{
		"animation":       Animation(unfolding(300, 20), Points{Labels: cyclic(300, 3)}),
		"animation noise": Animation(noisy, p),
		"displacement":    Displacement(noisy[0].Y, noisy[20].Y, p),
	} {
		b := bundle(t, c)
		text, page, picture := b.Data["text/plain"].(string), b.Data["text/html"].(string), b.Data["image/png"].([]byte)
		if size := outputBytes(page, picture, text); size > liveBytes {
			t.Errorf("%s: an output of %d bytes", name, size)
		}
		if len(picture) > 40<<10 {
			t.Errorf("%s: a picture of %d bytes", name, len(picture))
		}
		kept, err := c.kept(picture, text)
		if err != nil {
			t.Fatal(err)
		}
		if size := outputBytes(kept, picture, text); size > keptBytes || longestPack(kept) > packBytes {
			t.Errorf("%s: %d bytes are kept, %d in one pack", name, size, longestPack(kept))
		}
		live, left := movingData(t, page), movingData(t, kept)
		if len(left.States) < 2 || left.N < 100 || left.N > live.N || len(left.States) > len(live.States) {
			t.Errorf("%s: %d points in %d states are kept of %d in %d", name, left.N, len(left.States), live.N, len(live.States))
		}
		if fewer := left.N < 1500 && strings.Contains(name, "noise"); fewer != (strings.Contains(left.Note, "of the points")) && name != "displacement" {
			t.Errorf("%s: %d points of %d, and the note says %q", name, left.N, live.N, left.Note)
		}
		for i, tile := range left.Tiles {
			if tile.State < 0 || i > 0 && tile.State <= left.Tiles[i-1].State {
				t.Errorf("%s: the strip has the states %v", name, left.Tiles)
			}
		}
	}
}

func TestMovingChartsAreTheSameOnAnyNumberOfCores(t *testing.T) {
	y := unfolding(60, 2)
	charts := []*Chart{Animation(unfolding(60, 9), Points{Labels: cyclic(60, 3)}), Displacement(turned(y[0].Y), y[1].Y, Points{})}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, c := range charts {
		var first string
		for _, procs := range []int{1, 2, 7} {
			runtime.GOMAXPROCS(procs)
			html, err := c.HTML()
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = html
			}
			if html != first {
				t.Errorf("%s: %d processors give another page", c, procs)
			}
		}
	}
}

func TestMovingChartsInWords(t *testing.T) {
	a := Animation(unfolding(40, 9), Points{Labels: cyclic(40, 2), Names: []string{"even", "odd"}})
	if got, want := a.String(), "Animation, from step 0 to step 8, of 40 points in 2 classes: even (20), odd (20)\nn = 40 · 9 snapshots"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	y := unfolding(40, 2)[0].Y
	d := Displacement(turned(y), y, Points{})
	if got := d.String(); !strings.HasPrefix(got, "Displacement of 40 points by displacement, 0 to 0\n") || !strings.HasSuffix(got, "n = 40 · Procrustes disparity 0") {
		t.Errorf("two maps of one shape: %q", got)
	}
	if got := Displacement(noiseMatrix(300, 2), noiseMatrix(300, 3).Slice(0, 300, 1, 3), Points{}).String(); !strings.Contains(got, "disparity 0.9") {
		t.Errorf("two maps that have nothing in common: %q", got)
	}
}

func TestTheStripHasSnapshotsThatDiffer(t *testing.T) {
	shots := unfolding(30, 12)
	still := append([]Snapshot(nil), shots[0], shots[0], shots[0], shots[0], shots[0], shots[0], shots[0])
	m, err := newAnimation(append(still, shots...), Points{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.strip) != 6 || m.strip[0] != 0 || m.strip[1] < 8 || m.strip[5] != 18 {
		t.Errorf("of 7 snapshots that are one and 12 that move the strip has %v", m.strip)
	}
	if m, err = newAnimation(still, Points{}); err != nil || fmt.Sprint(m.strip) != "[0 1 2 4 5 6]" {
		t.Errorf("where nothing moves: %v, %v", m.strip, err)
	}
}

func TestAligned(t *testing.T) {
	shots := unfolding(50, 3)
	loose := append([]Snapshot(nil), shots...)
	loose[0].Y, loose[1].Y = turned(shots[2].Y), turned(turned(shots[2].Y))
	aligned, err := Aligned(loose)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range aligned {
		if !mat.EqualApprox(s.Y, shots[2].Y, 1e-12) {
			t.Errorf("snapshot %d, which is the last turned, is not on it", i)
		}
	}
	if loose[0].Name != aligned[0].Name || mat.Equal(loose[0].Y, aligned[0].Y) {
		t.Error("a snapshot lost its name, or what was given changed")
	}
	if got, err := Aligned(nil); len(got) != 0 || err != nil {
		t.Errorf("nothing aligned is %v, %v", got, err)
	}
}

func TestMovingChartsOfBadInput(t *testing.T) {
	y, good := lattice(20), Points{}
	bad := mat.DenseCopyOf(y)
	bad.Set(3, 1, math.NaN())
	var none *mat.Dense
	var shape *mat32.ShapeError
	var param *mat32.ParamError
	var finite *mat32.NotFiniteError
	for name, test := range map[string]struct {
		c    *Chart
		want any
	}{
		"no snapshots":      {Animation(nil, good), mat32.ErrEmpty},
		"one":               {Animation([]Snapshot{{Y: y}}, good), &param},
		"too many":          {Animation(make([]Snapshot, MaxSnapshots+1), good), &param},
		"a nil":             {Animation([]Snapshot{{Y: none}, {Y: y}}, good), mat32.ErrEmpty},
		"a NaN":             {Animation([]Snapshot{{Y: bad}, {Y: y}}, good), &finite},
		"a NaN at the end":  {Animation([]Snapshot{{Y: y}, {Y: bad}}, good), &finite},
		"other rows":        {Animation([]Snapshot{{Y: lattice(19)}, {Y: y}}, good), &shape},
		"three columns":     {Animation([]Snapshot{{Y: mat.NewDense(20, 3, nil)}, {Y: y}}, good), &shape},
		"labels of others":  {Animation([]Snapshot{{Y: y}, {Y: y}}, Points{Labels: []int{1}}), &shape},
		"maps of other n":   {Displacement(lattice(19), y, good), &shape},
		"maps in space":     {Displacement(noiseMatrix(5, 3), noiseMatrix(5, 3), good), &shape},
		"a NaN on a map":    {Displacement(bad, y, good), &finite},
		"no map":            {Displacement(none, y, good), mat32.ErrEmpty},
		"sizes that are no": {Displacement(y, y, Points{Size: -1}), &param},
	} {
		err := test.c.Err()
		if e, ok := test.want.(error); ok && !errors.Is(err, e) || !ok && !errors.As(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]*Chart{
		"points in one place": Displacement(mat.NewDense(5, 2, nil), mat.NewDense(5, 2, nil), good),
		"one row":             Animation([]Snapshot{{Y: lattice(1)}, {Y: lattice(1)}}, good),
		"the largest numbers": Displacement(mat.NewDense(2, 2, []float64{-1e308, 0, 1e308, 1}), mat.NewDense(2, 2, []float64{0, -1e308, 1, 1e308}), good),
		"in a grid":           Grid(Panels{}, Animation(unfolding(20, 4), good), Displacement(lattice(20), lattice(20), good), Scatter(lattice(20), good)),
	} {
		if _, err := c.HTML(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARecordingIsThinnedByCount(t *testing.T) {
	y, _ := cloud(30, 2)
	record := func(tape Tape, layouts, total int) *Recording {
		ctx, r := Record(t.Context(), tape)
		watch.Start(ctx, "no layouts", 3).Add(3)
		for i := range layouts {
			loss := math.NaN()
			if i%10 == 9 {
				loss = float64(i)
			}
			watch.Report(ctx, watch.Event{Stage: "layout", Done: i + 1, Total: total, Loss: loss, Layout: func() *mat.Dense {
				z := mat.DenseCopyOf(y)
				z.Set(0, 0, float64(i))
				return z
			}})
		}
		return r
	}
	for _, test := range []struct {
		tape           Tape
		layouts, total int
		want           int
		last           string
	}{
		{Tape{}, 100, 100, 100, "iteration 100"},
		{Tape{}, 1000, 1000, 64, "iteration 1000"},
		{Tape{Snapshots: 10}, 1000, 1000, 9, "iteration 1000"},
		{Tape{Snapshots: 10}, 700, 1000, 6, "iteration 641"}, // which was cancelled
		{Tape{Snapshots: 1}, 100, 100, 3, "iteration 100"},
		{Tape{MemoryLimit: 20 * 8 * 60}, 1000, 1000, 17, "iteration 1000"},
		{Tape{}, 0, 0, 0, ""},
	} {
		r := record(test.tape, test.layouts, test.total)
		got := r.Snapshots()
		if len(got) != test.want {
			t.Errorf("%+v: %d of %d layouts are held, want %d", test.tape, len(got), test.layouts, test.want)
		}
		if test.want == 0 {
			continue
		}
		if last := got[len(got)-1]; last.Name != test.last || got[0].Name != "iteration 1" || got[0].Loss == got[0].Loss {
			t.Errorf("%+v: from %q, of loss %g, to %q, want %q", test.tape, got[0].Name, got[0].Loss, last.Name, test.last)
		}
		for _, s := range got {
			var at int
			if _, err := fmt.Sscanf(s.Name, "iteration %d", &at); err != nil || s.Y.At(0, 0) != float64(at-1) {
				t.Errorf("%+v: %q holds layout %g", test.tape, s.Name, s.Y.At(0, 0))
			}
			if want := float64(at/10*10 - 1); at >= 10 && s.Loss != want {
				t.Errorf("%+v: %q has loss %g, want %g", test.tape, s.Name, s.Loss, want)
			}
		}
		b, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var again Recording
		if err := again.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if back := again.Snapshots(); len(back) != len(got) || !mat.Equal(back[len(back)-1].Y, got[len(got)-1].Y) || back[len(back)-1].Name != test.last {
			t.Errorf("%+v: %d snapshots are read back of %d", test.tape, len(back), len(got))
		}
	}
	if err := new(Recording).UnmarshalBinary([]byte("none")); err == nil {
		t.Error("what is no recording is read")
	}
}

func TestRecordingChangesNoResult(t *testing.T) {
	x, _ := cloud(60, 5)
	want, err := dr.TSNE{Perplexity: 10, Iterations: 60}.Embed(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var first []Snapshot
	for range 2 {
		ctx, r := Record(context.Background(), Tape{Snapshots: 20})
		got, err := dr.TSNE{Perplexity: 10, Iterations: 60}.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		all := r.Snapshots()
		if !mat.Equal(got, want) || len(all) < 10 || len(all) > 20 {
			t.Errorf("with %d snapshots the map is another", len(all))
		}
		if c := Animation(all, Points{}); c.Err() != nil {
			t.Error(c.Err())
		}
		for i := range first {
			if len(all) != len(first) || first[i].Name != all[i].Name || !mat.Equal(first[i].Y, all[i].Y) {
				t.Errorf("snapshot %d is another the second time", i)
			}
		}
		first = all
	}
}

func TestLinkedChartsSayWhatTheyShare(t *testing.T) {
	y := lattice(20)
	c := Scatter(y, Points{})
	plain, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	linked, err := c.Linked("a name").HTML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain, `"link"`) || !strings.Contains(linked, `"link":"a name"`) || strings.Replace(linked, `"link":"a name",`, "", 1) != plain {
		t.Error("a chart that is linked differs in more than its link, or not at all")
	}
	grid, err := Grid(Panels{}, Lines(Series{Y: []float64{1, 2}}), c, Scatter3D(noiseMatrix(20, 3), Points{}), Animation([]Snapshot{{Y: y}, {Y: y}}, Points{})).HTML()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(grid, `"rows":20`); got != 3 {
		t.Errorf("%d panels of a grid say how many rows they have, want 3", got)
	}
}
