package datasets

import _ "embed" // for the file below

//go:embed data/iris.csv.gz
var irisTable string

// Iris returns Fisher's iris: 150 flowers, 50 of each of three species, with the
// length and width of sepal and petal in centimetres. The values are those of
// Fisher's paper; the copy in the UCI repository differs from it in two rows.
//
// Source: R. A. Fisher (1936), The use of multiple measurements in taxonomic
// problems.
func Iris() *Dataset {
	d := &Dataset{
		Name:   "iris",
		Source: "R. A. Fisher (1936), UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0",
	}
	return d.read(irisTable, 4)
}
