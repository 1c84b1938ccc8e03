// Package measure answers: what is a measured number?
//
// A number without its error, its scale and the name of the convention it
// follows cannot be compared with another. Score and Dimension carry all of
// these from the measurement to the page.
//
//	d, err := intrinsic.TwoNN{}.Estimate(ctx, x)
//	fmt.Println(d)         // a small table: value, error, scale, rows, convention, notes
//	fmt.Println(d.Brief()) // 8.91 ± 0.27
package measure
