package datasets

import _ "embed" // for the file below

//go:embed data/wine.csv.gz
var wineTable string

// Wine returns the chemical analysis of 178 wines from one Italian region: 13
// measurements, whose units and scales differ widely, and the grape (one of
// three cultivars) as label.
//
// Source: S. Aeberhard, D. Coomans and O. de Vel (1994), Comparative analysis of
// statistical pattern recognition methods in high dimensional settings.
func Wine() *Dataset {
	d := &Dataset{
		Name:   "wine",
		Source: "S. Aeberhard and M. Forina (1992), UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0",
	}
	return d.read(wineTable, 13)
}
