package topology

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/measure"
)

// Singularities holds, for every point that Euclidicity looked at, how far its surroundings
// are from those of a manifold, and of which dimension they are.
type Singularities struct {
	Points     []int     // the rows that were looked at
	Scores     []float64 // the Euclidicity of each, NaN where no annulus has two rows
	Dimensions []int     // the persistent intrinsic dimension of each; 0 where no bar is long
	Annuli     []int     // on how many annuli these rest

	Radii [][2]float64 // of the annuli: inner and outer
	Model AnnulusModel // what they were compared with
	Dim   int          // of the model
	Rows  int
	Notes []string
}

// usual returns the most frequent dimension of the points, the larger of several.
func (s *Singularities) usual() (dim int) {
	var count [12]int
	for k, d := range s.Dimensions {
		if s.Annuli[k] > 0 {
			count[d]++
		}
	}
	for d := range count {
		if count[d] > 0 && count[d] >= count[dim] {
			dim = d
		}
	}
	return dim
}

// note tells what has no number, and what was left out.
func (s *Singularities) note() {
	empty, alone := 0, []int(nil)
	for k, seen := range s.Annuli {
		empty += len(s.Radii) - seen
		if seen == 0 {
			alone = append(alone, s.Points[k])
		}
	}
	if empty > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d of %d annuli have fewer than two rows and are left out", empty, len(s.Radii)*len(s.Points)))
	}
	if len(alone) > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d points have no other annuli, and no Euclidicity: %s", len(alone), first(alone)))
	}
}

// first lists a few rows.
func first(rows []int) string {
	const most = 8
	words := make([]string, 0, most)
	for _, i := range rows[:min(most, len(rows))] {
		words = append(words, fmt.Sprintf("row %d", i))
	}
	s := strings.Join(words, ", ")
	if len(rows) > most {
		s += ", …"
	}
	return s
}

// Top returns the places in Points of the k largest scores, the largest first; ties go by
// place. Points without a score come last.
func (s *Singularities) Top(k int) []int {
	places := make([]int, len(s.Points))
	for i := range places {
		places[i] = i
	}
	score := func(i int) float64 {
		if math.IsNaN(s.Scores[i]) {
			return math.Inf(-1)
		}
		return s.Scores[i]
	}
	slices.SortStableFunc(places, func(i, j int) int { return cmp.Compare(score(j), score(i)) })
	return places[:min(max(k, 0), len(places))]
}

// Score returns the mean Euclidicity of the points that have one, with those of all in
// PerRow.
func (s *Singularities) Score() measure.Score {
	mean, m := 0., 0
	for _, v := range s.Scores {
		if !math.IsNaN(v) {
			mean += v
			m++
		}
	}
	if m > 0 {
		mean /= float64(m)
	} else {
		mean = math.NaN()
	}
	return measure.Score{Name: "Euclidicity", Value: mean, Rows: m, PerRow: slices.Clone(s.Scores), Convention: s.convention(), Notes: slices.Clone(s.Notes)}
}

// Dimension returns the mean persistent intrinsic dimension, with those of all points in
// Local, and the mean outer radius as scale.
func (s *Singularities) Dimension() measure.Dimension {
	d := measure.Dimension{Method: "persistent intrinsic dimension", StdErr: math.NaN(), Convention: "one more than the highest degree with a long bar, mean over points",
		Notes: slices.Clone(s.Notes), Local: make([]float64, len(s.Points))}
	for k, v := range s.Dimensions {
		if s.Annuli[k] == 0 {
			d.Local[k] = math.NaN()
			d.Removed++
			continue
		}
		d.Local[k] = float64(v)
		d.Value += float64(v)
		d.Rows++
	}
	if d.Rows > 0 {
		d.Value /= float64(d.Rows)
	} else {
		d.Value = math.NaN()
	}
	for _, r := range s.Radii {
		d.Scale += r[1] / float64(len(s.Radii))
	}
	return d
}

func (s *Singularities) convention() string {
	return fmt.Sprintf("mean over %d annuli of the bottleneck distance to %s of dimension %d, the largest of all degrees; larger is less like a manifold", len(s.Radii), s.Model, s.Dim)
}

// String returns a small table: radii, the points of the largest scores, how many points
// have each dimension, and notes.
func (s *Singularities) String() string {
	var b strings.Builder
	line := func(head, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s "+format+"\n", append([]any{head}, args...)...)
	}
	fmt.Fprintf(&b, "Euclidicity of %d points\n", len(s.Points))
	inner, outer := [2]float64{math.Inf(1), 0}, [2]float64{math.Inf(1), 0}
	for _, r := range s.Radii {
		inner = [2]float64{min(inner[0], r[0]), max(inner[1], r[0])}
		outer = [2]float64{min(outer[0], r[1]), max(outer[1], r[1])}
	}
	line("annuli", "%d, inner radii %.4g to %.4g, outer %.4g to %.4g", len(s.Radii), inner[0], inner[1], outer[0], outer[1])
	line("convention", "%s", s.convention())
	count := map[int]int{}
	for k, d := range s.Dimensions {
		if s.Annuli[k] > 0 {
			count[d]++
		}
	}
	var dims []string
	for d := range 11 {
		if count[d] > 0 {
			dims = append(dims, fmt.Sprintf("%d (%d)", d, count[d]))
		}
	}
	line("dimensions", "%s", strings.Join(dims, ", "))
	for _, k := range s.Top(3) {
		line(fmt.Sprintf("row %d", s.Points[k]), "%.4g", s.Scores[k])
	}
	for _, note := range s.Notes {
		line("note", "%s", note)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
