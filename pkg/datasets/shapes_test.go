package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
)

func TestSCurveForm(t *testing.T) {
	const n = 5000
	d := generate(t, datasets.SCurve{Rows: n})
	for i := range n {
		x, y, z := d.X.At(i, 0), d.X.At(i, 1), d.X.At(i, 2)
		along, height := d.Truth.Latent.At(i, 0), d.Truth.Latent.At(i, 1)
		// Circles of radius 1 around (0, ∓1), joined at the origin.
		middle := math.Copysign(1, -along)
		if math.Abs(math.Hypot(x, z-middle)-1) > 1e-12 || y != height {
			t.Fatalf("row %d, (%v, %v, %v), is not on the letter", i, x, y, z)
		}
		// Along a circle the length is the angle.
		if angle := math.Atan2(x, math.Abs(middle-z)*math.Copysign(1, (middle-z)*middle)); math.Abs(math.Remainder(angle-along, 2*math.Pi)) > 1e-12 {
			t.Fatalf("row %d is %v along the letter, its coordinate %v", i, angle, along)
		}
	}
	uniform(t, "the arc length", mat.Col(nil, 0, d.Truth.Latent), -1.5*math.Pi, 1.5*math.Pi)
	uniform(t, "the height", mat.Col(nil, 1, d.X), 0, 2)
}

