package datasets

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// BagOfWords draws documents by topics, as latent Dirichlet allocation supposes
// them to be written: a topic is a distribution over words, drawn from the
// Dirichlet distribution of parameter Beta; a document is a mixture of topics,
// drawn from that of parameter Alpha; each of its words is one of a topic that is
// drawn from the mixture. Only how often a word occurs is kept.
//
// Counts are sparse, and so no Dataset, whose X is dense: what Noise, Rotated or a
// picture of a row would do to them makes no sense. BagOfWords returns a *Corpus.
//
// Source: Blei, Ng and Jordan (2003), Latent Dirichlet allocation, in the
// smoothed form, where topics are drawn too.
type BagOfWords struct {
	// Rows is the number of documents. Zero means 1000.
	Rows int

	// Words is the size of the vocabulary. Zero means 1000.
	Words int

	// Topics is the number of topics. Zero means 5.
	Topics int

	// Length is the mean number of words of a document, from 1; it is 1 more than
	// a Poisson number, so that no document is empty. Zero means 100.
	Length float64

	// Alpha says how mixed documents are: far below 1 each keeps to one topic, far
	// above it all have the same mixture. Zero means 0.1.
	Alpha float64

	// Beta says how alike topics are: the smaller it is, the fewer words make up
	// most of a topic. Zero means 0.1.
	Beta float64

	// Seed chooses the topics and the sample.
	Seed uint64
}

// Corpus is a sparse matrix of word counts with what is known about it. It shares
// no memory with any other.
type Corpus struct {
	Name   string
	Counts *mat32.CSR // a row per document, a column per word
	Words  []string   // the names of the columns

	// Labels holds the topic that most of every document's mixture is, an index
	// into Names.
	Labels []int
	Names  []string

	Topics   *mat.Dense // truth: the distribution over words of every topic, one per row
	Mixtures *mat.Dense // truth: the distribution over topics of every document, one per row

	Source string
	Notes  []string
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g BagOfWords) Resolve() (BagOfWords, error) {
	o := options{generator: "datasets.BagOfWords"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Words", &g.Words, 1000, 1, mostDims)
	check(&o, "Topics", &g.Topics, 5, 1, mostDims)
	check(&o, "Length", &g.Length, 100, 1, 1e6)
	check(&o, "Alpha", &g.Alpha, 0.1, 1e-6, 1e6)
	check(&o, "Beta", &g.Beta, 0.1, 1e-6, 1e6)
	return g, o.err
}

// Generate returns Rows documents. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Topics·Words + Rows·(Topics + Length·(Topics +
// log Words))) and, in memory, 8 bytes for every value of Topics and Mixtures and
// at most 16 for every word of a document.
func (g BagOfWords) Generate() (*Corpus, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	need := 8*float64(g.Rows+2*g.Words)*float64(g.Topics) + 16*float64(g.Rows)*(g.Length+3)
	if err := mat32.CheckMemory("datasets.BagOfWords", int64(need), 0, "ask for fewer Rows, Words or Topics"); err != nil {
		return nil, err
	}
	topics := mat.NewDense(g.Topics, g.Words, nil)
	sums := mat.NewDense(g.Topics, g.Words, nil) // of the words up to each
	eachRow(g.Topics, g.Seed, "words/topics", func(k int, s *rng.Stream) {
		dirichlet(topics.RawRowView(k), g.Beta, s)
		cumulate(sums.RawRowView(k), topics.RawRowView(k))
	})
	mixtures := mat.NewDense(g.Rows, g.Topics, nil)
	labels := make([]int, g.Rows)
	words := make([][]int32, g.Rows) // of every document, in order
	eachRow(g.Rows, g.Seed, "words", func(i int, s *rng.Stream) {
		mixture := mixtures.RawRowView(i)
		dirichlet(mixture, g.Alpha, s)
		for k, share := range mixture {
			if share > mixture[labels[i]] {
				labels[i] = k
			}
		}
		upTo := make([]float64, g.Topics)
		cumulate(upTo, mixture)
		document := make([]int32, 1+poisson(g.Length-1, s))
		for w := range document {
			document[w] = int32(choose(sums.RawRowView(choose(upTo, s)), s))
		}
		slices.Sort(document)
		words[i] = document
	})
	counts, err := count(words, g.Words)
	if err != nil {
		return nil, err
	}
	names := make([]string, g.Words)
	for j := range names {
		names[j] = fmt.Sprintf("word %d", j+1)
	}
	return &Corpus{
		Name:     "bag of words",
		Counts:   counts,
		Words:    names,
		Labels:   labels,
		Names:    numbered(g.Topics),
		Topics:   topics,
		Mixtures: mixtures,
		Source:   "generated; Blei, Ng and Jordan (2003)",
		Notes:    []string{fmt.Sprintf("length %v, alpha %v, beta %v, seed %d", g.Length, g.Alpha, g.Beta, g.Seed)},
	}, nil
}

// String returns a small table, as that of a Dataset.
func (c *Corpus) String() string {
	var b strings.Builder
	n, words := c.Counts.Dims()
	fmt.Fprintf(&b, "%-10s %d × %d, %d counts that are not zero\n", c.Name, n, words, c.Counts.NNZ())
	fmt.Fprintf(&b, "%-10s %s\n", "topics", list(sizes(c.Labels, c.Names)))
	fmt.Fprintf(&b, "%-10s topics, mixtures\n", "truth")
	for _, note := range c.Notes {
		fmt.Fprintf(&b, "%-10s %s\n", "note", note)
	}
	fmt.Fprintf(&b, "%-10s %s\n", "source", c.Source)
	return b.String()
}

// count returns how often every word is in every document, whose words are in
// order.
func count(documents [][]int32, vocabulary int) (*mat32.CSR, error) {
	start := make([]int, 1, len(documents)+1)
	var indices []int32
	var values []float32
	for _, document := range documents {
		for k, w := range document {
			if k > 0 && w == document[k-1] {
				values[len(values)-1]++
			} else {
				indices, values = append(indices, w), append(values, 1)
			}
		}
		start = append(start, len(indices))
	}
	return mat32.NewCSR(len(documents), vocabulary, start, indices, values)
}

// dirichlet draws shares from the symmetric Dirichlet distribution: gamma numbers
// divided by their sum. They are made as logarithms, since most of those of a
// small parameter are below the least float64.
func dirichlet(shares []float64, alpha float64, s *rng.Stream) {
	for k := range shares {
		shares[k] = logGamma(alpha, s)
	}
	most, sum := slices.Max(shares), 0.
	for k := range shares {
		shares[k] = math.Exp(shares[k] - most)
		sum += shares[k]
	}
	for k := range shares {
		shares[k] /= sum
	}
}

// logGamma draws the logarithm of a gamma number of the given shape and scale 1
// (Marsaglia and Tsang, 2000, A simple method for generating gamma variables).
func logGamma(shape float64, s *rng.Stream) float64 {
	if shape < 1 {
		return logGamma(shape+1, s) + math.Log(1-s.Float64())/shape
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.Normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-s.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return math.Log(d) + math.Log(v)
		}
	}
}

// poisson draws a Poisson number: the arrivals, an exponential time apart, before
// the time mean. It costs O(mean).
func poisson(mean float64, s *rng.Stream) int {
	arrivals := 0
	for t := -math.Log(1 - s.Float64()); t < mean; t -= math.Log(1 - s.Float64()) {
		arrivals++
	}
	return arrivals
}
