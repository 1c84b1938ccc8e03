package quality

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Report judges an embedding by the usual measures at once, in one pass over ranks and one
// over distances: a table of what each says, by which convention. Those of neighbours say
// whether details are right, those of distances and triplets whether the arrangement of the
// whole is: no single one says both (D. Kobak and P. Berens, 2019, The art of using t-SNE
// for single-cell transcriptomics).
//
// Above Sample rows, measures of ranks are means over a sample of the rows, each of which
// ranks all the others: nothing but the mean is sampled, and its standard error stands
// beside it. So do those of pairs and triplets that are drawn.
//
// Time O(Sample·n·(d + log n) + Pairs·d), memory 16·n·Neighbors + 56·Pairs bytes, 8·n for
// each core, and the rows as float32: no n × n array.
type Report struct {
	// Neighbors is k of the measures of ranks. Default 15, or less where there are fewer
	// than 31 rows. Larger values judge larger neighbourhoods. 1 ≤ Neighbors < n/2.
	Neighbors int

	// Sample is how many rows are ranked from, at least 2. Default all, or 2000 where there
	// are more. Larger values cost time and lower the standard error, with their root;
	// more than n mean all.
	Sample int

	// Pairs is that of DistancePreservation. Default all, or 1 000 000 where there are
	// more.
	Pairs int

	// Seed draws rows, pairs and triplets; any number will do. Default 0.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const (
	reportMethod      = "quality.Report"
	standardNeighbors = 15
	standardSample    = 2000
	reportPairs       = 1_000_000
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (r Report) Resolve(n, d int) (Report, error) {
	if n < 4 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for a report"}
	}
	refuse := func(param string, value any, want string) (Report, error) {
		return r, &mat32.ParamError{Method: reportMethod, Param: param, Value: value, Want: want}
	}
	most := (n - 1) / 2
	if r.Neighbors == 0 {
		r.Neighbors = min(standardNeighbors, most)
	}
	if r.Neighbors < 1 || r.Neighbors > most {
		return refuse("Neighbors", r.Neighbors, fmt.Sprintf("1 ≤ Neighbors < n/2, at most %d", most))
	}
	if r.Sample == 0 {
		r.Sample = standardSample
	}
	if r.Sample < 2 {
		return refuse("Sample", r.Sample, "0, or at least 2 rows")
	}
	r.Sample = min(r.Sample, n)
	if r.Pairs == 0 {
		r.Pairs = reportPairs
	}
	r.Pairs = min(r.Pairs, n*(n-1)/2)
	if r.Pairs < fewestPairs || r.Pairs > mostPairs {
		return refuse("Pairs", r.Pairs, fmt.Sprintf("0, or %d ≤ Pairs ≤ %d", fewestPairs, mostPairs))
	}
	if r.MemoryLimit < 0 {
		return refuse("MemoryLimit", r.MemoryLimit, "0 or more bytes")
	}
	return r, nil
}

// Reported is what Report finds.
type Reported struct {
	Rows, Sample int             // n, and how many of them were ranked from
	Scores       []measure.Score // with PerRow where all rows were ranked from
	Failures     []Failure
}

// Failure is a measure that could not answer.
type Failure struct {
	Measure string // for example "DistancePreservation"
	Reason  string
}

