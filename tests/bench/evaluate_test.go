package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// reply is that of a worker whose result is these arrays, of so many rows.
func reply(t *testing.T, rows int, arrays map[string]any) *wire.Reply {
	t.Helper()
	out := t.TempDir()
	f := func(context.Context, []*mat32.Dense, wire.Options, uint64) (wire.Result, error) {
		var r wire.Result
		for name, values := range arrays {
			columns := 0
			switch v := values.(type) {
			case []float64:
				columns = len(v) / rows
			case []int32:
				columns = len(v) / rows
			}
			r.Arrays = append(r.Arrays, wire.Output{Name: name, Rows: rows, Columns: columns, Values: values})
		}
		return r, nil
	}
	return served(t, f, wire.Request{Run: "f", Out: out})
}

func sample(t *testing.T, rows int) (x *mat32.Dense) {
	t.Helper()
	d := datasets.Digits().X
	return mat32.Convert(d.Slice(0, rows, 0, 64))
}

func judge(t *testing.T, of func([]*mat32.Dense, wire.Options, *wire.Reply) (float64, error), x *mat32.Dense, o wire.Options, r *wire.Reply) float64 {
	t.Helper()
	v, err := of([]*mat32.Dense{x}, o, r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNeighborMeasures(t *testing.T) {
	const n, k = 150, 5 // all rows are judged
	x := sample(t, n)
	g, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	o := wire.Options{"neighbors": k}
	both := func() (float64, float64) {
		r := reply(t, n, map[string]any{"indices": g.Indices, "distances": g.Distances})
		return judge(t, recall, x, o, r), judge(t, distanceError, x, o, r)
	}
	if share, worst := both(); share != 1 || worst != 0 {
		t.Errorf("exact neighbours: recall %v, error %v", share, worst)
	}
	g.Distances[7] *= 1.25
	if share, worst := both(); share != 1 || math.Abs(worst-0.25) > 1e-12 {
		t.Errorf("one distance a quarter too large: recall %v, error %v", share, worst)
	}
	for i := range n { // the farthest of the five becomes: the row itself, one of the others again, none at all, a far row
		g.Indices[i*k+4] = []int32{int32(i), g.Indices[i*k], -1, farthest(x, i)}[i%4]
	}
	if share, worst := both(); share != 0.8 || !math.IsInf(worst, 1) {
		t.Errorf("one wrong neighbour in five: recall %v, error %v", share, worst)
	}
}

// The neighbours of other rows may be at distance zero: nothing is left out.
func TestNeighborMeasuresOfQueries(t *testing.T) {
	const n, k = 100, 2
	all := sample(t, n+50)
	x, asked := mat32.NewDense(n, 64, all.Data()[:n*64]), mat32.NewDense(51, 64, all.Data()[(n-1)*64:]) // the first is a row of x
	var indices []int32
	for i := range 51 {
		order := make([]int32, n)
		for j := range order {
			order[j] = int32(j)
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			return cmp.Compare(apart(asked.Row(i), x.Row(int(a))), apart(asked.Row(i), x.Row(int(b))))
		})
		indices = append(indices, order[:k]...)
	}
	in, o := []*mat32.Dense{x, asked}, wire.Options{"neighbors": k}
	if share, err := recall(in, o, reply(t, 51, map[string]any{"indices": indices})); err != nil || share != 1 {
		t.Errorf("the nearest rows: recall %v, %v", share, err)
	}
	indices[0] = (indices[0] + 1) % n
	if share, err := recall(in, o, reply(t, 51, map[string]any{"indices": indices})); err != nil || share > 1-1./102 {
		t.Errorf("one wrong: recall %v, %v", share, err)
	}
}

func farthest(x *mat32.Dense, i int) int32 {
	n, _ := x.Dims()
	worst := 0
	for j := range n {
		if distance(x, i, j) > distance(x, i, worst) {
			worst = j
		}
	}
	return int32(worst)
}

func TestVarianceMeasure(t *testing.T) {
	const n, k = 150, 3
	x := sample(t, n)
	m, err := dr.PCA{Components: k}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for _, v := range m.ExplainedVarianceRatio() {
		want += v
	}
	of := func(components *mat.Dense) float64 {
		out := t.TempDir()
		f := func(context.Context, []*mat32.Dense, wire.Options, uint64) (wire.Result, error) {
			return wire.Result{Arrays: []wire.Output{
				{Name: "components", Rows: k, Columns: 64, Values: components.RawMatrix().Data},
				{Name: "map", Rows: n, Columns: k, Values: make([]float64, n*k)},
			}}, nil
		}
		return judge(t, variance.Of, x, wire.Options{"components": k}, served(t, f, wire.Request{Run: "f", Out: out}))
	}
	if got := of(m.Components()); math.Abs(got-want) > 1e-12 {
		t.Errorf("PCA: %v, want the explained %v", got, want)
	}
	skewed := m.Components()
	for j := range 64 { // the second leans towards the first
		skewed.Set(1, j, 0.8*skewed.At(1, j)+0.6*skewed.At(0, j))
	}
	if got := of(skewed); got > want-0.01 {
		t.Errorf("components that are not at right angles: %v, not clearly below %v", got, want)
	}
}

// The evaluator shares no code with t-SNE but the search for the precision.
func TestMapMeasures(t *testing.T) {
	const n = 150
	x := sample(t, n)
	e, err := dr.TSNE{Perplexity: 30}.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	o := wire.Options{"perplexity": 30}
	good := reply(t, n, map[string]any{"map": e.RawMatrix().Data})
	if got := judge(t, divergence.Of, x, o, good); math.Abs(got/e.Objective-1) > 1e-5 {
		t.Errorf("divergence %v, the method says %v", got, e.Objective)
	}
	bad := reply(t, n, map[string]any{"map": noise(n)})
	if g, b := judge(t, divergence.Of, x, o, good), judge(t, divergence.Of, x, o, bad); b < 2*g {
		t.Errorf("divergence %v, and of noise %v", g, b)
	}
	if g, b := judge(t, trustworthy.Of, x, o, good), judge(t, trustworthy.Of, x, o, bad); g < 0.9 || b > 0.7 {
		t.Errorf("trustworthiness %v, and of noise %v", g, b)
	}
}

func TestMeasuresRefuseOtherShapes(t *testing.T) {
	x := sample(t, 20)
	o := wire.Options{"neighbors": 5, "components": 3, "perplexity": 5, "dim": 2, "words": 100, "gamma": 100}
	r := reply(t, 10, map[string]any{"indices": make([]int32, 50), "distances": make([]float64, 50), "map": make([]float64, 20), "components": make([]float64, 10)})
	for _, k := range Cases {
		for _, m := range k.Quality {
			if v, err := m.Of([]*mat32.Dense{x, x}, o, r); err == nil {
				t.Errorf("%s: %v", m.Name, v)
			}
		}
	}
}

// served returns what a worker with the function f answers to q.
func served(t *testing.T, f wire.Func, q wire.Request) *wire.Reply {
	t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := wire.Serve(context.Background(), bytes.NewReader(append(b, '\n')), &out, wire.Hello{}, func(string) wire.Func { return f }); err != nil {
		t.Fatal(err)
	}
	_, answer, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	var r wire.Reply
	if err := json.Unmarshal(answer, &r); err != nil || r.Error != "" {
		t.Fatal(err, r.Error)
	}
	return &r
}
