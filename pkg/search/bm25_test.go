package search_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
)

func TestBM25ByHand(t *testing.T) {
	ctx := context.Background()
	documents := [][]string{search.Words("The cat sat; the cat slept."), search.Words("A dog."), search.Words("cat dog bird")}
	if !slices.Equal(documents[0], []string{"the", "cat", "sat", "the", "cat", "slept"}) {
		t.Fatalf("words %q", documents[0])
	}
	index := must(search.BM25{}.Index(ctx, documents))
	// Lengths 6, 2 and 3, mean 11/3. Two documents hold cat, and two dog: ln(1 + 1.5/2.5) each.
	w, mean := math.Log(1.6), 11./3
	norm := func(length float64) float64 { return 1.2 * (.25 + .75*length/mean) }
	want := []float64{w * 2 * 2.2 / (2 + norm(6)), w * 2.2 / (1 + norm(2)), 2 * w * 2.2 / (1 + norm(3))}
	got := index.Scores([]string{"cat", "dog", "unknown"})
	for i, v := range want {
		if math.Abs(got[i]-v) > 1e-12 {
			t.Errorf("document %d scores %v, want %v", i, got[i], v)
		}
	}
	if twice := index.Scores([]string{"bird", "bird"}); math.Abs(twice[2]-2*math.Log(1+2.5/1.5)*2.2/(1+norm(3))) > 1e-12 {
		t.Errorf("a word asked for twice scores %v", twice[2])
	}
	even := must(search.BM25{B: search.Zero}.Index(ctx, documents)).Scores([]string{"dog"})
	if math.Abs(even[1]-even[2]) > 1e-12 {
		t.Errorf("with B zero lengths count: %v", even)
	}
	found := must(index.Search(ctx, [][]string{{"cat", "dog"}, {}}, 3))
	if !slices.Equal(found.Rows, []int32{2, 1, 0, 0, 1, 2}) {
		t.Errorf("found %v", found.Rows)
	}
	if found.Cost.MultiplyAdds != 4 {
		t.Errorf("two words that two documents hold took %d", found.Cost.MultiplyAdds)
	}
	if empty := must(search.BM25{}.Index(ctx, [][]string{{}, {}})).Scores([]string{"cat"}); empty[0] != 0 || empty[1] != 0 {
		t.Errorf("empty documents score %v", empty)
	}
	var pe *mat32.ParamError
	if _, err := (search.BM25{}).Index(ctx, nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no documents: %v", err)
	}
	for _, bad := range []search.BM25{{K1: -1}, {K1: math.NaN()}, {K1: math.Inf(1)}, {K1: math.MaxFloat64}, {B: 1.1}, {B: -1}, {B: math.NaN()}} {
		if _, err := bad.Index(ctx, documents); !errors.As(err, &pe) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, k := range []int{0, 4, -1} {
		if _, err := index.Search(ctx, [][]string{{"cat"}}, k); !errors.As(err, &pe) {
			t.Errorf("k %d: %v", k, err)
		}
	}
}

func TestHybridByHand(t *testing.T) {
	dense := &search.Found{N: 1, K: 3, Rows: []int32{5, 3, 1}, Scores: []float64{9, 8, 7}, Cost: search.Cost{MultiplyAdds: 10, Bytes: 40}}
	sparse := &search.Found{N: 1, K: 2, Rows: []int32{1, 4}, Scores: []float64{3, 1}, Cost: search.Cost{MultiplyAdds: 2, Bytes: 24}}
	for _, c := range []struct {
		join search.Hybrid
		rows []int32
		best float64
	}{
		{search.Hybrid{}, []int32{1, 5, 3}, 2}, // 1 by 0 + 2, 5 by 2 + 0 (row 1 comes first), 3 by 1
		{search.Hybrid{Weight: .1}, []int32{5, 3, 1}, 2},
		{search.Hybrid{Ranks: true}, []int32{1, 5, 3}, 1./63 + 1./61},
	} {
		got := must(c.join.Join(dense, sparse, 3))
		if !slices.Equal(got.Rows, c.rows) || math.Abs(got.Scores[0]-c.best) > 1e-12 || got.Cost != (search.Cost{MultiplyAdds: 12, Bytes: 64}) {
			t.Errorf("%+v finds %v with %v for %v, want %v with %v", c.join, got.Rows, got.Scores, got.Cost, c.rows, c.best)
		}
	}
	var pe *mat32.ParamError
	var se *mat32.ShapeError
	if _, err := (search.Hybrid{Weight: -1}).Join(dense, sparse, 1); !errors.As(err, &pe) {
		t.Errorf("a weight below zero: %v", err)
	}
	if _, err := (search.Hybrid{}).Join(dense, sparse, 4); !errors.As(err, &pe) {
		t.Errorf("more than were found: %v", err)
	}
	for name, other := range map[string]*search.Found{
		"other queries": {N: 2, K: 1, Rows: []int32{1, 2}, Scores: []float64{1, 2}}, "no rows": {N: 1, K: 1}, "no scores": {N: 1, K: 1, Rows: []int32{1}}, "nil": nil,
	} {
		for _, pair := range [][2]*search.Found{{dense, other}, {other, dense}} {
			if _, err := (search.Hybrid{}).Join(pair[0], pair[1], 1); !errors.As(err, &se) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	twice := &search.Found{N: 1, K: 3, Rows: []int32{1, 1, 1}, Scores: []float64{3, 2, 1}}
	if _, err := (search.Hybrid{}).Join(twice, sparse, 3); !errors.As(err, &pe) || pe.Param != "k" {
		t.Errorf("three of two rows: %v", err)
	}
}

// Products of vectors are the scores of words, repeated ones and unknown ones too.
func TestBM25AsVectors(t *testing.T) {
	documents := [][]string{search.Words("the cat sat; the cat slept"), {}, search.Words("a dog"), search.Words("cat dog bird")}
	queries := [][]string{{"cat", "dog", "cat"}, {"unknown"}, {"bird", "unknown", "the"}}
	index := must(search.BM25{}.Index(context.Background(), documents))
	var products mat.Dense
	products.Mul(must(index.Queries(queries)), must(index.Rows()).T())
	for q, words := range queries {
		for i, want := range index.Scores(words) {
			if got := products.At(q, i); math.Abs(got-want) > 1e-6*(1+want) {
				t.Errorf("query %d, document %d: the product is %v, the score %v", q, i, got, want)
			}
		}
	}
	if at := must(index.Rows()).At(0, 6); at == 0 { // a, bird, cat, dog, sat, slept, the
		t.Errorf("words are not in order: document 0 scores %v for its last", at)
	}
	if _, err := index.Queries(nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no queries: %v", err)
	}
	empty := must(search.BM25{}.Index(context.Background(), [][]string{{}}))
	if _, err := empty.Rows(); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no words: %v", err)
	}
	if _, err := empty.Queries(queries); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("queries for no words: %v", err)
	}
}
