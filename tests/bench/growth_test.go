package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// sleeper takes the time that it says, on whatever clock there is, and notes how many rows it was given.
type sleeper struct {
	takes func(rows int) (time.Duration, error)
	asked *[]int
}

func (s sleeper) Embed(ctx context.Context, x mat.Matrix) (*dr.Embedding, error) {
	n, _ := x.Dims()
	*s.asked = append(*s.asked, n)
	takes, err := s.takes(n)
	select {
	case <-time.After(takes):
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// power returns a method that takes c·n^p milliseconds.
func power(c, p float64, asked *[]int) Member {
	return Member{Name: "power", Method: sleeper{func(n int) (time.Duration, error) {
		return time.Duration(c * math.Pow(float64(n), p) * float64(time.Millisecond)), nil
	}, asked}}
}

// climb measures m in a bubble of its own time.
func climb(t *testing.T, l Ladder, m Member) (g Growth) {
	t.Helper()
	if l.Log == nil {
		l.Log = io.Discard
	}
	synctest.Test(t, func(t *testing.T) {
		var err error
		if g, err = l.Measure(t.Context(), mat32.NewDense(1000, 1, nil), m); err != nil {
			t.Fatal(err)
		}
	})
	return g
}

var ladder = Ladder{Sizes: []int{10, 20, 50, 100}, Limit: 30 * time.Second, Short: 5 * time.Second}

func TestGrowthFindsThePower(t *testing.T) {
	for _, p := range []float64{0, 1, 1.5, 2} {
		var asked []int
		g := climb(t, ladder, power(0.4, p, &asked))
		if len(g.Points) != 4 || g.Err != nil || math.Abs(g.Exponent()-p) > 1e-6 {
			t.Errorf("n^%g: exponent %v of %v, %v", p, g.Exponent(), g.Points, g.Err)
		}
		if want := []int{10, 10, 10, 10, 20, 20, 20, 50, 50, 50, 100, 100, 100}; !slices.Equal(asked, want) {
			t.Errorf("it was asked %v, want %v", asked, want)
		}
	}
	one := Growth{Points: []Point{{10, 1}}}
	if e := one.Exponent(); !math.IsNaN(e) {
		t.Errorf("one point has the exponent %v", e)
	}
}

// The first run does not count, and of three the one in the middle does.
func TestGrowthIsWarm(t *testing.T) {
	var asked []int
	turn := 0
	m := Member{Method: sleeper{func(int) (time.Duration, error) {
		turn++
		return []time.Duration{0, 4 * time.Second, time.Second, 3 * time.Second, 2 * time.Second}[turn], nil
	}, &asked}}
	l := ladder
	l.Sizes = []int{10}
	if g := climb(t, l, m); len(g.Points) != 1 || g.Points[0].Seconds != 2 {
		t.Errorf("got %v, %v", g.Points, g.Err)
	}
}

func TestGrowthIsLimited(t *testing.T) {
	var asked []int
	var log bytes.Buffer
	l := ladder
	l.Log = &log
	quadratic := climb(t, l, power(10, 2, &asked)) // 1 s, 4 s, 25 s, 100 s
	if want := []Point{{10, 1}, {20, 4}, {50, 25}}; !slices.Equal(quadratic.Points, want) || !errors.Is(quadratic.Err, errLimit) {
		t.Errorf("got %v, %v", quadratic.Points, quadratic.Err)
	}
	if want := []int{10, 10, 10, 10, 20, 20, 20, 50, 100}; !slices.Equal(asked, want) {
		t.Errorf("it was asked %v, want %v", asked, want)
	}
	if want := "power: 10 rows: 1.00 s\npower: 20 rows: 4.00 s\npower: 50 rows: 25.0 s\npower: 100 rows: stopped at the limit\n"; log.String() != want {
		t.Errorf("the log is\n%s", &log)
	}

	few := power(1, 1, &asked)
	few.Most = 50
	some := climb(t, ladder, few)
	if len(some.Points) != 3 || some.Err != nil {
		t.Errorf("with Most 50: %v, %v", some.Points, some.Err)
	}
	slow := climb(t, ladder, power(40_000, 0, &asked))
	boom := climb(t, ladder, Member{Name: "boom", Method: sleeper{func(n int) (time.Duration, error) {
		if n < 50 {
			return time.Second, nil
		}
		return time.Second, errors.New("out of\nluck")
	}, &asked}})

	r := GrowthReport{Machine: &here, Revision: "abc1234", Remark: "Once.", Ladder: ladder, Found: []Growth{quadratic, some, slow, boom}}
	r.Ladder.Sizes = []int{10, 20, 5000, 10_000} // as the table heads say
	const want = `[![The times of the table below, both axes logarithmic](docs/growth.png)](docs/growth.svg)

Measured on Abacus, 2 cores, go1.26, at revision abc1234. Once.

| method | 10 | 20 | 5000 | 10 000 | exponent |
| --- | ---: | ---: | ---: | ---: | ---: |
| power | 1.00 s | 4.00 s | 25.0 s | above 30 s | 2.00 |
| power | 10.0 ms | 20.0 ms | 50.0 ms | – | 1.00 |
| power | above 30 s | – | – | – | – |
| boom | 1.00 s | 1.00 s | failed: out of luck | – | 0.00 |`
	if got := r.String(); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

func TestGrowthHearsACancel(t *testing.T) {
	var asked []int
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		l := ladder
		l.Log = io.Discard
		g, err := l.Measure(ctx, mat32.NewDense(1000, 1, nil), power(10, 2, &asked))
		if !errors.Is(err, context.DeadlineExceeded) || len(g.Points) != 1 {
			t.Errorf("got %v after %v", err, g.Points)
		}
	})
}

// The page of growth is written by growth alone, and that of the cases by the cases.
func TestGrowthKeepsToItsPart(t *testing.T) {
	bare := page(t)
	r := GrowthReport{Machine: &here, Revision: "abc", Ladder: ladder, Found: []Growth{{Member: Member{Name: "a"}}}}
	text, err := r.Update(bare)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := block(text, growthBlock); err != nil || got != r.String() {
		t.Errorf("%v: its part is\n%s", err, got)
	}
	if replace(text, growthBlock, "") != replace(bare, growthBlock, "") {
		t.Error("the text around its part has changed")
	}
	elsewhere := here
	elsewhere.Processor = "Difference engine"
	cases := []Case{{Name: "a"}}
	for _, machine := range []*Machine{&here, &elsewhere} {
		run := &Report{Machine: machine, Outcomes: []*Outcome{outcome("a", 1, 1)}}
		if text, err = run.Update(text, cases, false); err != nil {
			t.Fatal(err)
		}
		if got, err := block(text, growthBlock); err != nil || got != r.String() {
			t.Errorf("%v: a run of the cases left\n%s", err, got)
		}
	}
	if _, err := r.Update("# Another page"); err == nil || !strings.Contains(err.Error(), growthBlock) {
		t.Errorf("a page without its part: %v", err)
	}
}

func TestSwissRoll(t *testing.T) {
	x, err := SwissRoll(30)
	if err != nil {
		t.Fatal(err)
	}
	if n, d := x.Dims(); n != 30 || d != 50 {
		t.Errorf("it is %d × %d", n, d)
	}
}

// Rows of the table, and lines of the picture, are told apart by their names.
func TestSpectral(t *testing.T) {
	names := map[string]bool{"": true}
	for _, m := range Spectral {
		if names[m.Name] || m.Method == nil {
			t.Errorf("%q is %T, and not the only one of its name", m.Name, m.Method)
		}
		names[m.Name] = true
	}
}
