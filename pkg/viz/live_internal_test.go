package viz

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// cloud has n rows of noise about three places, and the place of each.
func cloud(n, d int) (*mat.Dense, []int) {
	r := rand.New(rand.NewPCG(1, 2))
	y, labels := mat.NewDense(n, d, nil), make([]int, n)
	for i := range n {
		labels[i] = i % 3
		for j := range d {
			y.Set(i, j, 5*float64((i+j)%3)+r.NormFloat64())
		}
	}
	return y, labels
}

func TestLivePicturesComeTwiceASecondAndVanish(t *testing.T) {
	type shown struct {
		page, plain string
		at          time.Duration
	}
	var seen []shown
	y, labels := cloud(50, 2)
	synctest.Test(t, func(t *testing.T) { // a clock of its own
		began := time.Now()
		s := newSketcher(Points{Labels: labels}, func(page, plain string) error {
			seen = append(seen, shown{page, plain, time.Since(began)})
			time.Sleep(30 * time.Millisecond) // the kernel's
			return nil
		})
		ctx := watch.With(t.Context(), s.see)
		copies := 0
		for i := range 2600 {
			watch.Report(ctx, watch.Event{Stage: "layout", Done: i, Total: 2600, Loss: math.NaN(), Layout: func() *mat.Dense { copies++; return mat.DenseCopyOf(y) }})
			watch.Start(ctx, "counts", 2) // has no layout
			time.Sleep(time.Millisecond)
		}
		s.end()
		s.end()
		watch.Report(ctx, watch.Event{Stage: "too late", Layout: func() *mat.Dense { return y }})
		synctest.Wait()
		if copies != 5 {
			t.Errorf("the layout was copied %d times for 5 pictures", copies)
		}
	})
	if len(seen) != 6 {
		t.Fatalf("in 2.6 s there were %d pictures, want 5 and their end", len(seen))
	}
	for i, s := range seen[:5] {
		if want := time.Duration(i+1) * sketchPeriod; s.at < want || s.at > want+2*time.Millisecond*time.Duration(i+1) {
			t.Errorf("picture %d was shown at %v, want %v", i, s.at, want)
		}
		if !strings.Contains(s.plain, "layout  ") || !strings.Contains(s.page, `alt="The map so far: layout`) {
			t.Errorf("picture %d says %q", i, s.plain)
		}
	}
	if last := seen[5]; last.page != "" || last.plain != "" {
		t.Errorf("at the end there is %q", last.page)
	}
	packed := regexp.MustCompile(`base64,([^"]*)"`).FindStringSubmatch(seen[0].page)
	raw, err := base64.StdEncoding.DecodeString(packed[1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Error(err)
	}
}

func TestLiveDrawsNoMoreWhenTheKernelIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shows := 0
		s := newSketcher(Points{}, func(string, string) error { shows++; return &jupyter.SilentError{} })
		ctx := watch.With(t.Context(), s.see)
		y, _ := cloud(5, 2)
		for range 30 {
			watch.Report(ctx, watch.Event{Stage: "layout", Layout: func() *mat.Dense { return y }})
			time.Sleep(100 * time.Millisecond)
		}
		s.end()
		if shows > 2 {
			t.Errorf("a kernel that is gone was asked %d times", shows)
		}
	})
}

func TestNothingIsLiveOutsideANotebook(t *testing.T) {
	ctx, done := Live(Points{}).Watch(t.Context())
	defer done()
	if ctx != t.Context() {
		t.Error("work is watched that nobody can see")
	}
}

func TestLivePictures(t *testing.T) {
	y, labels := cloud(10_000, 2)
	values := make([]float64, 10_000)
	for i := range values {
		values[i] = float64(i)
	}
	colors := func(p Points, y *mat.Dense) map[[3]uint8]int {
		t.Helper()
		raw, err := sketch(y, p)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := sketch(y, p); !bytes.Equal(again, raw) {
			t.Error("the same map gives two pictures")
		}
		if len(raw) > 40<<10 {
			t.Errorf("a picture takes %d bytes", len(raw))
		}
		m, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		found := map[[3]uint8]int{}
		for i := range sketchSide * sketchSide {
			r, g, b, _ := m.At(i%sketchSide, i/sketchSide).RGBA()
			found[[3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}]++
		}
		delete(found, [3]uint8{light.paper.R, light.paper.G, light.paper.B})
		delete(found, [3]uint8{light.rule.R, light.rule.G, light.rule.B})
		return found
	}
	if got := len(colors(Points{}, y)); got != 1 {
		t.Errorf("points without labels have %d colours", got)
	}
	if got := len(colors(Points{Labels: labels}, y)); got != 3 {
		t.Errorf("points of 3 classes have %d colours", got)
	}
	if got := len(colors(Points{Labels: labels[:7]}, y)); got != 1 {
		t.Errorf("labels of another number of rows give %d colours", got)
	}
	unknown := slices.Repeat([]int{-1}, 10_000)
	if got := colors(Points{Labels: unknown}, y); len(got) != 1 || got[[3]uint8{light.unlabeled.R, light.unlabeled.G, light.unlabeled.B}] == 0 {
		t.Errorf("points of unknown class have the colours %v", got)
	}
	if got := len(colors(Points{Values: values}, y)); got < 40 {
		t.Errorf("points of 10 000 values have %d colours", got)
	}
	for name, y := range map[string]*mat.Dense{
		"one row":                  mat.NewDense(1, 2, []float64{3, 4}),
		"one column":               mat.NewDense(3, 1, []float64{1, 2, 3}),
		"five columns":             mat.NewDense(2, 5, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
		"rows that are not finite": mat.NewDense(4, 2, []float64{math.NaN(), 1, 2, math.Inf(1), 1, 1, 2, 2}),
		"the largest numbers":      mat.NewDense(2, 2, []float64{-math.MaxFloat64, 0, math.MaxFloat64, 1}),
	} {
		if got := len(colors(Points{}, y)); got != 1 {
			t.Errorf("%s: %d colours", name, got)
		}
	}
	if got := len(colors(Points{}, mat.NewDense(1, 2, []float64{math.NaN(), 0}))); got != 0 {
		t.Errorf("nothing finite: %d colours", got)
	}
}

func TestBeingLiveChangesNoResult(t *testing.T) {
	x, labels := cloud(60, 5)
	want, err := dr.TSNE{Perplexity: 10, Iterations: 60}.Embed(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	pictures := 0
	s := newSketcher(Points{Labels: labels}, func(string, string) error { pictures++; return nil })
	s.due.Store(0) // at once
	got, err := dr.TSNE{Perplexity: 10, Iterations: 60}.Embed(watch.With(t.Context(), s.see), x)
	s.end()
	if err != nil {
		t.Fatal(err)
	}
	if pictures == 0 || !mat.Equal(got, want) {
		t.Errorf("after %d pictures the map is another", pictures)
	}
}
