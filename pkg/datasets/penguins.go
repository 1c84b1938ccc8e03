package datasets

import _ "embed" // for the file below

//go:embed data/penguins.csv.gz
var penguinsTable string

// Penguins returns the penguins of the Palmer Archipelago: length and depth of
// the bill and length of the flipper in millimetres, body mass in grams, the
// species as label, island and sex as Factors. They are the 333 of 344 birds
// whose row is complete: 2 lack every measurement and the sex, 9 the sex alone.
//
// Sources: K. B. Gorman, T. D. Williams and W. R. Fraser (2014), Ecological
// sexual dimorphism and environmental variability within a community of
// Antarctic penguins (genus Pygoscelis); A. M. Horst, A. P. Hill and K. B. Gorman
// (2020), palmerpenguins.
func Penguins() *Dataset {
	d := &Dataset{
		Name:   "penguins",
		Source: "K. B. Gorman, T. D. Williams and W. R. Fraser (2014), PLoS ONE 9(3) e90081, and A. M. Horst, A. P. Hill and K. B. Gorman (2020), palmerpenguins, doi:10.5281/zenodo.3960218, CC0 1.0",
		Notes:  []string{"the 333 of 344 rows that are complete: 11 lack the sex, 2 of them every measurement"},
	}
	return d.read(penguinsTable, 4)
}
