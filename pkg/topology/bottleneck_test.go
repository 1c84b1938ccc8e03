package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleBottleneck() {
	p := Diagram{{0, 1}, {.2, .9}, {.5, .6}}
	q := Diagram{{.1, 1.1}, {.4, .7}}
	m, err := Bottleneck(context.Background(), p, q)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
	for _, pair := range m.Pairs {
		fmt.Printf("%2d %2d  %.2f\n", pair.P, pair.Q, pair.Distance)
	}
	// Output:
	// bottleneck distance  0.2, L∞ between bars, 2 pairs of bars, 1 and 0 bars matched with the diagonal
	//  0  0  0.10
	//  1  1  0.20
	//  2 -1  0.05
}

var (
	firstPair  = [2]Diagram{{{0, 1}, {.2, .9}, {.5, .6}}, {{.1, 1.1}, {.4, .7}}}
	secondPair = [2]Diagram{{{2.7, 4.11}, {9.6, 14}, {34.2, 34.974}}, {{2.8, 4.45}, {9.5, 14.1}}}
)

// manyBars is a pair of a thousand bars each, of two uniform numbers.
func manyBars() (pair [2]Diagram) {
	u := fixture.Uniform(11, 2000, 2)
	for i := range 2000 {
		x, y := u.At(i, 0), u.At(i, 1)
		pair[i/1000] = append(pair[i/1000], Bar{min(x, y), max(x, y)})
	}
	return pair
}

func TestBottleneckOfPeers(t *testing.T) {
	for _, c := range []struct {
		of   [2]Diagram
		want float64
	}{{firstPair, .2}, {secondPair, .387}, {manyBars(), .0492241855}} {
		m, err := Bottleneck(context.Background(), c.of[0], c.of[1])
		if err != nil {
			t.Fatal(err)
		}
		matches(t, m, c.of[0], c.of[1])
		if math.Abs(m.Distance-c.want) > 1e-10 {
			t.Errorf("%v, want %v", m, c.want)
		}
	}
}

// matches fails unless every bar of nonzero length is in one pair, whose distance is as it
// says.
func matches(t *testing.T, m *Matching, p, q Diagram) {
	t.Helper()
	var seen [2][]int
	for k, pair := range m.Pairs {
		want := 0.
		switch {
		case pair.Q < 0:
			want = m.Ground.diagonal(pointOf(p[pair.P]))
		case pair.P < 0:
			want = m.Ground.diagonal(pointOf(q[pair.Q]))
		default:
			a, b := p[pair.P], q[pair.Q]
			switch {
			case a.Essential() != b.Essential():
				t.Errorf("%v is matched with %v", a, b)
			case a.Essential():
				want = math.Abs(a.Birth - b.Birth)
			default:
				want = m.Ground.of(a.Birth-b.Birth, a.Death-b.Death)
			}
		}
		if pair.Distance != want {
			t.Errorf("pair %d is at %v, want %v", k, pair.Distance, want)
		}
		for s, i := range [2]int{pair.P, pair.Q} {
			if i >= 0 {
				seen[s] = append(seen[s], i)
			}
		}
	}
	for s, d := range [2]Diagram{p, q} {
		var all []int
		for i, b := range d {
			if b.Length() > 0 {
				all = append(all, i)
			}
		}
		slices.Sort(seen[s])
		if !slices.Equal(seen[s], all) {
			t.Errorf("bars %v are matched, want %v", seen[s], all)
		}
	}
}

// least tries all matchings of finite diagrams: the order is +Inf for the bottleneck.
func least(p, q Diagram, order float64, ground Norm) float64 {
	taken := make([]bool, len(q))
	join := func(sum, d float64) float64 {
		if math.IsInf(order, 1) {
			return max(sum, d)
		}
		return sum + math.Pow(d, order)
	}
	var from func(i int, sum float64) float64
	from = func(i int, sum float64) float64 {
		if i == len(p) {
			for j, b := range q {
				if !taken[j] {
					sum = join(sum, ground.diagonal(pointOf(b)))
				}
			}
			return sum
		}
		best := from(i+1, join(sum, ground.diagonal(pointOf(p[i]))))
		for j, b := range q {
			if !taken[j] {
				taken[j] = true
				best = min(best, from(i+1, join(sum, ground.of(p[i].Birth-b.Birth, p[i].Death-b.Death))))
				taken[j] = false
			}
		}
		return best
	}
	sum := from(0, 0)
	if math.IsInf(order, 1) {
		return sum
	}
	return math.Pow(sum, 1/order)
}

// smallDiagram has bars of any kind: on a grid every second time, so that distances tie.
func smallDiagram(seed uint64, n int) Diagram {
	u := fixture.Uniform(seed, max(n, 1), 2)
	d := make(Diagram, n)
	for i := range d {
		d[i] = Bar{u.At(i, 0), u.At(i, 0) + u.At(i, 1)*u.At(i, 1)}
		if seed%2 == 0 {
			d[i] = Bar{math.Floor(4 * d[i].Birth), math.Floor(4*d[i].Birth) + math.Floor(4*u.At(i, 1))}
		}
	}
	return d
}

func TestBottleneckAgainstAllMatchings(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(120) {
		p, q := smallDiagram(seed, int(seed%6)), smallDiagram(seed+1000, int(seed/6%6))
		m, err := Bottleneck(ctx, p, q)
		if err != nil {
			t.Fatal(err)
		}
		matches(t, m, p, q)
		if want := least(p, q, math.Inf(1), Largest); m.Distance != want {
			t.Errorf("seed %d: %v, want %v", seed, m, want)
		}
	}
}

