package topology

import "fmt"

// Intervals returns all bars, dimension by dimension, as slices of one length: the dimension,
// birth and death of each, in the order of Diagrams. The death of an essential bar is +Inf.
func (p *Persistence) Intervals() (dimension []int, birth, death []float64) {
	for k, d := range p.Diagrams {
		for _, b := range d {
			dimension, birth, death = append(dimension, k), append(birth, b.Birth), append(death, b.Death)
		}
	}
	return dimension, birth, death
}

// Caption returns a line for a chart.
func (p *Persistence) Caption() string {
	return fmt.Sprintf("%s · coefficients modulo %d", p.Filtration, p.Prime)
}
