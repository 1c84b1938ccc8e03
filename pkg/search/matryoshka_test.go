package search

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The slope of the loss along random directions of all parameters is what the gradient says,
// and the loss is the sum of the cross-entropies of the prefixes.
func TestMatryoshkaFollowsItsGradient(t *testing.T) {
	ctx := context.Background()
	x := mat32.Convert(fixture.Normal(1, 40, 5))
	labels := make([]int, 40)
	for i := range labels {
		labels[i] = i % 3
	}
	m := &MatryoshkaModel{Options: Matryoshka{Dims: []int{1, 2, 4}, Hidden: 7}, Classes: 3, Mean: make([]float64, 5), Unit: 1}
	net := nn.New(5, 3, "test", m.layers()...)
	rows := blas32.General{Rows: 40, Cols: 5, Stride: 5, Data: x.Data()}
	loss := must(m.slopes(ctx, net, rows, labels))
	slopes := slices.Clone(net.Slopes)
	m.values = net.Values
	if count, _ := m.parameters(); count != len(net.Values) {
		t.Fatalf("%d parameters are counted, there are %d", count, len(net.Values))
	}
	z, want := must(m.Vectors(ctx, x)), 0.
	heads := net.Parameters(4)
	for _, k := range m.Options.Dims {
		for i, l := range labels {
			scores, sum := make([]float64, 3), 0.
			for c := range scores {
				for j, v := range z.Row(i)[:k] {
					scores[c] += float64(v) * float64(heads[c*k+j])
				}
				sum += math.Exp(scores[c])
			}
			want += (math.Log(sum) - scores[l]) / 40
		}
		heads = heads[3*k:]
	}
	if math.Abs(loss-want) > 1e-5 {
		t.Errorf("the loss is %v, want %v", loss, want)
	}
	for trial := range 10 {
		s := rng.New(uint64(trial), "search/direction", 0)
		direction, expected, size := make([]float64, len(slopes)), 0., 0.
		for i := range direction {
			direction[i] = s.Normal()
			expected += direction[i] * float64(slopes[i])
			size += float64(slopes[i]) * float64(slopes[i])
		}
		before := slices.Clone(net.Values)
		move := func(by float64) float64 {
			for i, d := range direction {
				net.Values[i] = before[i] + float32(by*d)
			}
			return must(m.slopes(ctx, net, rows, labels))
		}
		const h = 2e-4 // small, for the kinks of what is rectified
		got := (move(h) - move(-h)) / (2 * h)
		copy(net.Values, before)
		if math.Abs(got-expected) > .02*math.Sqrt(size)+1e-3 {
			t.Errorf("the slope is %.5g, the gradient says %.5g (length %.3g)", got, expected, math.Sqrt(size))
		}
	}
}

// nearest returns the share of rows whose nearest neighbour by the cosine of a prefix has their
// label.
func nearest(rows, queries *mat32.Dense, of, labels []int, prefix int) float64 {
	found := must(Adaptive{Short: prefix, Long: prefix, Shortlist: 1, Normalize: true}.Search(context.Background(), rows, queries, 1))
	hits := 0.
	for i, r := range found.Rows {
		if of[r] == labels[i] {
			hits++
		}
	}
	return hits / float64(len(labels))
}

