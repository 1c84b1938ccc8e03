package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ring returns n features on a circle in the plane.
func ring(n int) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		x.SetRow(i, []float64{math.Cos(a), math.Sin(a)})
	}
	return x
}

// The polytopes of the source, of any size, turned into more dimensions than there are
// features and beside a feature of its own.
func TestDimensionalityOfPolytopes(t *testing.T) {
	antiprism := mat.NewDense(8, 3, nil)
	for i := range 8 {
		a, z := math.Pi*float64(i)/4, math.Sqrt(.5)
		if i%2 == 1 {
			z = -z
		}
		antiprism.SetRow(i, []float64{math.Cos(a), math.Sin(a), z})
	}
	for _, c := range []struct {
		name string
		w    *mat.Dense
		want float64
	}{
		{"alone", mat.NewDense(1, 1, []float64{3}), 1},
		{"pair", mat.NewDense(2, 1, []float64{1, -1}), 1. / 2},
		{"triangle", ring(3), 2. / 3},
		{"pentagon", ring(5), 2. / 5},
		{"tetrahedron", mat.NewDense(4, 3, []float64{1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1}), 3. / 4},
		{"square antiprism", antiprism, 3. / 8},
	} {
		n, d := c.w.Dims()
		beside := mat.NewDense(n+2, d+1, nil) // and one that is not there
		beside.Slice(0, n, 0, d).(*mat.Dense).Copy(c.w)
		beside.Set(n, d, 5)
		for _, w := range []*mat.Dense{beside, turnedInto(beside, d+20)} {
			got, err := geometry.FeatureDimensionality(context.Background(), w)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range got.PerRow {
				want := c.want
				switch i {
				case n:
					want = 1
				case n + 1:
					want = 0
				}
				if math.Abs(v-want) > 1e-14 {
					t.Errorf("%s: feature %d has %v, want %v", c.name, i, v, want)
				}
			}
			if len(got.Notes) != 1 {
				t.Errorf("%s: notes %v", c.name, got.Notes)
			}
		}
	}
}