// Compare judges the embedding y (n rows, any number of columns) of the data x (n × d).
// Either may be a mat32.Distances, for which there is no GlobalScore. A measure that cannot
// answer is a line of the table. Errors: those of mat32.Check and Resolve, naming x or y;
// *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError where distances may exceed float64; and one that wraps ctx.Err().
func (r Report) Compare(ctx context.Context, x, y mat.Matrix) (*Reported, error) {
	n, d, err := checkBoth(ctx, reportMethod, x, y)
	if err != nil {
		return nil, err
	}
	if r, err = r.Resolve(n, d); err != nil {
		return nil, err
	}
	report := &Reported{Rows: n, Sample: r.Sample}
	ranked, err := r.ranks(ctx, x, y)
	if err != nil {
		return nil, err
	}
	report.Scores = ranked
	for _, m := range []struct {
		name string
		ask  func() ([]measure.Score, error)
	}{
		{"DistancePreservation", func() ([]measure.Score, error) {
			a, err := DistancePreservation{Pairs: r.Pairs, Seed: r.Seed, MemoryLimit: r.MemoryLimit}.Compare(ctx, x, y)
			if err != nil {
				return nil, err
			}
			return []measure.Score{a.Pearson(), a.Spearman(), a.Kendall(), a.Stress1(), a.NonmetricStress()}, nil
		}},
		{"TripletAccuracy", func() ([]measure.Score, error) {
			s, err := TripletAccuracy{Seed: r.Seed, MemoryLimit: r.MemoryLimit}.Compare(ctx, x, y)
			return []measure.Score{s}, err
		}},
		{"GlobalScore", func() ([]measure.Score, error) {
			s, err := GlobalScore(ctx, x, y)
			return []measure.Score{s}, err
		}},
	} {
		scores, err := m.ask()
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", reportMethod, ctx.Err())
		case errors.As(err, new(*mat32.MemoryError)):
			return nil, fmt.Errorf("%s: %w", reportMethod, err)
		case err != nil:
			report.Failures = append(report.Failures, Failure{m.name, strings.TrimPrefix(err.Error(), "quality."+m.name+": ")})
		default:
			report.Scores = append(report.Scores, scores...)
		}
	}
	return report, nil
}

