package topology_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
)

// Three lines: a class that all see, and one that only the first and one that only the last
// does.
func ExampleLineSlices_Decompose() {
	s := &topology.LineSlices{Offsets: []float64{0, 1, 2}, Diagrams: [][]topology.Diagram{
		{{{Birth: 0, Death: 4}, {Birth: 1, Death: 2}}}, {{{Birth: .5, Death: 4.5}}}, {{{Birth: .5, Death: 4}, {Birth: 3, Death: 3.5}}},
	}}
	summands, err := s.Decompose(context.Background(), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range summands {
		fmt.Printf("weight %v from line %d: %v\n", m.Weight(), m.First, m.Bars)
	}
	picture, err := topology.CDR{}.Of(summands, 3, []float64{1.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", mat.Col(nil, 0, picture))
	// Output:
	// weight 2 from line 0: [{0 4} {0.5 4.5} {0.5 4}]
	// weight 0.5 from line 0: [{1 2}]
	// weight 0.25 from line 2: [{3 3.5}]
	// [1.1818 0.7273 0.7273]
}

// The largest of the functions is the first level of the landscape, whatever was matched; every
// bar is in one summand; and of a ring among outliers one summand outweighs all others, and all
// of noise.
func TestCandidatesOfARing(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	var offsets, scales []float64
	for k := range 13 {
		offsets = append(offsets, -1.2+.1*float64(k))
	}
	for k := range 40 {
		scales = append(scales, .05*float64(k))
	}
	weights := func(x *mat.Dense) (first, second float64, lines int) {
		s, err := topology.DensityRips{Neighbors: 5, Slope: .2}.Slice(ctx, x, offsets)
		if err != nil {
			t.Fatal(err)
		}
		summands, err := s.Decompose(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		bars := map[int]int{}
		for _, m := range summands {
			for k := range m.Bars {
				bars[m.First+k]++
			}
		}
		for k, d := range s.Diagrams {
			if bars[k] != len(d[1]) {
				t.Fatalf("line %d has %d bars, its summands %d", k, len(d[1]), bars[k])
			}
		}
		want, err := s.Landscape(1, 0, scales)
		if err != nil {
			t.Fatal(err)
		}
		got, err := topology.CDR{Largest: true}.Of(summands, len(offsets), scales)
		if err != nil || !mat.EqualApprox(got, want, 1e-12) {
			t.Errorf("the largest is not the landscape: %v", err)
		}
		mean, err := topology.CDR{Power: 2}.Of(summands, len(offsets), scales)
		if err != nil || mat.Max(mean) > mat.Max(got) || !(mat.Max(mean) > 0) {
			t.Errorf("the mean exceeds the largest: %v", err)
		}
		return summands[0].Weight(), summands[1].Weight(), len(summands[0].Bars)
	}
	ring, noise := math.Inf(1), 0.
	for seed := range uint64(3) {
		first, second, lines := weights(ringed(seed, 70, 40))
		if first < 1.5*second || lines < 6 {
			t.Errorf("the first summand of a ring has the weight %v on %d lines, the second %v", first, lines, second)
		}
		ring = min(ring, first)
		first, _, _ = weights(ringed(seed+50, 0, 110))
		noise = max(noise, first)
	}
	if ring < 1.3*noise {
		t.Errorf("summands of rings have weights from %v, of noise up to %v", ring, noise)
	}
}

func TestCandidatesSayWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	s := &topology.LineSlices{Diagrams: [][]topology.Diagram{{{{Birth: 0, Death: 1}, {Birth: 0, Death: math.Inf(1)}}}}, Offsets: []float64{0}}
	var param *mat32.ParamError
	if _, err := s.Decompose(ctx, 1); !errors.As(err, &param) {
		t.Errorf("dimension 1: %v", err)
	}
	summands, err := s.Decompose(ctx, 0)
	if want := []topology.Summand{{Bars: []topology.Bar{{Birth: 0, Death: 1}}}}; err != nil || !reflect.DeepEqual(summands, want) {
		t.Errorf("%v, %v: an essential bar has no end", summands, err)
	}
	s.MaxScale = 3
	if summands, err := s.Decompose(ctx, 0); err != nil || len(summands) != 2 || summands[0].Weight() != 1.5 {
		t.Errorf("%v, %v: MaxScale ends a bar", summands, err)
	}
	if _, err := (topology.CDR{}).Of(summands, 0, []float64{1}); !errors.As(err, &param) || param.Param != "lines" {
		t.Errorf("no lines: %v", err)
	}
	if _, err := (topology.CDR{Power: -1}).Of(summands, 1, []float64{1}); !errors.As(err, &param) || param.Param != "Power" {
		t.Errorf("power −1: %v", err)
	}
	if p, err := (topology.CDR{}).Of(nil, 2, []float64{1}); err != nil || mat.Max(p) != 0 {
		t.Errorf("no summands: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Decompose(canceled, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
