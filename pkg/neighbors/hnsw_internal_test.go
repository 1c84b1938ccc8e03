package neighbors

import (
	"context"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
)

// Whatever links are cut, all rows can be reached again, and nothing else is lost.
func TestHNSWRepair(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 250, 3)
	for name, cut := range map[string]func(l *hnswLinks, i int32, slots []int32){
		"all links of every row": func(_ *hnswLinks, _ int32, slots []int32) {
			for k := range slots {
				slots[k] = -1
			}
		},
		"all links to odd rows": func(_ *hnswLinks, _ int32, slots []int32) {
			left := slices.DeleteFunc(slices.Clone(linked(slots)), func(j int32) bool { return j%2 == 1 })
			for k := copy(slots, left); k < len(slots); k++ {
				slots[k] = -1
			}
		},
		"every place but those of a ring of ten": func(_ *hnswLinks, i int32, slots []int32) {
			for k := range slots {
				slots[k] = i/10*10 + (i+int32(k)+1)%10 // full, and closed
			}
		},
	} {
		o, err := HNSW{M: 2, EfConstruction: 6}.resolve(250, 3)
		if err != nil {
			t.Fatal(err)
		}
		ix, err := o.index(ctx, x, 0)
		if err != nil {
			t.Fatal(err)
		}
		l := ix.links
		l.each(func(i int32, level int, slots []int32) {
			if level == 0 {
				cut(l, i, slots)
			}
		})
		r := newReach(l)
		if err := r.from(ctx, l.entry); err != nil {
			t.Fatal(err)
		}
		apart := 0
		for _, p := range r.parent {
			if p < 0 {
				apart++
			}
		}
		lost, err := newHNSWBuilder(ctx, o, ix.space, l, 0).repair()
		if err != nil || lost != apart || lost == 0 {
			t.Errorf("%s: %d of %d lost rows were found, %v", name, lost, apart, err)
		}
		r = newReach(l)
		if err := r.from(ctx, l.entry); err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(r.parent, -1); i >= 0 {
			t.Errorf("%s: row %d cannot be reached", name, i)
		}
	}
}

func TestMarksOrderAsDistancesDo(t *testing.T) {
	fast := []float32{-3e38, -2, -1e-45, 0, 1e-45, 1, 1.5, 3e38}
	for i, a := range fast {
		if m := markOf(a, 1<<30+7); m.row() != 1<<30+7 || m.code() != code(a) || (m|1).row() != m.row() {
			t.Errorf("the mark of %v is of row %d", a, m.row())
		}
		for j, b := range fast {
			if i < j && !(markOf(a, 9) < markOf(b, 3)) {
				t.Errorf("%v does not stand before %v", a, b)
			}
		}
	}
	if !(markOf(1, 3) < markOf(1, 4)) {
		t.Error("ties are not in the order of the rows")
	}
}

// The choice of links against its definition.
func TestHNSWChoice(t *testing.T) {
	ctx := context.Background()
	x := fixture.Uniform(3, 180, 2)
	space, _, err := spaceOf(ctx, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	s := newHNSWSearcher(newHNSWLinks(4), nil)
	far := func(i, j int32) float32 {
		var d [1]float32
		space.fast(d[:], i, []int32{j})
		return d[0]
	}
	for _, m := range []int{1, 4, 32} {
		for _, keep := range []bool{false, true} {
			for i := range int32(20) {
				var marks []mark
				for j := range int32(180) {
					if j != i {
						marks = append(marks, markOf(far(i, j), j))
					}
				}
				slices.Sort(marks)
				var want, left []int32
				for _, c := range marks {
					good := len(want) < m
					for _, v := range want {
						good = good && far(v, c.row()) >= far(i, c.row())
					}
					if good {
						want = append(want, c.row())
					} else {
						left = append(left, c.row())
					}
				}
				chosen := len(want)
				s.choose(space, marks, m, keep)
				if !slices.Equal(s.chosen[:chosen], want) || !keep && len(s.chosen) != chosen {
					t.Fatalf("row %d: %v are chosen, want %v", i, s.chosen, want)
				}
				if keep && (len(s.chosen) != m || !slices.Equal(s.chosen[chosen:], left[:m-chosen])) {
					t.Fatalf("row %d: with what was turned away %v are chosen, want %v and %v", i, s.chosen, want, left[:m-chosen])
				}
			}
		}
	}
}