// ranks returns the measures of ranks, over the rows of the sample.
func (r Report) ranks(ctx context.Context, x, y mat.Matrix) ([]measure.Score, error) {
	n, _ := x.Dims()
	k := r.Neighbors
	need := screen.Bytes(x) + screen.Bytes(y) + 16*int64(n)*int64(k+12)
	if err := mat32.CheckMemory(reportMethod, need, r.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, err
	}
	data, err := screened(ctx, reportMethod, "x", x)
	if err != nil {
		return nil, err
	}
	shown, err := screened(ctx, reportMethod, "y", y)
	if err != nil {
		return nil, err
	}
	type scratch struct {
		data, shown *screen.EveryRank
		r, s        []int32
		common      []int32
	}
	list := func() []int32 { return make([]int32, n*k) }
	// Rows that are not of the sample have no ranks, and nobody looks at what is made of them.
	ranks := &Ranks{N: n, K: k, Original: list(), OriginalRanks: list(), Embedded: list(), EmbeddedRanks: list()}
	curves := &RankCurves{N: n, Areas: make([]float64, n)}
	weights := curves.weights()
	sample := r.sample(n)
	stage := watch.Start(ctx, "ranks", len(sample))
	err = par.BlocksWith(ctx, len(sample), 2, func() *scratch {
		return &scratch{data.EveryRank(), shown.EveryRank(), make([]int32, n), make([]int32, n), make([]int32, n-1)}
	}, func(w *scratch, lo, hi int) {
		for _, i := range sample[lo:hi] {
			if ctx.Err() != nil {
				return
			}
			w.data.From(i, w.r)
			w.shown.From(i, w.s)
			clear(w.common)
			for j, rank := range w.r {
				if j == i {
					continue
				}
				other := w.s[j]
				if int(rank) <= k {
					ranks.Original[i*k+int(rank)-1], ranks.OriginalRanks[i*k+int(rank)-1] = int32(j), other
				}
				if int(other) <= k {
					ranks.Embedded[i*k+int(other)-1], ranks.EmbeddedRanks[i*k+int(other)-1] = int32(j), rank
				}
				w.common[max(rank, other)-1]++
			}
			curves.Areas[i] = area(w.common, weights)
			stage.Add(1)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", reportMethod, err)
	}
	scores := []measure.Score{ranks.Trustworthiness(k), ranks.Continuity(k), ranks.QNX(k), ranks.RNX(k), ranks.MRREFalse(k), ranks.MRREMissing(k),
		{Name: "AUC of R_NX", Rows: n, PerRow: curves.Areas, Convention: "over ln k, weights 1/k for k = 1 … n−2, ties by index"}}
	for i := range scores {
		scores[i] = sampled(scores[i], sample)
	}
	return scores, nil
}

// sample returns the rows to rank from, in order.
func (r Report) sample(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if r.Sample == n {
		return rows
	}
	stream := rng.New(r.Seed, "quality: rows to rank from", 0)
	for i := range r.Sample {
		j := i + stream.IntN(n-i)
		rows[i], rows[j] = rows[j], rows[i]
	}
	rows = rows[:r.Sample]
	slices.Sort(rows)
	return rows
}

// area returns the area under R_NX of one row, common[k−1] of whose neighbours are among
// the k nearest of both spaces and not among the k−1 nearest.
func area(common []int32, weights []float64) float64 {
	n := len(common) + 1
	sum, area := 0, 0.
	for k, w := range weights {
		sum += int(common[k])
		area += w * (float64(n-1)*float64(sum)/float64(k+1) - float64(k+1)) / float64(n-2-k)
	}
	return area
}

// sampled returns the mean of s over some rows. Its standard error is that of a sample
// without replacement.
func sampled(s measure.Score, rows []int) measure.Score {
	n, m := float64(len(s.PerRow)), float64(len(rows))
	s.Value = 0
	for _, i := range rows {
		s.Value += s.PerRow[i] / m
	}
	if m == n {
		return s
	}
	squares := 0.
	for _, i := range rows {
		squares += (s.PerRow[i] - s.Value) * (s.PerRow[i] - s.Value)
	}
	s.StdErr = math.Sqrt(squares / (m - 1) / m * (1 - m/n))
	s.PerRow = nil
	s.Notes = append(s.Notes, fmt.Sprintf("a mean over %d of %d rows, drawn by Seed", len(rows), int(n)))
	return s
}

// Of returns the score of that name, such as "trustworthiness", and whether there is one.
func (r *Reported) Of(name string) (measure.Score, bool) {
	i := slices.IndexFunc(r.Scores, func(s measure.Score) bool { return s.Name == name })
	if i < 0 {
		return measure.Score{}, false
	}
	return r.Scores[i], true
}

// Table returns what a cell.Table takes: the header, and a row for every measure.
func (r *Reported) Table() (header []string, rows [][]any) {
	for _, s := range r.Scores {
		row := []any{s.Name, s.Value, nil, nil, s.Convention}
		if s.StdErr > 0 {
			row[2] = s.StdErr
		}
		if s.Neighbors > 0 {
			row[3] = s.Neighbors
		}
		rows = append(rows, row)
	}
	for _, f := range r.Failures {
		rows = append(rows, []any{f.Measure, nil, nil, nil, f.Reason})
	}
	return []string{"measure", "value", "standard error", "k", "convention"}, rows
}

// String returns the table: a line for each measure, and those that could not answer.
func (r *Reported) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "report on an embedding of %d rows, ranked from %d\n", r.Rows, r.Sample)
	fmt.Fprintf(&b, "  %-48s  %8s  %9s  %3s  %s", "measure", "value", "± error", "k", "convention")
	for _, s := range r.Scores {
		err, k := "", ""
		if s.StdErr > 0 {
			err = fmt.Sprintf("%.2g", s.StdErr)
		}
		if s.Neighbors > 0 {
			k = fmt.Sprint(s.Neighbors)
		}
		fmt.Fprintf(&b, "\n  %-48s  %8.4f  %9s  %3s  %s", s.Name, s.Value, err, k, s.Convention)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\n  %-48s  cannot answer: %s", f.Measure, f.Reason)
	}
	return b.String()
}
