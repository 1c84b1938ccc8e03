package kinds

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// must returns what was computed.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Rings have so many classes of so many rows each.
const (
	Classes = 4
	Each    = 30
	rows    = Classes * Each
)

var names = []string{"north", "east", "south", "west"}

// stripes are images that differ from row to row.
type stripes struct{}

func (stripes) Image(i int) image.Image {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for k := range m.Pix {
		m.Pix[k] = uint8(17 * ((k/8 + i) % 16))
	}
	return m
}

// Rings returns a map of four rings apart from each other, their rows by class, and what is known of the rows.
func Rings() (*mat.Dense, viz.Points) {
	y := mat.NewDense(rows, 2, nil)
	p := viz.Points{Labels: make([]int, rows), Names: names, Images: stripes{}, Text: make([]string, rows)}
	for i := range rows {
		class, angle := i/Each, 2*math.Pi*float64(i%Each)/Each
		y.Set(i, 0, 4*float64(class%2)+math.Cos(angle))
		y.Set(i, 1, 4*float64(class/2)+math.Sin(angle))
		p.Labels[i] = class
		p.Text[i] = fmt.Sprintf("point <%d> & more", i)
	}
	return y, p
}

// RingsByHeight returns the rings, coloured by a number.
func RingsByHeight() *viz.Chart {
	y, p := Rings()
	p.Values = make([]float64, rows)
	for i := range p.Values {
		p.Values[i] = float64(i) / 10
	}
	p.ValueName = "height"
	return viz.Scatter(y, p)
}

// wave is a number in [−1, 1] that looks random and is the same on every machine.
func wave(i int) float64 {
	return math.Sin(12.9898*float64(i)+4.1414*float64(i*i%97)) * math.Cos(78.233*float64(i%31))
}

// dimensions are those of a noisy surface, by a curve and by estimators that look at one scale.
func dimensions() *viz.Chart {
	var all []measure.Dimension
	for i := range 6 {
		all = append(all, measure.Dimension{Method: "Gride", Value: 2 + 3*math.Exp(-float64(i)), StdErr: .2 / float64(1+i), Scale: .02 * math.Exp2(float64(i)/2)})
	}
	for i, name := range []string{"TwoNN", "MLE", "TLE", "MOM", "ESS", "FisherS"} {
		all = append(all, measure.Dimension{Method: name, Value: 2.1 + 3*math.Exp(-float64(i)/1.5), StdErr: .15 / float64(1+i), Scale: .02 * math.Exp2(float64(i)*.7)})
	}
	return viz.Dimensions(all...).Rules(viz.Rule{Name: "true dimension", At: 2}).Titled("How many dimensions?")
}

// estimates are dimensions with bands over neighbours on a logarithmic axis, and the truth.
func estimates() *viz.Chart {
	var series []viz.Series
	for s, name := range []string{"TwoNN", "MLE", "correlation dimension"} {
		e := viz.Series{Name: name, Dashed: s == 2}
		for i, k := range []float64{2, 3, 5, 8, 13, 21, 34, 55, 89, 144} {
			v := 2 + 0.5*float64(s)*math.Exp(-float64(i)/3) - 0.06*float64(s*i) + 0.05*wave(17*s+i)
			e.X, e.Y = append(e.X, k), append(e.Y, v)
			e.Low, e.High = append(e.Low, v-0.35/math.Sqrt(float64(i+1))), append(e.High, v+0.35/math.Sqrt(float64(i+1)))
		}
		if s == 2 {
			e.Low, e.High = nil, nil
		}
		series = append(series, e)
	}
	return viz.Lines(series...).
		Axes(viz.Axis{Name: "neighbours", Log: true}, viz.Axis{Name: "estimated dimension"}).
		Rules(viz.Rule{Name: "true dimension", At: 2}, viz.Rule{Name: "default", At: 15, Vertical: true}).
		Titled("The dimension of the Swiss roll")
}

