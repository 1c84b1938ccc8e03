package viz

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// linkage is a hierarchy by its merges: two clusters and a height each.
type linkage struct {
	rows   int
	merges [][3]float64
}

func (l linkage) Linkage() (rows int, a, b []int, height []float64) {
	for _, m := range l.merges {
		a, b, height = append(a, int(m[0])), append(b, int(m[1])), append(height, m[2])
	}
	return l.rows, a, b, height
}

type unequal struct{}

func (unequal) Linkage() (rows int, a, b []int, height []float64) {
	return 3, []int{0}, []int{1, 2}, []float64{1, 2}
}

// five rows: two pairs, and one that comes last.
func five() linkage { return linkage{5, [][3]float64{{0, 1, 1}, {3, 4, 2}, {5, 2, 3}, {6, 7, 10}}} }

// randomTree joins clusters as chance will have it.
func randomTree(n int) linkage {
	r := rand.New(rand.NewPCG(13, 14))
	l, free := linkage{rows: n}, upTo(n)
	for k := range n - 1 {
		for _, at := range [2]int{len(free) - 1, len(free) - 2} {
			with := r.IntN(at + 1)
			free[at], free[with] = free[with], free[at]
		}
		a, b := free[len(free)-1], free[len(free)-2]
		l.merges = append(l.merges, [3]float64{float64(a), float64(b), float64(k) / float64(n)})
		free = append(free[:len(free)-2], n+k)
	}
	return l
}

func dendrogramSamples() map[string]*Chart {
	return map[string]*Chart{
		"dendrogram":            Dendrogram(five(), Branches{Names: names(5, "leaf")}).Titled("Dendrogram"),
		"dendrogram horizontal": Dendrogram(five(), Branches{Names: names(5, "quite a long name of a leaf"), Horizontal: true}).Axes(Axis{Log: true}, Axis{Name: "leaves"}),
		"dendrogram parts":      Dendrogram(linkage{6, five().merges[:2]}, Branches{Cut: 1.5}).Rules(Rule{Name: "rule", At: 1.8}),
		"dendrogram one":        Dendrogram(linkage{1, nil}, Branches{}),
		"dendrogram many":       Dendrogram(randomTree(1500), Branches{Leaves: 400}).Titled("Many"),
		"dendrogram zero":       Dendrogram(linkage{2, [][3]float64{{0, 1, 0}}}, Branches{}).Axes(Axis{}, Axis{Log: true}),
	}
}

func dendrogramErrors() map[string]kindError {
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	return map[string]kindError{
		"viz.Dendrogram: the matrix is empty":              {Dendrogram(nil, Branches{}), mat32.ErrEmpty},
		"Linkage has shape 1 × 2, want a and b (2)":        {Dendrogram(unequal{}, Branches{}), shape},
		"Names has shape 1 × 1, want one name for each of": {Dendrogram(five(), Branches{Names: []string{"a"}}), shape},
		"merge 1 is [0 2], want two clusters, 0 to 4":      {Dendrogram(linkage{4, [][3]float64{{0, 1, 1}, {0, 2, 2}}}, Branches{}), param},
		"merge 0 is [0 4], want two clusters, 0 to 3":      {Dendrogram(linkage{4, [][3]float64{{0, 4, 1}}}, Branches{}), param},
		"Linkage: height[0] is NaN":                        {Dendrogram(linkage{2, [][3]float64{{0, 1, math.NaN()}}}, Branches{}), param},
		"Branches: Leaves is 1":                            {Dendrogram(five(), Branches{Leaves: 1}), param},
		"Branches: Cut is +Inf":                            {Dendrogram(five(), Branches{Cut: math.Inf(1)}), param},
		"Axes.X: Log, Min, Max is given":                   {Dendrogram(five(), Branches{}).Axes(Axis{Log: true}, Axis{}), param},
		"Rules[0]: Vertical is true, want a line at a":     {Dendrogram(five(), Branches{}).Rules(Rule{Vertical: true}), param},
	}
}

// TestDendrogramPlaces: branches lie side by side, the larger first; no two bridges cross; a bridge stands over what it joins.
func TestDendrogramPlaces(t *testing.T) {
	d := Dendrogram(five(), Branches{}).fig.(*dendrogram)
	if want := []int{0, 1, 2, 3, 4}; !slices.Equal(d.leaves, want) {
		t.Errorf("leaves %v, want %v", d.leaves, want)
	}
	if d.place[5] != 0.5 || d.place[7] != 1.25 || d.place[6] != 3.5 || d.place[8] != 2.375 {
		t.Errorf("places %v", d.place)
	}
	if len(d.clusters) != 2 || d.of[2] != 0 || d.of[3] != 1 || d.cut != 7 {
		t.Errorf("clusters %v below %g: %v", d.clusters, d.cut, d.of)
	}
	if _, ok := d.of[8]; ok {
		t.Error("the root, which is above the cut, is in a cluster")
	}
	if got := d.summary(); got != "Dendrogram of 5 rows, merges from 1 to 10; 2 clusters below 7" {
		t.Error(got)
	}
	tree := randomTree(400)
	wide := Dendrogram(tree, Branches{Leaves: 400}).fig.(*dendrogram)
	first, last := map[int]float64{}, map[int]float64{}
	for i, c := range wide.leaves {
		first[c], last[c] = float64(i), float64(i)
	}
	for k := range tree.merges {
		a, b, c := wide.a[k], wide.c[k], 400+k
		if last[a]+1 != first[b] || wide.size[a] < wide.size[b] {
			t.Fatalf("cluster %d: %d ends at %g, %d begins at %g", c, a, last[a], b, first[b])
		}
		first[c], last[c] = first[a], last[b]
	}
}

// TestDendrogramOfMany shows the highest branches, and counts what is below each end.
func TestDendrogramOfMany(t *testing.T) {
	tree := randomTree(900)
	d := Dendrogram(tree, Branches{}).fig.(*dendrogram)
	rows, shut := 0, math.Inf(-1)
	for _, c := range d.leaves {
		rows += d.size[c]
		shut = math.Max(shut, d.tall(c))
	}
	if len(d.leaves) != 36 || rows != 900 {
		t.Errorf("%d leaves with %d rows", len(d.leaves), rows)
	}
	if want := tree.merges[900-1-36][2]; shut != want {
		t.Errorf("the highest branch that is not opened merges at %g, want %g", shut, want)
	}
	if c := d.caption(); !strings.Contains(c, "the 36 uppermost branches") {
		t.Errorf("caption %q", c)
	}
	groups, bridges, triangles := d.groups(unit), 0, 0
	for _, g := range groups {
		for i, at := range g.at {
			if at[0] == at[3] {
				triangles++
				if !strings.HasSuffix(g.titles[i], " rows") {
					t.Errorf("a triangle is called %q", g.titles[i])
				}
				continue
			}
			bridges++
			if at[1][1] != at[2][1] || at[1][1] > at[0][1] || at[0][0] != at[1][0] {
				t.Errorf("a bridge through %v", at)
			}
		}
	}
	if bridges != 35 || triangles == 0 || triangles > 36 {
		t.Errorf("%d bridges and %d triangles", bridges, triangles)
	}
}