// Neighbours in arc length are as far apart in space: nothing is stretched.
func TestSCurveKeepsShortDistances(t *testing.T) {
	d := generate(t, datasets.SCurve{Rows: 2000})
	checked := 0
	for i := range 2000 {
		for j := range i {
			if g := d.Truth.Geodesic(i, j); g < 0.05 {
				straight := floats.Distance(d.X.RawRowView(i), d.X.RawRowView(j), 2)
				if math.Abs(straight/g-1) > g*g/20 { // a chord of a circle of radius 1
					t.Fatalf("rows %d and %d: geodesic %v, straight %v", i, j, g, straight)
				}
				checked++
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d pairs are near each other", checked)
	}
}

func TestTorusForm(t *testing.T) {
	const n, big, small = 20_000, 3.0, 2.0
	ring := generate(t, datasets.Torus{Rows: n, Radius: big, Tube: small})
	flat := generate(t, datasets.Torus{Rows: n, Radius: big, Tube: small, Flat: true})
	var cos, cos2 float64
	for i := range n {
		x, y, z := ring.X.At(i, 0), ring.X.At(i, 1), ring.X.At(i, 2)
		if off := math.Hypot(math.Hypot(x, y)-big, z) - small; math.Abs(off) > 1e-12 {
			t.Fatalf("row %d is %v off the ring", i, off)
		}
		u, v := ring.Truth.Latent.At(i, 0), ring.Truth.Latent.At(i, 1)
		if math.Abs(math.Remainder(math.Atan2(y, x)-u, 2*math.Pi)) > 1e-12 || math.Abs(small*math.Sin(v)-z) > 1e-12 {
			t.Fatalf("row %d has the angles %v and %v", i, u, v)
		}
		cos += math.Cos(v) / n
		cos2 += math.Cos(2*v) / n
		row := flat.X.RawRowView(i)
		if math.Abs(math.Hypot(row[0], row[1])-big) > 1e-12 || math.Abs(math.Hypot(row[2], row[3])-small) > 1e-12 {
			t.Fatalf("row %d, %v, is not on the flat torus", i, row)
		}
	}
	// By area v has the density (1 + (r/R) cos v)/2π.
	if want := small / (2 * big); math.Abs(cos-want) > 5*math.Sqrt(0.5/n) || math.Abs(cos2) > 5*math.Sqrt(0.5/n) {
		t.Errorf("cos v and cos 2v have the means %v and %v, want %v and 0", cos, cos2, want)
	}
	uniform(t, "u", mat.Col(nil, 0, ring.Truth.Latent), 0, 2*math.Pi)
	uniform(t, "flat u", mat.Col(nil, 0, flat.Truth.Latent), 0, 2*math.Pi)
	uniform(t, "flat v", mat.Col(nil, 1, flat.Truth.Latent), 0, 2*math.Pi)
	if ring.Truth.Geodesic != nil || ring.Name != "torus" || flat.Name != "flat torus" {
		t.Error("the ring has no geodesics to give")
	}
}

// The shortest of the straight lines to all images of a point in the plane that
// the flat torus unrolls to.
func TestFlatTorusGeodesic(t *testing.T) {
	d := generate(t, datasets.Torus{Rows: 150, Radius: 3, Tube: 0.5, Flat: true})
	across := 0
	for i := range 150 {
		for j := range i {
			a, b := d.Truth.Latent.RawRowView(i), d.Truth.Latent.RawRowView(j)
			want, home := math.Inf(1), 0.
			for p := -1.; p <= 1; p++ {
				for q := -1.; q <= 1; q++ {
					line := math.Hypot(3*(a[0]-b[0]+2*math.Pi*p), 0.5*(a[1]-b[1]+2*math.Pi*q))
					want = min(want, line)
					if p == 0 && q == 0 {
						home = line
					}
				}
			}
			if got := d.Truth.Geodesic(i, j); math.Abs(got-want) > 1e-12 {
				t.Fatalf("rows %d and %d are %v apart, want %v", i, j, got, want)
			}
			if want < home {
				across++
			}
		}
	}
	if across < 1000 {
		t.Errorf("only %d paths go across a side", across)
	}
}

func TestMoebiusForm(t *testing.T) {
	testenv.Unraced(t)
	const n, width = 20_000, 1.5
	for _, half := range []int{1, 2, 10} {
		d := generate(t, datasets.Moebius{Rows: n, HalfTwists: half, Width: width})
		var square, along float64
		for i := range n {
			phi, s := d.Truth.Latent.At(i, 0), d.Truth.Latent.At(i, 1)
			turn := float64(half) * phi / 2
			x, y, z := d.X.At(i, 0), d.X.At(i, 1), d.X.At(i, 2)
			// In the half plane of the angle φ: s from the middle, turned by hφ/2.
			if math.Abs(x*math.Cos(phi)+y*math.Sin(phi)-1-s*math.Cos(turn)) > 1e-12 ||
				math.Abs(y*math.Cos(phi)-x*math.Sin(phi)) > 1e-12 || math.Abs(z-s*math.Sin(turn)) > 1e-12 ||
				math.Abs(s) > width/2 || phi < 0 || phi >= 2*math.Pi {
				t.Fatalf("row %d, φ = %v, s = %v, is not on the band", i, phi, s)
			}
			square += s * s / n
			along += s * math.Cos(turn) / n
		}
		// The same means over the area, by the midpoint rule on a grid.
		const steps = 400
		var area, wantSquare, wantAlong, fourth float64
		for p := range steps {
			turn := float64(half) * math.Pi * (float64(p) + 0.5) / steps
			for q := range steps {
				s := width * ((float64(q)+0.5)/steps - 0.5)
				a := math.Sqrt(math.Pow(1+s*math.Cos(turn), 2) + float64(half*half)/4*s*s)
				area += a
				wantSquare += a * s * s
				wantAlong += a * s * math.Cos(turn)
				fourth += a * s * s * s * s
			}
		}
		wantSquare, wantAlong, fourth = wantSquare/area, wantAlong/area, fourth/area
		if math.Abs(square-wantSquare) > 5*math.Sqrt((fourth-wantSquare*wantSquare)/n) {
			t.Errorf("%d half twists: mean square of s %v, over the area %v", half, square, wantSquare)
		}
		if math.Abs(along-wantAlong) > 5*math.Sqrt(wantSquare/n) {
			t.Errorf("%d half twists: mean of s cos ½hφ %v, over the area %v", half, along, wantAlong)
		}
	}
}

// Path lengths on the tree, taken from the rows alone: branches are lines through
// rows of one label, which begin on other such lines, and lengths are those of
// shortest paths in the graph of rows and forks.
func TestTreeGeodesic(t *testing.T) {
	const n, branches = 90, 6
	d := generate(t, datasets.Tree{Rows: n, Branches: branches, Dim: 7, Length: 2, Seed: 8})
	type node struct {
		place  []float64
		branch int
		along  float64
	}
	var nodes []node
	first := make([]int, branches) // a row of every branch
	last := make([]int, branches)  // and another
	for i := n - 1; i >= 0; i-- {
		first[d.Labels[i]] = i
	}
	for i := range n {
		last[d.Labels[i]] = i
		nodes = append(nodes, node{d.X.RawRowView(i), d.Labels[i], d.Truth.Latent.At(i, 1)})
	}
	way := func(b int) []float64 {
		v := make([]float64, 7)
		floats.SubTo(v, d.X.RawRowView(last[b]), d.X.RawRowView(first[b]))
		floats.Scale(1/(d.Truth.Latent.At(last[b], 1)-d.Truth.Latent.At(first[b], 1)), v)
		if math.Abs(floats.Norm(v, 2)-1) > 1e-9 {
			t.Fatalf("branch %d is stretched %v times", b, floats.Norm(v, 2))
		}
		return v
	}
	start := func(b int) []float64 {
		v := slices.Clone(d.X.RawRowView(first[b]))
		floats.AddScaled(v, -d.Truth.Latent.At(first[b], 1), way(b))
		return v
	}
	// A fork is a node of two branches: the one that begins there, and the one it
	// begins on.
	edges := map[[2]int]float64{}
	for b := range branches {
		nodes = append(nodes, node{start(b), b, 0})
		if b == 0 {
			if floats.Norm(start(0), 2) > 1e-9 {
				t.Errorf("the root is at %v", start(0))
			}
			continue
		}
		homes := 0
		for p := range b {
			offset := start(b)
			floats.Sub(offset, start(p))
			along := floats.Dot(offset, way(p))
			floats.AddScaled(offset, -along, way(p))
			if floats.Norm(offset, 2) < 1e-9 && along >= 0 && along <= 2 {
				homes++
				edges[[2]int{len(nodes) - 1, len(nodes)}] = 0
				nodes = append(nodes, node{start(b), p, along})
			}
		}
		if homes != 1 {
			t.Fatalf("branch %d begins on %d branches", b, homes)
		}
	}
	m := len(nodes)
	length := make([][]float64, m)
	for i := range m {
		length[i] = make([]float64, m)
		for j := range m {
			_, fork := edges[[2]int{min(i, j), max(i, j)}]
			switch {
			case fork:
				length[i][j] = 0
			case nodes[i].branch == nodes[j].branch:
				length[i][j] = floats.Distance(nodes[i].place, nodes[j].place, 2)
			default:
				length[i][j] = math.Inf(1)
			}
		}
	}
	for k := range m { // Floyd and Warshall
		for i := range m {
			for j := range m {
				length[i][j] = min(length[i][j], length[i][k]+length[k][j])
			}
		}
	}
	longest := 0.
	for i := range n {
		for j := range n {
			if got := d.Truth.Geodesic(i, j); math.Abs(got-length[i][j]) > 1e-9 {
				t.Fatalf("rows %d and %d of branches %d and %d are %v apart, along the tree %v",
					i, j, d.Labels[i], d.Labels[j], got, length[i][j])
			}
			longest = max(longest, length[i][j])
		}
		if got, want := d.Truth.Latent.At(i, 0), length[i][n]; math.Abs(got-want) > 1e-9 {
			t.Errorf("row %d is %v from the root, want %v", i, got, want)
		}
	}
	if longest < 3 {
		t.Errorf("no path is longer than %v: the tree does not branch", longest)
	}
	// Branches are as full as each other, and evenly.
	big := generate(t, datasets.Tree{Rows: 5000, Length: 2})
	if c := counts(big.Labels, big.Names); slices.Min(c) != 500 || slices.Max(c) != 500 {
		t.Errorf("branches have %v rows", c)
	}
	uniform(t, "the distance along a branch", mat.Col(nil, 1, big.Truth.Latent), 0, 2)
}

func TestMammoth(t *testing.T) {
	testenv.Unraced(t)
	const n = 20_000
	d := generate(t, datasets.Mammoth{Rows: n})
	count := counts(d.Labels, d.Names)
	if len(d.Names) != 12 || slices.Min(count) < n/500 {
		t.Fatalf("parts %v have %v rows", d.Names, count)
	}
	for k, name := range d.Names {
		rest, left := strings.CutPrefix(name, "left ")
		if !left {
			continue
		}
		mirror := slices.Index(d.Names, "right "+rest)
		if mirror < 0 {
			t.Errorf("there is no right %s", rest)
			continue
		}
		if a, b := float64(count[k]), float64(count[mirror]); math.Abs(a-b) > 5*math.Sqrt(a+b) {
			t.Errorf("the left %s has %v rows, the right %v", rest, a, b)
		}
	}
	side := func(i int) float64 { return d.X.At(i, 1) }
	var mean, square float64
	for i := range n {
		if name := d.Names[d.Labels[i]]; strings.HasSuffix(name, "leg") && strings.HasPrefix(name, "left") != (side(i) > 0) {
			t.Errorf("row %d is of the %s, at y = %v", i, name, side(i))
		}
		mean += side(i) / n
		square += side(i) * side(i) / n
	}
	if math.Abs(mean) > 5*math.Sqrt(square/n) {
		t.Errorf("the animal leans: the mean of y is %v", mean)
	}
	for j, want := range [][2]float64{{-2.8, 4.2}, {-1.35, 1.35}, {-0.05, 4.2}} {
		v := mat.Col(nil, j, d.X)
		if lo, hi := slices.Min(v), slices.Max(v); lo < want[0] || hi > want[1] || hi-lo < 0.85*(want[1]-want[0]) {
			t.Errorf("%s is from %v to %v, want about %v", d.Features[j], lo, hi, want)
		}
	}
}

func rowsOf(d *datasets.Dataset, class int) *mat.Dense {
	var rows []int
	for i, l := range d.Labels {
		if l == class {
			rows = append(rows, i)
		}
	}
	return d.Select(rows).X
}

func TestGaussianMixtureMoments(t *testing.T) {
	const n = 40_000
	given := mat.NewSymDense(2, []float64{4, 1.2, 1.2, 1})
	for name, g := range map[string]datasets.GaussianMixture{
		"drawn": {Rows: n, Dim: 3, Classes: 2, Weights: []float64{1, 3}, Spread: 2, Condition: 25, Seed: 1},
		"given": {Rows: n, Weights: []float64{2, 1}, Centers: mat.NewDense(2, 2, []float64{5, 0, 0, 0}),
			Covariances: []mat.Symmetric{given, mat.NewDiagDense(2, []float64{1e-4, 9})}},
	} {
		d := generate(t, g)
		if sum := floats.Sum(d.Truth.Weights); math.Abs(sum-1) > 1e-15 {
			t.Errorf("%s: weights sum to %v", name, sum)
		}
		for k, share := range d.Truth.Weights {
			x, truth := rowsOf(d, k), d.Truth.Covariances[k]
			rows, dim := x.Dims()
			if got := float64(rows) / n; math.Abs(got-share) > 5*math.Sqrt(share*(1-share)/n) {
				t.Errorf("%s: class %d has %v of the rows, want %v", name, k, got, share)
			}
			var c mat.SymDense
			stat.CovarianceMatrix(&c, x, nil)
			for i := range dim {
				mean := stat.Mean(mat.Col(nil, i, x), nil)
				if want := d.Truth.Centers.At(k, i); math.Abs(mean-want) > 5*math.Sqrt(truth.At(i, i)/float64(rows)) {
					t.Errorf("%s: class %d, column %d: mean %v, want %v", name, k, i, mean, want)
				}
				for j := range i + 1 {
					want := truth.At(i, j)
					if se := math.Sqrt((truth.At(i, i)*truth.At(j, j) + want*want) / float64(rows)); math.Abs(c.At(i, j)-want) > 5*se {
						t.Errorf("%s: class %d: covariance %v of columns %d and %d, want %v", name, k, c.At(i, j), i, j, want)
					}
				}
			}
			if name == "drawn" {
				var e mat.EigenSym
				if !e.Factorize(truth, false) || !floats.EqualApprox(e.Values(nil), []float64{4. / 25, 4. / 5, 4}, 1e-12) {
					t.Errorf("class %d has the variances %v, want 4, 0.8, 0.16", k, e.Values(nil))
				}
			}
		}
		if name == "given" && (!mat.Equal(d.Truth.Covariances[0], given) || !mat.Equal(d.Truth.Centers, g.Centers)) {
			t.Errorf("what was given is not the truth")
		}
	}
	a := generate(t, datasets.GaussianMixture{Dim: 5}).Truth.Covariances
	if mat.EqualApprox(a[0], a[1], 1e-3) {
		t.Error("all classes have one covariance")
	}
}

// Sample eigenvalues are where random matrix theory says: spikes above the
// threshold at ℓ(1 + γ/(ℓ−1)), those below it within the noise, whose edges are
// (1 ± √γ)².
func TestSpikesStandWhereTheyShould(t *testing.T) {
	const n, dim, sigma = 2000, 200, 3.0
	const gamma = float64(dim) / n
	unit := sigma * sigma
	spikes := []float64{20 * unit, 6 * unit, 1.15 * unit} // the threshold is 1 + √γ = 1.32
	d := generate(t, datasets.SpikedCovariance{Rows: n, Dim: dim, Sigma: sigma, Spikes: spikes, Seed: 2})
	var s mat.SymDense
	s.SymOuterK(1./n, d.X.T())
	var e mat.EigenSym
	if !e.Factorize(&s, false) {
		t.Fatal("no eigenvalues")
	}
	values := e.Values(nil)
	slices.Reverse(values)
	for k, l := range []float64{20, 6} {
		want := l * (1 + gamma/(l-1)) * unit
		// Asymptotically normal, with variance 2ℓ²(1 − γ/(ℓ−1)²)/n (Paul, 2007).
		se := l * unit * math.Sqrt(2*(1-gamma/((l-1)*(l-1)))/n)
		if math.Abs(values[k]-want) > 4*se {
			t.Errorf("spike %v has the sample eigenvalue %v, want %v ± %v", l*unit, values[k], want, se)
		}
	}
	hi, lo := math.Pow(1+math.Sqrt(gamma), 2)*unit, math.Pow(1-math.Sqrt(gamma), 2)*unit
	if got := values[2]; math.Abs(got/hi-1) > 0.04 {
		t.Errorf("the noise ends at %v, want %v", got, hi)
	}
	if got := values[dim-1]; math.Abs(got/lo-1) > 0.06 {
		t.Errorf("the noise begins at %v, want %v", got, lo)
	}
	// The variance along each direction, and the truth about the spectrum.
	v := d.Truth.Bases[0]
	for k, l := range spikes {
		var z mat.VecDense
		z.MulVec(d.X, v.RowView(k))
		if got := mat.Dot(&z, &z) / n; math.Abs(got/l-1) > 5*math.Sqrt(2./n) {
			t.Errorf("variance %v along direction %d, want %v", got, k, l)
		}
		if d.Truth.Spectrum[k] != l {
			t.Errorf("eigenvalue %d is %v, want %v", k, d.Truth.Spectrum[k], l)
		}
	}
	if d.Truth.Dimension != 3 || len(d.Truth.Spectrum) != dim || d.Truth.Spectrum[3] != unit {
		t.Errorf("truth has dimension %d and the spectrum %v", d.Truth.Dimension, d.Truth.Spectrum)
	}
	orthonormal(t, "directions", v)
	for i := range 20 {
		straight := floats.Distance(d.Truth.Clean.RawRowView(i), d.Truth.Clean.RawRowView(i+1), 2)
		if got := d.Truth.Geodesic(i, i+1); math.Abs(got/straight-1) > 1e-12 {
			t.Errorf("rows %d and %d are %v apart, want %v", i, i+1, got, straight)
		}
	}
	none := generate(t, datasets.SpikedCovariance{Rows: 5, Dim: 4, Spikes: []float64{}})
	if none.Truth.Dimension != 0 || none.Truth.Clean != nil || len(none.Truth.Spectrum) != 4 {
		t.Errorf("noise alone has the truth %+v", none.Truth)
	}
}

func orthonormal(t *testing.T, what string, v *mat.Dense) {
	t.Helper()
	var gram mat.Dense
	gram.Mul(v, v.T())
	k, _ := v.Dims()
	for i := range k {
		gram.Set(i, i, gram.At(i, i)-1)
	}
	if worst := mat.Norm(&gram, 1); worst > 1e-12 {
		t.Errorf("%s are %v from orthonormal", what, worst)
	}
}

// Where there is room subspaces are orthogonal, and rows lie in theirs but for the noise.
func TestLowRankGaussianMixture(t *testing.T) {
	const n, sigma = 900, .05
	for _, dim := range []int{12, 5} {
		d := generate(t, datasets.LowRankGaussianMixture{Rows: n, Dim: dim, Classes: 3, Rank: 3, Sigma: sigma, Seed: 4})
		for k, basis := range d.Truth.Bases {
			orthonormal(t, "a subspace's basis", basis)
			var cross mat.Dense
			cross.Mul(basis, d.Truth.Bases[(k+1)%3].T())
			if apart := mat.Norm(&cross, 2) < 1e-12; apart != (dim == 12) {
				t.Errorf("in %d dimensions subspaces %d and %d are orthogonal: %v", dim, k, (k+1)%3, apart)
			}
		}
		var noise mat.Dense
		noise.Sub(d.X, d.Truth.Clean)
		if got := mat.Norm(&noise, 2) / math.Sqrt(float64(n*dim)); math.Abs(got-sigma) > .05*sigma {
			t.Errorf("the noise is %v, want %v", got, sigma)
		}
		for i, k := range d.Labels {
			var row mat.Dense
			row.Mul(d.Truth.Latent.Slice(i, i+1, 0, 3), d.Truth.Bases[k])
			if !mat.EqualApprox(&row, d.Truth.Clean.Slice(i, i+1, 0, dim), 1e-12) {
				t.Fatalf("row %d is not what its coordinates say", i)
			}
		}
	}
}

// Every manifold is on the unit sphere, around the origin, and goes round its coordinates at
// constant speed.
func TestUnionOfManifolds(t *testing.T) {
	const n = 3000
	d := generate(t, datasets.UnionOfManifolds{Rows: n, Dim: 14, Dims: []int{1, 2}, Harmonics: 3, Seed: 4})
	for k, dim := range []int{1, 2} {
		x := rowsOf(d, k)
		rows, cols := x.Dims()
		orthonormal(t, "a manifold's span", d.Truth.Bases[k])
		if r, _ := d.Truth.Bases[k].Dims(); r != 6*dim {
			t.Errorf("manifold %d spans %d dimensions, want %d", k, r, 6*dim)
		}
		for i := range rows {
			if got := floats.Norm(x.RawRowView(i), 2); math.Abs(got-1) > 1e-12 {
				t.Fatalf("a row of manifold %d has length %v", k, got)
			}
		}
		for j := range cols {
			if mean := stat.Mean(mat.Col(nil, j, x), nil); math.Abs(mean) > 5/math.Sqrt(float64(rows)) {
				t.Errorf("the mean of manifold %d is not the origin: %v in column %d", k, mean, j)
			}
		}
	}
	speed := 2 * math.Pi * math.Sqrt((1+4+9)/3.)
	for i := range n {
		for j := range i {
			if d.Labels[i] != 0 || d.Labels[j] != 0 {
				continue
			}
			turn := math.Abs(d.Truth.Latent.At(i, 0) - d.Truth.Latent.At(j, 0))
			if turn > 1e-3 {
				continue
			}
			if got := floats.Distance(d.X.RawRowView(i), d.X.RawRowView(j), 2); math.Abs(got-speed*turn) > 1e-3*speed*turn {
				t.Fatalf("rows %d and %d are %v apart, %v along the curve", i, j, got, speed*turn)
			}
		}
	}
}

func TestUnionOfSubspaces(t *testing.T) {
	const n = 900
	dims := []int{1, 4, 2}
	d := generate(t, datasets.UnionOfSubspaces{Rows: n, Dim: 8, Dims: dims, Seed: 4})
	for k, dim := range dims {
		basis := d.Truth.Bases[k]
		if r, _ := basis.Dims(); r != dim {
			t.Fatalf("subspace %d has %d dimensions, want %d", k, r, dim)
		}
		orthonormal(t, "a subspace's basis", basis)
		x := rowsOf(d, k)
		rows, _ := x.Dims()
		if rows != n/3 {
			t.Errorf("class %d has %d rows", k, rows)
		}
		var z, back mat.Dense
		z.Mul(x, basis.T())
		back.Mul(&z, basis)
		if !mat.EqualApprox(&back, x, 1e-12) {
			t.Errorf("rows of class %d are not in their subspace", k)
		}
		for j := range dim {
			mean, sd := stat.MeanStdDev(mat.Col(nil, j, &z), nil)
			if math.Abs(mean) > 5/math.Sqrt(n/3) || math.Abs(sd-1) > 5/math.Sqrt(2*n/3) {
				t.Errorf("class %d, coordinate %d has mean %v and standard deviation %v", k, j, mean, sd)
			}
		}
	}
	for i, l := range d.Labels {
		if d.Truth.Dimensions[i] != dims[l] {
			t.Fatalf("row %d of class %d has dimension %d", i, l, d.Truth.Dimensions[i])
		}
		a, b := d.X.RawRowView(0), d.X.RawRowView(i)
		want := floats.Norm(a, 2) + floats.Norm(b, 2)
		if l == d.Labels[0] {
			want = floats.Distance(a, b, 2)
		}
		if got := d.Truth.Geodesic(0, i); math.Abs(got-want) > 1e-12 {
			t.Fatalf("rows 0 and %d are %v apart, want %v", i, got, want)
		}
	}
	// Two subspaces of 3 dimensions in 5 share a line, and paths along it.
	if d := generate(t, datasets.UnionOfSubspaces{Dim: 5, Dims: []int{3, 3}}); d.Truth.Geodesic != nil {
		t.Error("a geodesic is given where it is not known")
	}
}