// losses is a long series on a logarithmic y axis.
func losses() *viz.Chart {
	series := []viz.Series{{Name: "training"}, {Name: "validation"}}
	for i := range 4000 {
		base := math.Exp(-float64(i) / 500)
		series[0].Y = append(series[0].Y, 0.0004+base*(1+0.3*wave(i)))
		series[1].Y = append(series[1].Y, 0.004+base*(1+0.3*wave(i+7)))
	}
	return viz.Lines(series...).Axes(viz.Axis{Name: "epoch"}, viz.Axis{Name: "loss", Log: true}).Titled("Two losses")
}

func trust() *viz.Chart {
	return viz.Bars(viz.Groups{Names: []string{"PCA", "Isomap", "t-SNE", "UMAP"}},
		viz.Series{Name: "trustworthiness", Y: []float64{0.83, 0.89, 0.98, 0.96}, Low: []float64{0.82, 0.87, 0.975, 0.95}, High: []float64{0.84, 0.91, 0.985, 0.97}},
		viz.Series{Name: "continuity", Y: []float64{0.95, 0.94, 0.96, 0.97}, Low: []float64{0.94, 0.92, 0.95, 0.96}, High: []float64{0.96, 0.96, 0.97, 0.98}},
	).Axes(viz.Axis{}, viz.Axis{Name: "score at k = 15"}).Titled("Did the picture keep the structure?")
}

func times() *viz.Chart {
	return viz.Bars(viz.Groups{Names: []string{"spectral embedding", "locally linear embedding", "Isomap", "t-SNE", "UMAP", "PCA"}, Horizontal: true},
		viz.Series{Y: []float64{-0.42, 3.25, 12.5, 8, 2.75, 0.031}},
	).Axes(viz.Axis{Name: "gain (s)"}, viz.Axis{}).Titled("Named bars")
}

func correlations() *viz.Chart {
	const n = 8
	names := []string{"sepal length", "sepal width", "petal length", "petal width", "area", "hue", "weight", "age"}
	x := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			x.Set(i, j, math.Cos(float64(i-j))*math.Exp(-math.Abs(float64(i-j))/5))
		}
	}
	return viz.Heatmap(x, viz.Cells{Rows: names, Columns: names, Name: "correlation"}).Titled("Correlations")
}

// distances are those of n points on a curve, with a fourfold order.
func distances(n int) *viz.Chart {
	x := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			s := 1.3 * float64(i/(n/4)-j/(n/4))
			x.Set(i, j, math.Hypot(s, 0.7*math.Sin(float64(i*7%n))-0.7*math.Sin(float64(j*7%n)))+0.05*math.Abs(wave(i*j)))
		}
	}
	return viz.Heatmap(x, viz.Cells{Name: "distance", Down: "row", Across: "row"}).Titled("Distances, rows in order of class")
}

func table() *viz.Chart {
	x := mat.NewDense(3, 10, nil)
	for i := range 3 {
		for j := range 10 {
			x.Set(i, j, math.Round(40+30*wave(i*10+j)))
		}
	}
	return viz.Heatmap(x, viz.Cells{Rows: []string{"k-means", "spectral", "Ward"}, Name: "digits", Across: "class", Down: "clustering"}).Titled("Counts")
}

func several() *viz.Chart {
	d := datasets.Iris()
	n, _ := d.X.Dims()
	var charts []*viz.Chart
	for _, c := range [][2]int{{0, 1}, {0, 2}, {2, 3}, {1, 3}, {0, 3}, {1, 2}} {
		y := mat.NewDense(n, 2, nil)
		for i := range n {
			y.Set(i, 0, d.X.At(i, c[0]))
			y.Set(i, 1, d.X.At(i, c[1]))
		}
		charts = append(charts, viz.Scatter(y, viz.Points{Labels: d.Labels, Names: d.Names}).Titled(fmt.Sprintf("columns %d and %d", c[0], c[1])))
	}
	return viz.Grid(viz.Panels{}, charts...).Titled("Six views of the irises")
}

