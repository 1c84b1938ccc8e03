package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// BM25 searches documents by their words: a word counts the more, the rarer it is, with returns
// that diminish as it is repeated, and less in documents that are long (S. Robertson, S.
// Walker, S. Jones, M. Hancock-Beaulieu and M. Gatford, 1994, Okapi at TREC-3). A word that df
// of N documents hold weighs ln(1 + (N − df + ½)/(df + ½)), which is never negative.
//
// Time and memory of an index are those of its words. A search takes time for every document
// that holds a word of the query, and 8 bytes and a look for every document.
type BM25 struct {
	// K1 is how slowly repeated words stop counting. Default 1.2; larger ones count them
	// longer.
	K1 float64

	// B is how much the length of documents counts, from none to 1. Default 0.75; Zero for
	// none.
	B float64
}

// Zero says that a number is zero where the zero value means the default.
const Zero = math.SmallestNonzeroFloat64

// BM25Index answers queries of words. It is safe for concurrent use.
type BM25Index struct {
	Options  BM25 // resolved
	postings map[string][]posting
	n        int
}

// posting is one document that holds a word, with what it then scores.
type posting struct {
	document int32
	score    float64
}

const bm25 = "search.BM25"

// Words splits a text into its words, in lower case: runs of letters and digits.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Index makes documents ready, each a list of words. Errors: mat32.ErrEmpty, a
// *mat32.ParamError, and one that wraps ctx.Err().
func (b BM25) Index(ctx context.Context, documents [][]string) (*BM25Index, error) {
	if len(documents) == 0 {
		return nil, mat32.Rename(bm25, mat32.ErrEmpty)
	}
	if b.K1 == 0 {
		b.K1 = 1.2
	}
	if !(b.K1 > 0 && b.K1 <= 1e12) {
		return nil, &mat32.ParamError{Method: bm25, Param: "K1", Value: b.K1, Want: "0 < K1 ≤ 1e12"}
	}
	if b.B == 0 {
		b.B = 0.75
	}
	if !(b.B > 0 && b.B <= 1) {
		return nil, &mat32.ParamError{Method: bm25, Param: "B", Value: b.B, Want: "0 < B ≤ 1, or Zero"}
	}
	index := &BM25Index{Options: b, postings: map[string][]posting{}, n: len(documents)}
	lengths, mean := make([]float64, len(documents)), 0.0
	for i, words := range documents {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", bm25, ctx.Err())
		}
		counts := map[string]int{}
		for _, w := range words {
			counts[w]++
		}
		lengths[i] = float64(len(words))
		mean += lengths[i] / float64(len(documents))
		for w, c := range counts {
			index.postings[w] = append(index.postings[w], posting{int32(i), float64(c)})
		}
	}
	looked := 0
	for _, list := range index.postings {
		if looked += len(list) + 1; looked >= 1<<16 {
			if looked = 0; ctx.Err() != nil {
				return nil, fmt.Errorf("%s: %w", bm25, ctx.Err())
			}
		}
		holding := float64(len(list))
		rare := math.Log(1 + (float64(index.n)-holding+0.5)/(holding+0.5))
		for at, p := range list {
			list[at].score = rare * p.score * (b.K1 + 1) / (p.score + b.K1*(1-b.B+b.B*lengths[p.document]/mean))
		}
	}
	return index, nil
}

// Scores returns what every document scores for the words of a query, 0 for those that hold
// none of them. A word that is repeated counts as often.
func (x *BM25Index) Scores(query []string) []float64 {
	out := make([]float64, x.n)
	for _, w := range query {
		for _, p := range x.postings[w] {
			out[p.document] += p.score
		}
	}
	return out
}

// Rows returns the documents as vectors, a row each with a column for every word, in the order
// of Go's strings: what a word scores there. The inner product with a row of Queries is what
// Scores gives, to the last digits of float32; so what makes vectors shorter can be tried on
// words. Time and memory are those of sorting the words of all documents. The error is
// mat32.ErrEmpty where no document has any.
func (x *BM25Index) Rows() (*mat32.CSR, error) {
	var scores []mat32.Triplet
	words := slices.Sorted(maps.Keys(x.postings))
	for column, w := range words {
		for _, p := range x.postings[w] {
			scores = append(scores, mat32.Triplet{Row: int(p.document), Col: column, Value: float32(p.score)})
		}
	}
	return sparse(x.n, len(words), scores)
}

// Queries returns queries as vectors with the columns of Rows: how often each holds a word.
// Words that no document holds are left out. The error is mat32.ErrEmpty without queries, or
// where no document has a word.
func (x *BM25Index) Queries(queries [][]string) (*mat32.CSR, error) {
	columns := make(map[string]int, len(x.postings))
	for i, w := range slices.Sorted(maps.Keys(x.postings)) {
		columns[w] = i
	}
	var counts []mat32.Triplet
	for q, words := range queries {
		for _, w := range words {
			if column, held := columns[w]; held {
				counts = append(counts, mat32.Triplet{Row: q, Col: column, Value: 1})
			}
		}
	}
	return sparse(len(queries), len(columns), counts)
}