func TestParallelograms(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(7, 2, []float64{0, 0, 1, 0, 0, 5, 1, 5, 0, 6, -1, 0, 0, 0})
	got, err := geometry.ParallelogramScore(ctx, x, [][4]int{{0, 1, 2, 3}, {0, 1, 2, 4}, {0, 1, 0, 5}, {0, 6, 0, 6}, {0, 1, 0, 6}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, math.Sqrt2, 2, math.NaN(), math.Sqrt2} {
		if v := got.PerRow[i]; !(math.Abs(v-want) < 1e-15) && !(math.IsNaN(v) && math.IsNaN(want)) {
			t.Errorf("quad %d: %v, want %v", i, v, want)
		}
	}
	if got.Rows != 4 || len(got.Notes) != 1 || math.Abs(got.Value-(2+2*math.Sqrt2)/4) > 1e-15 {
		t.Errorf("%v", got)
	}
	var param *mat32.ParamError
	for _, quads := range [][][4]int{nil, {{0, 1, 2, 7}}, {{-1, 0, 0, 0}}} {
		if _, err := geometry.ParallelogramScore(ctx, x, quads); !errors.As(err, &param) || param.Param != "quads" {
			t.Errorf("%v: %v", quads, err)
		}
	}
}

func TestProjectOut(t *testing.T) {
	ctx := context.Background()
	x, along := fixture.Normal(1, 30, 6), fixture.Normal(2, 3, 6)
	for j := range 6 { // the third is made of the others
		along.Set(2, j, along.At(0, j)-2*along.At(1, j))
	}
	left, err := geometry.ProjectOut(ctx, x, along)
	if err != nil {
		t.Fatal(err)
	}
	var inner, taken mat.Dense
	inner.Mul(left, along.T())
	if most := mat.Norm(&inner, math.Inf(1)); most > 1e-13 {
		t.Errorf("%v is left along the directions", most)
	}
	taken.Sub(x, left) // lies in their span: two directions
	var svd mat.SVD
	if !svd.Factorize(&taken, mat.SVDNone) || svd.Values(nil)[2] > 1e-13 || svd.Values(nil)[1] < 1 {
		t.Errorf("more or less than a plane was taken: %v", svd.Values(nil))
	}
	var shape *mat32.ShapeError
	if _, err := geometry.ProjectOut(ctx, x, fixture.Normal(1, 1, 5)); !errors.As(err, &shape) {
		t.Errorf("columns: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := geometry.ProjectOut(ctx, x, mat.NewDense(2, 6, nil)); !errors.As(err, &degenerate) {
		t.Errorf("no direction: %v", err)
	}
}

// Rows are white under the product: their covariance is the unit matrix, of as many
// directions as they span.
func TestCausalInnerWhitens(t *testing.T) {
	ctx := context.Background()
	var flat mat.Dense
	flat.Mul(fixture.Normal(1, 60, 3), fixture.Normal(2, 3, 8))
	for _, x := range []*mat.Dense{fixture.Normal(3, 60, 8), fixture.Normal(4, 6, 8), &flat} {
		p, err := geometry.CausalInner(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		white, err := p.Whiten(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		n, rank := white.Dims()
		if want := map[int]int{60: 8, 6: 5}[n]; x != &flat && rank != want || x == &flat && rank != 3 || (rank < 8) != (len(p.Notes) > 0) {
			t.Errorf("%d rows: rank %d, notes %v", n, rank, p.Notes)
		}
		sums := make([]float64, rank)
		for i := range n {
			for k, v := range white.RawRowView(i) {
				sums[k] += v / float64(n)
			}
		}
		for k := range rank {
			for l := range rank {
				cov, want := 0., 0.
				for i := range n {
					cov += (white.At(i, k) - sums[k]) * (white.At(i, l) - sums[l]) / float64(n-1)
				}
				if k == l {
					want = 1
				}
				if math.Abs(cov-want) > 1e-10 {
					t.Errorf("%d rows: covariance %d, %d is %v", n, k, l, cov)
				}
			}
		}
	}
}

// vocabulary returns rows of which a third are without and a third with a concept, in pairs,
// in a space of skewed scales, and the pairs.
func vocabulary(seed uint64) (x *mat.Dense, pairs [][2]int, concept []float64) {
	const n, d = 900, 10
	x = fixture.Normal(seed, n, d)
	concept = mat.Row(nil, 0, fixture.Normal(seed+1, 1, d))
	noise := fixture.Normal(seed+2, n, d)
	for i := range n / 3 {
		pairs = append(pairs, [2]int{i, i + n/3})
		for j := range d {
			x.Set(i+n/3, j, x.At(i, j)+concept[j]+.3*noise.At(i, j))
		}
	}
	skew := fixture.Normal(seed+3, d, d)
	for j := range d {
		for i := range d {
			skew.Set(i, j, skew.At(i, j)*math.Pow(2, float64(j)))
		}
	}
	var y mat.Dense
	y.Mul(x, skew)
	var turned mat.Dense
	turned.Mul(mat.NewDense(1, d, concept), skew)
	return &y, pairs, turned.RawRowView(0)
}

// Leaving pairs out tells a concept from pairs at random, and the direction is that which
// was planted.
func TestConceptDirections(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(5) {
		x, pairs, planted := vocabulary(10*seed + 1)
		inner, err := geometry.CausalInner(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		s := rng.New(seed, "pairs", 0)
		var random [][2]int
		for range pairs {
			random = append(random, [2]int{s.IntN(900), s.IntN(900)})
		}
		for _, product := range []*geometry.InnerProduct{nil, inner} {
			found, err := geometry.ConceptDirection{Pairs: pairs, Inner: product}.Compute(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			none, err := geometry.ConceptDirection{Pairs: random, Inner: product}.Compute(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if found.LeaveOneOut.Value < .8 || math.Abs(none.LeaveOneOut.Value) > .25 {
				t.Errorf("seed %d: %.3f of the concept, %.3f at random", seed, found.LeaveOneOut.Value, none.LeaveOneOut.Value)
			}
			chance := slices.Sorted(slices.Values(none.LeaveOneOut.PerRow))[285] // of 300
			above := 0
			for _, v := range found.LeaveOneOut.PerRow {
				if v > chance {
					above++
				}
			}
			// In space, the few directions of most variance make random pairs alike.
			if product != nil && above < 240 {
				t.Errorf("seed %d: %d of 300 pairs of the concept are above 95 %% of those at random", seed, above)
			}
			v, p := mat.NewVecDense(10, found.Vector), mat.NewVecDense(10, planted)
			if cosine := mat.Dot(v, p) / mat.Norm(v, 2) / mat.Norm(p, 2); cosine < .99 {
				t.Errorf("seed %d: the direction found is %.4f of the one planted", seed, cosine)
			}
			length := mat.Norm(v, 2)
			if product != nil {
				white, err := product.Whiten(ctx, v.T())
				if err != nil {
					t.Fatal(err)
				}
				length = mat.Norm(white, 2)
			}
			if math.Abs(length-1) > 1e-10 {
				t.Errorf("seed %d: length %v", seed, length)
			}
		}
	}
	x, _, _ := vocabulary(1)
	var param *mat32.ParamError
	short, _ := geometry.CausalInner(ctx, fixture.Normal(1, 9, 3))
	for _, c := range []geometry.ConceptDirection{{}, {Pairs: [][2]int{{0, 1}}}, {Pairs: [][2]int{{0, 1}, {0, 900}}}, {Pairs: [][2]int{{0, 1}, {1, 2}}, Inner: short}} {
		if _, err := c.Compute(ctx, x); !errors.As(err, &param) {
			t.Errorf("%v: %v", c.Pairs, err)
		}
	}
	var degenerate *mat32.DegenerateError
	for _, pairs := range [][][2]int{{{0, 0}, {1, 1}}, {{0, 1}, {1, 0}}} {
		if _, err := (geometry.ConceptDirection{Pairs: pairs}).Compute(ctx, x); !errors.As(err, &degenerate) {
			t.Errorf("%v: %v", pairs, err)
		}
	}
}

// Rows of low rank have as many active directions; atoms at random lie mostly outside, and
// none of a projected one does.
func TestActiveSubspace(t *testing.T) {
	ctx := context.Background()
	var low mat.Dense
	low.Mul(fixture.Normal(1, 200, 6), fixture.Normal(2, 6, 40))
	for _, c := range []struct {
		x          *mat.Dense
		most, dead int
	}{{&low, 6, 34}, {fixture.Normal(3, 200, 40), 40, 0}, {fixture.Normal(4, 10, 40), 9, 31}} {
		a, err := geometry.ActiveSubspace{Share: 1}.Compute(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		if k, _ := a.Directions.Dims(); k != c.most || a.Dead != c.dead || a.Share != 1 || a.EffectiveRank > float64(c.most)+1e-9 {
			t.Errorf("%v, want %d active and %d dead", a, c.most, c.dead)
		}
	}
	a, err := geometry.ActiveSubspace{}.Compute(ctx, &low)
	if err != nil {
		t.Fatal(err)
	}
	k, _ := a.Directions.Dims()
	atoms := fixture.Normal(5, 300, 40)
	inside, err := a.Inside(ctx, atoms)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.
	for _, v := range inside {
		mean += v / 300
	}
	if math.Abs(mean-float64(k)/40) > .02 {
		t.Errorf("of atoms at random %v lies inside, want about %v", mean, float64(k)/40)
	}
	begun, err := a.Project(ctx, atoms)
	if err != nil {
		t.Fatal(err)
	}
	if inside, err = a.Inside(ctx, begun); err != nil {
		t.Fatal(err)
	}
	for i, v := range inside {
		if math.Abs(v-1) > 1e-12 {
			t.Errorf("of atom %d that began inside %v is", i, v)
		}
	}
	var shape *mat32.ShapeError
	if _, err := a.Inside(ctx, fixture.Normal(1, 3, 39)); !errors.As(err, &shape) {
		t.Errorf("columns: %v", err)
	}
	var param *mat32.ParamError
	if _, err := (geometry.ActiveSubspace{Share: 1.1}).Compute(ctx, &low); !errors.As(err, &param) {
		t.Errorf("share: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (geometry.ActiveSubspace{MemoryLimit: 1}).Compute(ctx, &low); !errors.As(err, &memory) {
		t.Errorf("a byte: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.ActiveSubspace{}).Compute(ctx, mat.NewDense(5, 3, nil)); !errors.As(err, &degenerate) {
		t.Errorf("zeros: %v", err)
	}
}

func TestDeadFeatures(t *testing.T) {
	codes := mat.NewDense(3, 4, []float64{0, .1, 0, 2, 0, 0, -3, 0, 0, .2, 0, 0})
	for threshold, want := range map[float64]float64{0: .25, .15: .25, .2: .5, 2: .75, 3: 1} {
		got, err := geometry.DeadFeatures(context.Background(), codes, threshold)
		if err != nil || got.Value != want {
			t.Errorf("above %v: %v, %v, want %v", threshold, got.Value, err, want)
		}
	}
	var param *mat32.ParamError
	if _, err := geometry.DeadFeatures(context.Background(), codes, math.NaN()); !errors.As(err, &param) {
		t.Errorf("NaN: %v", err)
	}
}

func ExampleFeatureDimensionality() {
	s, _ := geometry.FeatureDimensionality(context.Background(), ring(5))
	fmt.Printf("%.4f\n", s.PerRow)
	// Output: [0.4000 0.4000 0.4000 0.4000 0.4000]
}

func ExampleParallelogramScore() {
	x := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 0, 5, 1, 5.1})
	s, _ := geometry.ParallelogramScore(context.Background(), x, [][4]int{{0, 1, 2, 3}})
	fmt.Println(s)
	// Output:
	// parallelogram error  0.09975
	//   rows        1
	//   convention  mean of |(b−a) − (d−c)| over the root mean square of both; 0 is a
	//               parallelogram
}

func ExampleProjectOut() {
	x := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	left, _ := geometry.ProjectOut(context.Background(), x, mat.NewDense(1, 3, []float64{0, 0, 2}))
	fmt.Println(mat.Formatted(left))
	// Output:
	// ⎡1  2  0⎤
	// ⎣4  5  0⎦
}

func ExampleCausalInner() {
	x, _, _ := vocabulary(1)
	p, _ := geometry.CausalInner(context.Background(), x)
	axes := mat.NewDense(2, 10, nil)
	axes.Set(0, 0, 1)
	axes.Set(1, 1, 1)
	c, _ := p.Cosines(context.Background(), axes)
	fmt.Printf("%.3f\n", mat.Formatted(c))
	// Output:
	// ⎡ 1.000  -0.094⎤
	// ⎣-0.094   1.000⎦
}

func ExampleConceptDirection() {
	x, pairs, _ := vocabulary(1)
	d, _ := geometry.ConceptDirection{Pairs: pairs}.Compute(context.Background(), x)
	fmt.Println(d)
	// Output:
	// concept consistency  0.8614
	//   rows        300
	//   convention  mean cosine of a pair's difference and the sum of the others; 1 is one
	//               direction, 0 is none
}

func ExampleActiveSubspace() {
	var low mat.Dense
	low.Mul(fixture.Normal(1, 200, 6), fixture.Normal(2, 6, 40))
	a, _ := geometry.ActiveSubspace{}.Compute(context.Background(), &low)
	fmt.Println(a)
	// Output:
	// 6 of 40 directions (15 %) carry 1 of the variance; effective rank 5.551; 34 are dead
}

func ExampleDeadFeatures() {
	codes := mat.NewDense(3, 4, []float64{0, .1, 0, 2, 0, 0, -3, 0, 0, .2, 0, 0})
	s, _ := geometry.DeadFeatures(context.Background(), codes, 0)
	fmt.Println(s)
	// Output:
	// dead features  0.2500
	//   rows        3
	//   convention  share of columns never above 0 in magnitude; 0 is best
}
