package search_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/search"
)

func ExampleExhaustive() {
	rows := mat.NewDense(4, 2, []float64{1, 0, 0, 1, 1, 1, -1, 0})
	found, err := search.Exhaustive(context.Background(), rows, mat.NewDense(1, 2, []float64{2, 1}), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	best, scores := found.Row(0)
	fmt.Println(best, scores)
	fmt.Println(found.Cost)
	// Output:
	// [2 0] [3 2]
	// 8 multiply-adds, 32 bytes
}

// Queries ask about other directions than those along which the rows vary most.
func ExampleLeanVec() {
	x, queries := spectra(1, 1000, 300, 32, 12, .9, .7)
	ctx := context.Background()
	for _, l := range []search.LeanVec{{Dim: 8}, {Dim: 8, Queries: queries}} {
		m, err := l.Fit(ctx, x)
		if err != nil {
			fmt.Println(err)
			return
		}
		index, err := search.TwoStage{Map: m, Candidates: 30}.Index(ctx, x)
		if err != nil {
			fmt.Println(err)
			return
		}
		found, err := index.Search(ctx, queries, 10)
		if err != nil {
			fmt.Println(err)
			return
		}
		truth, err := search.Exhaustive(ctx, x, queries, 10)
		if err != nil {
			fmt.Println(err)
			return
		}
		recall, err := search.Recall(truth, found)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d queries known: recall %.2f\n", m.Asked, recall.Value)
	}
	// Output:
	// 0 queries known: recall 0.15
	// 300 queries known: recall 0.93
}

func ExampleLVQ() {
	m, err := search.LVQ{Bits: 4}.Fit(context.Background(), datasets.Digits().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
	// Output:
	// LVQ  1797 rows of 64 values in 4 bits
	//   bytes       72136, 0.157 of float32
}

func ExampleMatryoshka() {
	digits := datasets.Digits()
	train, held := digits.X.Slice(0, 1200, 0, 64), digits.X.Slice(1200, 1797, 0, 64)
	ctx := context.Background()
	m, err := search.Matryoshka{Labels: digits.Labels[:1200], Epochs: 20}.Fit(ctx, train)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, prefix := range []int{8, 64} {
		accuracy, err := m.Accuracy(ctx, held, digits.Labels[1200:], prefix)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("by %d columns: above 0.9 %v\n", prefix, accuracy > .9)
	}
	// Output:
	// by 8 columns: above 0.9 true
	// by 64 columns: above 0.9 true
}

func ExampleFunnel() {
	digits := datasets.Digits().X
	found, err := search.Funnel{Short: 8, Shortlist: 200, Normalize: true}.Search(context.Background(), digits, digits.Slice(0, 10, 0, 64), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	best, _ := found.Row(0)
	fmt.Println(best, found.Cost.MultiplyAdds, "of", 10*1797*64)
	// Output:
	// [0 464 1365] 239760 of 1150080
}

func ExampleAdaptive() {
	digits := datasets.Digits().X
	found, err := search.Adaptive{Short: 16, Shortlist: 100}.Search(context.Background(), digits, digits.Slice(0, 10, 0, 64), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Cost.MultiplyAdds, "of", 10*1797*64)
	// Output:
	// 351520 of 1150080
}

func ExampleBM25() {
	ctx := context.Background()
	documents := [][]string{search.Words("The cat sat on the mat."), search.Words("A dog sat."), search.Words("Birds sing.")}
	index, err := search.BM25{}.Index(ctx, documents)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := index.Search(ctx, [][]string{search.Words("dog that sat")}, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, scores := found.Row(0)
	fmt.Printf("%v %.3f\n", rows, scores)
	// Output:
	// [1 0] [1.567 0.373]
}

func ExampleMinDimForMargin() {
	k, err := search.MinDimForMargin(.3, .05)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d directions: a failure in %.3f at most\n", k, search.MarginFailure(.3, k))
	// Output:
	// 244 directions: a failure in 0.050 at most
}

func ExampleRecallCurve() {
	var trials []search.RecallTrial
	for _, k := range []int{4, 32} {
		d, err := datasets.UnionOfSubspaces{Rows: 1000, Dim: 64, Dims: []int{k}}.Generate()
		if err != nil {
			fmt.Println(err)
			return
		}
		trials = append(trials, search.RecallTrial{Rows: d.X.Slice(0, 900, 0, 64), Queries: d.X.Slice(900, 1000, 0, 64)})
	}
	curve, err := search.RecallCurve(context.Background(), neighbors.HNSW{M: 4, EfConstruction: 20, EfSearch: 20}, 10, trials...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("of 4 dimensions above 0.9 %v, of 32 below 0.7 %v\n", curve[0].Value > .9, curve[1].Value < .7)
	// Output:
	// of 4 dimensions above 0.9 true, of 32 below 0.7 true
}

func ExampleHybrid() {
	dense := &search.Found{N: 1, K: 2, Rows: []int32{7, 3}, Scores: []float64{.9, .8}}
	sparse := &search.Found{N: 1, K: 2, Rows: []int32{3, 5}, Scores: []float64{4, 1}}
	both, err := search.Hybrid{Ranks: true}.Join(dense, sparse, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(both.Row(0))
	// Output:
	// [3 7] [0.03252247488101534 0.01639344262295082]
}

func ExampleInsertOrder() {
	order, err := search.InsertOrder([]float64{2, 9, 4}, search.Falling, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order)
	// Output:
	// [1 2 0]
}
