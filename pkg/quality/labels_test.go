package quality_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
)

// By the definition, with nothing but all distances.
func TestClassAwareScoresLeaveUnknownLabelsOut(t *testing.T) {
	testenv.Unraced(t)
	x, y, labels := fixture.Embedding()
	labels = append([]int(nil), labels...)
	for i := 0; i < 300; i += 7 {
		labels[i] = -1
	}
	const k = 12
	r := compare(t, 299, x, y)
	in, out := classes(t, r.ClassTrustworthiness, k, labels), classes(t, r.ClassContinuity, k, labels)
	for i, label := range labels {
		if label < 0 {
			if !math.IsNaN(in.PerRow[i]) || !math.IsNaN(out.PerRow[i]) {
				t.Fatalf("row %d has no label, and %v and %v", i, in.PerRow[i], out.PerRow[i])
			}
			continue
		}
		intruded, torn := 0, 0
		for t := range 299 {
			j, rank := r.Embedded[i*299+t], int(r.EmbeddedRanks[i*299+t])
			if t < k && rank > k && labels[j] >= 0 && labels[j] != label {
				intruded += rank - k
			}
			if t >= k && rank <= k && labels[j] == label {
				torn += t + 1 - k
			}
		}
		for _, c := range []struct {
			got float64
			sum int
		}{{in.PerRow[i], intruded}, {out.PerRow[i], torn}} {
			if want := 1 - 2*float64(c.sum)/float64(k*(600-3*k-1)); math.Abs(c.got-want) > 1e-14 {
				t.Fatalf("row %d: %v, want %v", i, c.got, want)
			}
		}
	}
	if in.Rows != 257 || in.Value < r.Trustworthiness(k).Value {
		t.Errorf("%v", in)
	}
	for _, score := range []func(int, []int) (measure.Score, error){r.ClassTrustworthiness, r.ClassContinuity} {
		for _, c := range []struct {
			k      int
			labels []int
			want   any
		}{
			{150, labels, new(*mat32.ParamError)}, {0, labels, new(*mat32.ParamError)},
			{5, labels[1:], new(*mat32.ShapeError)}, {5, make([]int, 299), new(*mat32.ShapeError)},
			{5, fill(300, -1), new(*mat32.DegenerateError)}, {5, fill(300, -2), new(*mat32.ParamError)},
		} {
			if _, err := score(c.k, c.labels); !errors.As(err, c.want) {
				t.Errorf("k = %d: %v", c.k, err)
			}
		}
	}
}

