package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func write(t *testing.T, g datasets.BagOfWords) *datasets.Corpus {
	t.Helper()
	c, err := g.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ExampleBagOfWords() {
	c, err := datasets.BagOfWords{Rows: 200, Words: 500, Topics: 3}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(c)
	_, err = datasets.BagOfWords{Length: 0.5}.Generate()
	fmt.Println(err)
	// Output:
	// bag of words 200 × 500, 11553 counts that are not zero
	// topics     1 (64), 2 (68), 3 (68)
	// truth      topics, mixtures
	// note       length 100, alpha 0.1, beta 0.1, seed 0
	// source     generated; Blei, Ng and Jordan (2003)
	// datasets.BagOfWords: Length is 0.5, want 1 ≤ Length ≤ 1e+06, or 0 for 100
}

func TestWordsFollowTheirTopics(t *testing.T) {
	const n = 3000
	g := datasets.BagOfWords{Rows: n, Words: 300, Topics: 4, Length: 60, Alpha: 0.5, Beta: 0.4, Seed: 3}
	c := write(t, g)
	rows, words := c.Counts.Dims()
	if rows != n || words != 300 || len(c.Words) != words || len(c.Labels) != n || len(c.Names) != 4 {
		t.Fatalf("%d × %d counts, %d words, %d labels, names %v", rows, words, len(c.Words), len(c.Labels), c.Names)
	}
	expected, found := make([]float64, words), make([]float64, words)
	lengths, shares := make([]float64, n), make([]float64, n)
	for i := range n {
		row := mat.Row(nil, i, c.Counts)
		lengths[i] = floats.Sum(row)
		floats.Add(found, row)
		mixture := c.Mixtures.RawRowView(i)
		shares[i] = mixture[1]
		if math.Abs(floats.Sum(mixture)-1) > 1e-12 || floats.MaxIdx(mixture) != c.Labels[i] || lengths[i] < 1 {
			t.Fatalf("document %d: mixture %v, label %d, %v words", i, mixture, c.Labels[i], lengths[i])
		}
		for k, share := range mixture {
			floats.AddScaled(expected, share*lengths[i], c.Topics.RawRowView(k))
		}
	}
	// Given topics, mixtures and lengths, a count is a sum of multinomial ones.
	var z2, used float64
	for w, e := range expected {
		if e > 5 {
			z2 += (found[w] - e) * (found[w] - e) / e
			used++
		}
	}
	if z2 /= used; used < 100 || math.Abs(z2-1) > 5*math.Sqrt(2/used) {
		t.Errorf("squared deviations of %v words are %v times what they should be", used, z2)
	}
	mean, sd := stat.MeanStdDev(lengths, nil)
	if math.Abs(mean-60) > 5*math.Sqrt(59./n) || math.Abs(sd*sd/59-1) > 5*math.Sqrt(2./n) {
		t.Errorf("lengths have mean %v and variance %v, want 60 and 59", mean, sd*sd)
	}
	// Moments of the Dirichlet distribution.
	mean, sd = stat.MeanStdDev(shares, nil)
	variance := 0.25 * 0.75 / (4*0.5 + 1)
	if math.Abs(mean-0.25) > 5*math.Sqrt(variance/n) || math.Abs(sd*sd/variance-1) > 5*math.Sqrt(2./n) {
		t.Errorf("shares have mean %v and variance %v, want 0.25 and %v", mean, sd*sd, variance)
	}
	// The smallest parameters leave one topic and one word, and no NaN.
	sharp := write(t, datasets.BagOfWords{Rows: 50, Alpha: 1e-6, Beta: 1e-6})
	for i := range 50 {
		if m := floats.Max(sharp.Mixtures.RawRowView(i)); m != 1 {
			t.Fatalf("a document has %v of its topic", m)
		}
	}
}

func TestSmallCorporaBeginLargeOnes(t *testing.T) {
	large := write(t, datasets.BagOfWords{Rows: 600})
	for _, n := range []int{1, 256, 257} {
		small := write(t, datasets.BagOfWords{Rows: n})
		if !mat.Equal(small.Topics, large.Topics) || !mat.Equal(small.Mixtures, large.Mixtures.Slice(0, n, 0, 5)) {
			t.Errorf("topics or mixtures of %d documents are others", n)
		}
		for i := range n {
			for j := range 1000 {
				if small.Counts.At(i, j) != large.Counts.At(i, j) {
					t.Fatalf("%d documents do not begin those of 600", n)
				}
			}
		}
	}
}

func TestCorporaHaveTheSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want string
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		got := mat32.Fingerprint(write(t, datasets.BagOfWords{Rows: 900}).Counts)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("other bits on %d cores", cores)
		}
	}
	if mat32.Fingerprint(write(t, datasets.BagOfWords{Rows: 900, Seed: 1}).Counts) == want {
		t.Error("another seed gives the same documents")
	}
}

func TestBagOfWordsRefuses(t *testing.T) {
	for param, g := range map[string]datasets.BagOfWords{
		"Rows": {Rows: -1}, "Words": {Words: -1}, "Topics": {Topics: -1}, "Length": {Length: math.NaN()},
		"Alpha": {Alpha: -1}, "Beta": {Beta: math.Inf(1)},
	} {
		c, err := g.Generate()
		var bad *mat32.ParamError
		if !errors.As(err, &bad) || bad.Param != param || bad.Method != "datasets.BagOfWords" || c != nil {
			t.Errorf("%+v: got %v, %v", g, c, err)
		}
	}
	var memory *mat32.MemoryError
	if _, err := (datasets.BagOfWords{Rows: math.MaxInt32}).Generate(); !errors.As(err, &memory) {
		t.Errorf("got %v, want a *mat32.MemoryError", err)
	}
}