func severalLines() *viz.Chart {
	var charts []*viz.Chart
	for c, name := range []string{"Swiss roll", "torus", "sphere", "noise"} {
		var series []viz.Series
		for s, method := range []string{"TwoNN", "MLE"} {
			e := viz.Series{Name: method}
			for i := range 12 {
				v := 2 + float64(c)/2 + 0.3*float64(s) - 0.04*float64(i) + 0.08*wave(c*31+s*7+i)
				e.X, e.Y = append(e.X, float64(5*(i+1))), append(e.Y, v)
				e.Low, e.High = append(e.Low, v-0.2), append(e.High, v+0.2)
			}
			series = append(series, e)
		}
		charts = append(charts, viz.Lines(series...).Axes(viz.Axis{Name: "neighbours"}, viz.Axis{Name: "dimension"}).Rules(viz.Rule{At: 2}).Titled(name))
	}
	return viz.Grid(viz.Panels{}, charts...).Titled("Four data sets")
}

func mixed() *viz.Chart {
	y, p := Rings()
	return viz.Grid(viz.Panels{Columns: 2},
		viz.Scatter(y, p).Titled("map"),
		distances(60).Titled("distances"),
		estimates().Titled("dimension"),
		trust().Titled("scores"),
	).Titled("One story, four pictures")
}

func pictures() *viz.Chart {
	d := datasets.Digits()
	rows, captions := make([]int, 30), make([]string, 30)
	for i := range rows {
		rows[i] = 3 * i
		captions[i] = d.Names[d.Labels[3*i]]
	}
	return viz.Images(d, rows, viz.Frames{Captions: captions, Columns: 10, Of: "every third of the handwritten digits"}).Titled("Thirty digits")
}

// circle is the persistent homology of points around one.
func circle() *topology.Persistence {
	const n = 120
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		angle, radius := 2*math.Pi*float64(i)/n+0.3*wave(i), 1+0.12*wave(3*i+1)
		x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	return must(topology.Rips{}.Compute(context.Background(), x))
}

// karate is the curvature of a network of friends.
func karate() *viz.Chart {
	k := datasets.Karate()
	g := must(affinity.FromEdges(k.Nodes, k.Edges, k.Weights))
	c := must(geometry.OllivierRicci{}.Edges(context.Background(), g))
	y := must(hyperbolic.MDS{}.Embed(context.Background(), g))
	return viz.Network(y, viz.Links{Edges: c.Edges, Values: c.Values, ValueName: "curvature", Nodes: viz.Points{Labels: k.Labels, Names: k.Names}})
}

// tree is one whose branches end near the rim.
func tree() *viz.Chart {
	b := must(datasets.BalancedTree.Graph(2, 5))
	g := must(affinity.FromEdges(b.Nodes, b.Edges, b.Weights))
	e := must(hyperbolic.Sarkar{Scale: 1}.Embed(context.Background(), g))
	return viz.Network(e, viz.Links{Edges: e.Edges, Disk: true, Nodes: viz.Points{Values: e.Radii(), ValueName: "radius"}})
}

// friends are the neighbours of irises under the map of their petals.
func friends() *viz.Chart {
	d := datasets.Iris()
	g := must(neighbors.Exact{Neighbors: 8}.Graph(context.Background(), d.X))
	return viz.Connectivity(petals(d), g, viz.Points{Labels: d.Labels, Names: d.Names}).Titled("Neighbours among irises")
}

// petals are the last two columns of the irises.
func petals(d *datasets.Dataset) *mat.Dense {
	n, _ := d.X.Dims()
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		y.SetRow(i, []float64{d.X.At(i, 2), d.X.At(i, 3)})
	}
	return y
}

// clusters are those of the irises.
func clusters() *viz.Chart {
	tree := must(topology.SingleLinkage{}.Fit(context.Background(), datasets.Iris().X))
	return viz.Dendrogram(tree, viz.Branches{}).Titled("Clusters of irises")
}

// ordered are distances of towns on a line that come in no order.
func ordered() *viz.Chart {
	const n = 24
	names, x := make([]string, n), mat.NewDense(n, n, nil)
	at := func(i int) float64 { k := i * 7 % n; return float64(k) + 6*float64(k/6) }
	for i := range n {
		names[i] = fmt.Sprint("town ", i)
		for j := range n {
			x.Set(i, j, math.Abs(at(i)-at(j)))
		}
	}
	return viz.Ordered(x, viz.Cells{Rows: names, Columns: names, Name: "distance"}).Titled("Towns on a line")
}