// threshold says whether a matching within r exists, by augmenting paths over all pairs.
func threshold(p, q Diagram, r float64) bool {
	covers := func(p, q Diagram) bool {
		back := make([]int, len(q))
		for j := range back {
			back[j] = -1
		}
		var seen []bool
		var try func(i int) bool
		try = func(i int) bool {
			for j, b := range q {
				if !seen[j] && max(math.Abs(p[i].Birth-b.Birth), math.Abs(p[i].Death-b.Death)) <= r {
					seen[j] = true
					if back[j] < 0 || try(back[j]) {
						back[j] = i
						return true
					}
				}
			}
			return false
		}
		for i, b := range p {
			seen = make([]bool, len(q))
			if b.Length()/2 > r && !try(i) {
				return false
			}
		}
		return true
	}
	return covers(p, q) && covers(q, p)
}

// Clusters, lines and unequal numbers: a matching exists within the distance and not
// below it.
func TestBottleneckOfManyBars(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(24) {
		shapes := [2]Diagram{}
		for s := range shapes {
			n := 30 + int(seed*37+uint64(s)*53)%200
			u := fixture.Uniform(2*seed+uint64(s), n, 3)
			for i := range n {
				b := Bar{u.At(i, 0), u.At(i, 0) + .01 + u.At(i, 1)}
				switch seed % 4 {
				case 1: // pieces, all born at 0
					b = Bar{0, u.At(i, 1)}
				case 2: // clusters
					b.Birth = math.Floor(5*b.Birth) + .01*u.At(i, 2)
					b.Death = b.Birth + 3 + .02*u.At(i, 1)
				case 3: // many alike
					b = Bar{math.Floor(3 * u.At(i, 0)), 3 + math.Floor(3*u.At(i, 1))}
				}
				shapes[s] = append(shapes[s], b)
			}
		}
		m, err := Bottleneck(t.Context(), shapes[0], shapes[1])
		if err != nil {
			t.Fatal(err)
		}
		matches(t, m, shapes[0], shapes[1])
		if !threshold(shapes[0], shapes[1], m.Distance) || threshold(shapes[0], shapes[1], math.Nextafter(m.Distance, 0)) {
			t.Errorf("seed %d: %v is not the least scale", seed, m.Distance)
		}
	}
}

func TestEssentialBarsAreMatchedByBirth(t *testing.T) {
	inf := math.Inf(1)
	p, q := Diagram{{3, inf}, {1, inf}, {0, .2}}, Diagram{{1.5, inf}, {2.75, inf}}
	m, err := Bottleneck(t.Context(), p, q)
	if err != nil {
		t.Fatal(err)
	}
	matches(t, m, p, q)
	if m.Distance != .5 {
		t.Errorf("%v, want .5", m)
	}
	w, err := Wasserstein{Order: 1}.Match(t.Context(), p, q)
	if err != nil || math.Abs(w.Distance-(.5+.25+.1)) > 1e-15 {
		t.Errorf("%v, %v", w, err)
	}
	for _, other := range []Diagram{nil, {{1, inf}}, {{1, inf}, {1, inf}, {1, inf}}} {
		m, err := Bottleneck(t.Context(), p, other)
		if err != nil || !math.IsInf(m.Distance, 1) || m.Pairs != nil {
			t.Errorf("%v, %v", m, err)
		}
	}
	if m, err := Bottleneck(t.Context(), nil, nil); err != nil || m.Distance != 0 {
		t.Errorf("%v, %v of nothing", m, err)
	}
}

func TestDistancesRefuse(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	var notFinite *mat32.NotFiniteError
	var param *mat32.ParamError
	for _, distance := range []func(p, q Diagram) error{
		func(p, q Diagram) error { _, err := Bottleneck(t.Context(), p, q); return err },
		func(p, q Diagram) error { _, err := Wasserstein{}.Match(t.Context(), p, q); return err },
		func(p, q Diagram) error { _, err := SlicedWasserstein{}.Distance(p, q); return err },
		func(p, q Diagram) error { _, err := ScaleSpaceKernel(p, q, 1); return err },
	} {
		for _, bad := range []Diagram{{{nan, 1}}, {{0, nan}}, {{inf, inf}}, {{-inf, 1}}} {
			if err := distance(bad, Diagram{{0, 1}}); !errors.As(err, &notFinite) {
				t.Errorf("%v: %v", bad, err)
			}
			if err := distance(Diagram{{0, 1}}, bad); !errors.As(err, &notFinite) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if err := distance(Diagram{{0, 1}, {2, 1}}, nil); !errors.As(err, &param) || param.Param != "p[1]" {
			t.Errorf("%v", err)
		}
	}
	for _, w := range []Wasserstein{{Order: .5}, {Order: nan}, {Order: inf}, {Ground: 7}} {
		if _, err := w.Match(t.Context(), nil, nil); !errors.As(err, &param) {
			t.Errorf("%v: %v", w, err)
		}
	}
}

func TestDistancesHearACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pair := manyBars()
	if _, err := Bottleneck(ctx, pair[0], pair[1]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := (Wasserstein{}).Match(ctx, pair[0], pair[1]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkBottleneck(b *testing.B) {
	pair := manyBars()
	for b.Loop() {
		if _, err := Bottleneck(context.Background(), pair[0], pair[1]); err != nil {
			b.Fatal(err)
		}
	}
}