func sparse(rows, words int, values []mat32.Triplet) (*mat32.CSR, error) {
	if rows == 0 || words == 0 {
		return nil, mat32.Rename(bm25, mat32.ErrEmpty)
	}
	return mat32.FromTriplets(rows, words, values)
}

// Search finds the k documents that score best for every query, ties by document. Errors: a
// *mat32.ParamError for k out of range, and one that wraps ctx.Err().
func (x *BM25Index) Search(ctx context.Context, queries [][]string, k int) (*Found, error) {
	if err := checkCount(bm25, "k", k, x.n); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(bm25, 12*int64(len(queries))*int64(k), 0, "ask fewer queries at a time, or for fewer documents"); err != nil {
		return nil, err
	}
	out := &Found{N: len(queries), K: k, Rows: make([]int32, len(queries)*k), Scores: make([]float64, len(queries)*k)}
	for _, q := range queries {
		for _, w := range q {
			out.Cost.add(int64(len(x.postings[w])), 1, 12)
		}
	}
	err := par.Blocks(ctx, len(queries), 4, func(lo, hi int) {
		for q := lo; q < hi; q++ {
			out.put(q, x.Scores(queries[q]))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", bm25, err)
	}
	return out, nil
}

// put writes the best of all scores as the answer to a query.
func (f *Found) put(q int, scores []float64) {
	rows, best := f.Row(q)
	count := 0
	for i, s := range scores {
		// Of equal scores the earlier row stays.
		if count == f.K && s <= best[count-1] {
			continue
		}
		place := count
		if count < f.K {
			count++
		} else {
			place--
		}
		for ; place > 0 && best[place-1] < s; place-- {
			rows[place], best[place] = rows[place-1], best[place-1]
		}
		rows[place], best[place] = int32(i), s
	}
}

// Hybrid joins a search by vectors with one by words: what is found by either is ranked by
// dense + Weight·sparse, for scores as they are, or by ranks alone (G. Cormack, C. Clarke and
// S. Büttcher, 2009, Reciprocal rank fusion outperforms Condorcet and individual rank learning
// methods).
type Hybrid struct {
	// Weight is what scores by words count. Default 1.
	Weight float64

	// Ranks joins 1/(60 + rank) of both instead of scores, which need no common unit then.
	Ranks bool
}

// Join returns the k best of what both found, which have as many queries. A row that one of
// them did not find scores there what its last did, or by Ranks nothing. Scores are by how much
// each is above both last ones together, or with Ranks the sums. Errors: a *mat32.ParamError, and
// a *mat32.ShapeError for answers that are nil, or have other Rows or Scores than N × K.
func (h Hybrid) Join(dense, sparse *Found, k int) (*Found, error) {
	const method = "search.Hybrid"
	if err := dense.check("dense", true); err != nil {
		return nil, mat32.Rename(method, err)
	}
	if err := sparse.check("sparse", true); err != nil {
		return nil, mat32.Rename(method, err)
	}
	if dense.N != sparse.N {
		return nil, mat32.Rename(method, &mat32.ShapeError{What: "sparse", Rows: sparse.N, Cols: sparse.K, Want: fmt.Sprintf("%d queries", dense.N)})
	}
	if h.Weight == 0 {
		h.Weight = 1
	}
	if !(h.Weight > 0) || math.IsInf(h.Weight, 0) {
		return nil, &mat32.ParamError{Method: method, Param: "Weight", Value: h.Weight, Want: "a positive number"}
	}
	if most := max(dense.K, sparse.K); k < 1 || k > most {
		return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ %d, as many as one of both found", most)}
	}
	out := &Found{N: dense.N, K: k, Rows: make([]int32, dense.N*k), Scores: make([]float64, dense.N*k)}
	out.Cost.MultiplyAdds, out.Cost.Bytes = dense.Cost.MultiplyAdds+sparse.Cost.MultiplyAdds, dense.Cost.Bytes+sparse.Cost.Bytes
	for q := range out.N {
		total := map[int32]float64{}
		for _, part := range []struct {
			of     *Found
			weight float64
		}{{dense, 1}, {sparse, h.Weight}} {
			rows, scores := part.of.Row(q)
			for i, r := range rows {
				if h.Ranks {
					total[r] += part.weight / float64(60+i+1)
				} else {
					total[r] += part.weight * (scores[i] - scores[len(scores)-1])
				}
			}
		}
		order := slices.SortedFunc(maps.Keys(total), func(a, b int32) int {
			if c := cmp.Compare(total[b], total[a]); c != 0 {
				return c
			}
			return int(a - b)
		})
		if len(order) < k {
			return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("at most the %d rows that were found for query %d, of which some come twice", len(order), q)}
		}
		for i, r := range order[:k] {
			out.Rows[q*k+i], out.Scores[q*k+i] = r, total[r]
		}
	}
	return out, nil
}