// On the digits a prefix is nearly as good as vectors trained for its length, and far better
// than the first columns of vectors that were trained as a whole.
func TestMatryoshkaPrefixesOfDigits(t *testing.T) {
	ctx := context.Background()
	digits := datasets.Digits()
	all, labels := mat32.Convert(digits.X), digits.Labels
	const cut = 1200
	prefixes, hidden, epochs := []int{4, 8}, 0, 0
	if testing.Short() {
		prefixes, hidden, epochs = prefixes[:1], 64, 20
	}
	train := mat32.NewDense(cut, 64, all.Data()[:cut*64])
	held := mat32.NewDense(len(labels)-cut, 64, all.Data()[cut*64:])
	by := func(dims ...int) (rows, queries *mat32.Dense) {
		m := must(Matryoshka{Dims: dims, Labels: labels[:cut], Hidden: hidden, Epochs: epochs}.Fit(ctx, train))
		return must(m.Vectors(ctx, train)), must(m.Vectors(ctx, held))
	}
	rows, queries := by(4, 8, 16, 32, 64)
	plainRows, plainQueries := by(64)
	for _, prefix := range prefixes {
		ownRows, ownQueries := by(prefix)
		own := nearest(ownRows, ownQueries, labels[:cut], labels[cut:], prefix)
		got := nearest(rows, queries, labels[:cut], labels[cut:], prefix)
		plain := nearest(plainRows, plainQueries, labels[:cut], labels[cut:], prefix)
		t.Logf("prefix %d: %.4f, trained for this length %.4f, of ordinary vectors %.4f", prefix, got, own, plain)
		if got < own-.03 || got < plain+.02 || prefix == 4 && got < plain+.12 {
			t.Errorf("prefix %d: %v, trained for this length %v, of ordinary vectors %v", prefix, got, own, plain)
		}
	}
	// Adaptive and Funnel find what an exhaustive search by cosine finds, for a fraction.
	truth := must(Adaptive{Short: 64, Normalize: true}.Search(ctx, rows, queries, 10))
	whole := int64(cut * (len(labels) - cut) * 64)
	for name, found := range map[string]*Found{
		"adaptive": must(Adaptive{Short: 8, Shortlist: 100, Normalize: true}.Search(ctx, rows, queries, 10)),
		"funnel":   must(Funnel{Short: 8, Shortlist: 100, Normalize: true}.Search(ctx, rows, queries, 10)),
	} {
		recall := must(Recall(truth, found)).Value
		hits := 0.
		for q := range found.N {
			if r, _ := found.Row(q); labels[r[0]] == labels[cut+q] {
				hits++
			}
		}
		accuracy, saved := hits/float64(found.N), float64(whole)/float64(found.Cost.MultiplyAdds)
		t.Logf("%s: recall %.4f, accuracy %.4f, %.1f times fewer multiply-adds", name, recall, accuracy, saved)
		if recall < .9 || accuracy < .9 || saved < 4 {
			t.Errorf("%s: recall %v, accuracy %v, %v times fewer multiply-adds", name, recall, accuracy, saved)
		}
	}
}

func TestMatryoshkaRefuses(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 6, 4)
	var pe *mat32.ParamError
	var se *mat32.ShapeError
	for _, labels := range [][]int{{-1, -1, -1, -1, -1, -1}, {0, 0, 0, 0, 0, -2}, {0, 0, 0, 0, 0, widest}} {
		if _, err := (Matryoshka{Labels: labels}).Fit(ctx, x); !errors.As(err, &pe) || pe.Param != "Labels" {
			t.Errorf("labels %v: %v", labels, err)
		}
	}
	if _, err := (Matryoshka{Labels: []int{1}}).Fit(ctx, x); !errors.As(err, &se) {
		t.Errorf("one label for six rows: %v", err)
	}
	m := must(Matryoshka{Dims: []int{2, 3}, Labels: []int{0, 1, -1, 0, 1, -1}, Epochs: 2}.Fit(ctx, x))
	if m.Rows != 4 {
		t.Errorf("trained on %d rows of 4 whose label is known", m.Rows)
	}
	if _, err := m.Predict(ctx, x, 1); !errors.As(err, &pe) {
		t.Errorf("a prefix without a head: %v", err)
	}
	if _, err := m.Vectors(ctx, fixture.Normal(1, 2, 5)); !errors.As(err, &se) {
		t.Errorf("other columns: %v", err)
	}
	for _, labels := range [][]int{{0}, {-1, -1, -1, -1, -1, -1}} {
		if _, err := m.Accuracy(ctx, x, labels, 2); !errors.As(err, &se) {
			t.Errorf("labels %v: %v", labels, err)
		}
	}
}
