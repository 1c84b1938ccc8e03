package datasets

import _ "embed" // for the file below

//go:embed data/digits.csv.gz
var digitsTable string

// Digits returns 1797 handwritten digits as images of 8 × 8 pixels with values
// from 0 (paper) to 16 (ink), about 180 of each digit. They are the test part of
// the published set.
//
// Source: E. Alpaydin and C. Kaynak (1998), Cascading classifiers.
func Digits() *Dataset {
	d := &Dataset{
		Name:   "digits",
		Source: "E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0",
		Notes:  []string{"the test part of the published set"},
		Width:  8,
		Height: 8,
		Ink:    16,
	}
	return d.read(digitsTable, 64)
}