func fill(n, v int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// Shared neighbours by the product of matrices.
func TestDissimilarityAgainstMatrices(t *testing.T) {
	x, y, _ := fixture.Embedding()
	r := compare(t, 20, x, y)
	const k = 9
	shared := func(nearest []int32) *mat.Dense {
		a := mat.NewDense(300, 300, nil)
		for i := range 300 {
			for _, j := range nearest[i*20 : i*20+k] {
				a.Set(i, int(j), 1)
				a.Set(int(j), i, 1)
			}
		}
		var s mat.Dense
		s.Mul(a, a)
		return &s
	}
	var d mat.Dense
	d.Sub(shared(r.Original), shared(r.Embedded))
	plus, minus := 0., 0.
	for i := range 300 {
		for j := range 300 {
			if v := d.At(i, j) / k; i != j && v > 0 {
				plus += v * v
			} else if i != j {
				minus += v * v
			}
		}
	}
	s, err := r.NeighborDissimilarity(t.Context(), k)
	if want := math.Sqrt(max(plus, minus)); err != nil || math.Abs(s.Value-want) > 1e-12*want {
		t.Errorf("%v, %v, want %v", s, err, want)
	}
	if s, err := compare(t, 20, x, x).NeighborDissimilarity(t.Context(), k); err != nil || s.Value != 0 {
		t.Errorf("of the data themselves: %v, %v", s, err)
	}
	for _, k := range []int{0, 21} {
		if _, err := r.NeighborDissimilarity(t.Context(), k); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("k = %d: %v", k, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.NeighborDissimilarity(ctx, k); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestProbe(t *testing.T) {
	y := mat.NewDense(6, 1, []float64{0, 1, 2.1, 10, 11, 12.1})
	probe := func(p quality.KNNProbe) measure.Score {
		t.Helper()
		s, err := p.Estimate(t.Context(), y)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	nan := math.NaN()
	for name, c := range map[string]struct {
		p    quality.KNNProbe
		want []float64
	}{
		// The neighbours of rows 1 and 4 tie: the nearer one wins.
		"a tie":   {quality.KNNProbe{Labels: []int{5, 5, 3, 1, 1, 3}, Neighbors: 2}, []float64{1, 1, 0, 1, 1, 0}},
		"unknown": {quality.KNNProbe{Labels: []int{0, 0, -1, 1, -1, -1}, Neighbors: 2}, []float64{1, 1, nan, nan, nan, nan}},
		"one":     {quality.KNNProbe{Labels: []int{0, 0, 1, 1, 1, 0}, Neighbors: 1}, []float64{1, 1, 0, 1, 1, 0}},
	} {
		s := probe(c.p)
		sum, rows := 0., 0
		for i, v := range s.PerRow {
			if v != c.want[i] && !(v != v && c.want[i] != c.want[i]) {
				t.Errorf("%s: row %d is %v, want %v", name, i, v, c.want[i])
			}
			if v == v {
				sum += v
				rows++
			}
		}
		if s.Rows != rows || s.Value != sum/float64(rows) {
			t.Errorf("%s: %v", name, s)
		}
	}
	// Guesses are the other two of each three.
	s := probe(quality.KNNProbe{Targets: []float64{0, 3, 6, 10, 13, 16}, Neighbors: 2})
	off, all := 4.5*4.5*4., 2*(64+25+4.)
	if want := 1 - off/all; math.Abs(s.Value-want) > 1e-14 || s.Rows != 6 {
		t.Errorf("targets: %v, want %v", s, want)
	}
	for name, c := range map[string]struct {
		p    quality.KNNProbe
		want any
	}{
		"neither":      {quality.KNNProbe{}, new(*mat32.ParamError)},
		"both":         {quality.KNNProbe{Labels: fill(6, 0), Targets: make([]float64, 6)}, new(*mat32.ParamError)},
		"few targets":  {quality.KNNProbe{Targets: make([]float64, 5)}, new(*mat32.ShapeError)},
		"few labels":   {quality.KNNProbe{Labels: fill(5, 0)}, new(*mat32.ShapeError)},
		"equal":        {quality.KNNProbe{Targets: make([]float64, 6)}, new(*mat32.DegenerateError)},
		"NaN":          {quality.KNNProbe{Targets: []float64{0, 1, 2, 3, 4, nan}}, new(*mat32.ParamError)},
		"all unknown":  {quality.KNNProbe{Labels: fill(6, -1)}, new(*mat32.DegenerateError)},
		"label −2":     {quality.KNNProbe{Labels: fill(6, -2)}, new(*mat32.ParamError)},
		"6 neighbours": {quality.KNNProbe{Labels: fill(6, 0), Neighbors: 6}, new(*mat32.ParamError)},
	} {
		if _, err := c.p.Estimate(t.Context(), y); !errors.As(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Three classes on a line, two of which the embedding mixes, and two of which it parts.
func TestLabelSeparation(t *testing.T) {
	x := mat.NewDense(8, 1, []float64{0, 1, 10, 11, 20, 21, 9, 500})
	y := mat.NewDense(8, 1, []float64{0, 10, 1, 11, 20, 21, 30, -500})
	labels := []int{4, 4, 7, 7, 9, 9, 9, -1}
	s, err := quality.LabelSeparation{Labels: labels}.Compare(t.Context(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	// In x, 4 and 7 are apart; of 9 (mean 16⅔) row 6 lies nearer to 7 (10.5), not to 4 (½).
	original := mat.NewDense(3, 3, []float64{0, 1, 1, 1, 0, .6, 1, .6, 0})
	// In y, the means are 5, 6 and 23⅔: of 4 and 7, rows 1 and 2 are on the other's side.
	embedded := mat.NewDense(3, 3, []float64{0, 0, 1, 0, 0, 1, 1, 1, 0})
	if !mat.EqualApprox(s.Original, original, 1e-15) || !mat.EqualApprox(s.Embedded, embedded, 1e-15) {
		t.Errorf("%v\n%v", mat.Formatted(s.Original), mat.Formatted(s.Embedded))
	}
	trust, cont := s.Trustworthiness(), s.Continuity()
	if math.Abs(trust.Value-(1-1./3)) > 1e-15 || math.Abs(cont.Value-(1-.4/3)) > 1e-15 || trust.Rows != 7 {
		t.Errorf("%v\n%v", trust, cont)
	}
	var moved mat.Dense
	moved.Apply(func(_, _ int, v float64) float64 { return 1e9 - 4*v }, x)
	if again, err := (quality.LabelSeparation{Labels: labels}).Compare(t.Context(), &moved, y); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("moved: %v, %v", again, err)
	}
	far := mat.NewDense(8, 1, nil)
	far.Set(0, 0, math.MaxFloat64)
	for name, c := range map[string]struct {
		x      mat.Matrix
		labels []int
		want   any
	}{
		"one class": {x, fill(8, 0), new(*mat32.DegenerateError)}, "few": {x, labels[1:], new(*mat32.ShapeError)},
		"label −2": {x, fill(8, -2), new(*mat32.ParamError)}, "huge": {far, labels, new(*mat32.DegenerateError)},
		"rows": {x.Slice(0, 7, 0, 1), labels, new(*mat32.ShapeError)},
	} {
		if _, err := (quality.LabelSeparation{Labels: c.labels}).Compare(t.Context(), c.x, y); !errors.As(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
