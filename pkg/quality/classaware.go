package quality

import (
	"github.com/flatland-go/flatland/pkg/measure"
)

// ClassTrustworthiness is Trustworthiness as far as classes are concerned (Colange,
// Peltonen, Aupetit, Dutykh and Lespinats, 2020, Steering distortions to preserve
// classes and neighbors in supervised dimensionality reduction): of the rows that
// intruded into a neighbourhood in the embedding it counts only those of another
// class. It is never below Trustworthiness, 1 when nothing of another class
// intruded, and PerRow holds the same for every row.
//
// Labels are 0 and above, −1 for unknown. Rows of unknown label are not judged and,
// as it is not known that they intruded, not counted; Rows counts the rows judged,
// and PerRow is NaN at the others. Because labels are data, it returns errors and
// never panics: *mat32.ShapeError unless there is a label for each row,
// *mat32.ParamError for a label below −1 or unless 1 ≤ k ≤ K and k < n/2,
// *mat32.DegenerateError when all labels are unknown.
func (r *Ranks) ClassTrustworthiness(k int, labels []int) (measure.Score, error) {
	return r.classes("ClassTrustworthiness", "class-aware trustworthiness", "intruders of other classes", k, labels,
		r.Embedded, r.EmbeddedRanks, func(own, other int) bool { return own != other })
}

// ClassContinuity is Continuity as far as classes are concerned: of the neighbours
// that were torn away in the embedding it counts only those of the same class. It
// is as ClassTrustworthiness in all else.
func (r *Ranks) ClassContinuity(k int, labels []int) (measure.Score, error) {
	return r.classes("ClassContinuity", "class-aware continuity", "lost neighbours of the same class", k, labels,
		r.Original, r.OriginalRanks, func(own, other int) bool { return own == other })
}

func (r *Ranks) classes(method, name, counted string, k int, labels []int, rows, ranks []int32, counts func(own, other int) bool) (measure.Score, error) {
	if err := checkLabels("quality."+method, r.N, min(r.K, (r.N-1)/2), k, labels); err != nil {
		return measure.Score{}, err
	}
	kept := r.kept(k)
	s := measure.Score{Name: name, Neighbors: k, Convention: counted + ", factor 2/(n·k·(2n−3k−1)), ties by index, unknown labels left out"}
	return judged("quality."+method, s, labels, func(i int) (float64, bool) {
		sum := 0
		for t, rank := range ranks[i*r.K : i*r.K+k] {
			other := labels[rows[i*r.K+t]]
			if int(rank) > k && other >= 0 && counts(labels[i], other) {
				sum += int(rank) - k
			}
		}
		return kept(float64(sum)), true
	})
}
