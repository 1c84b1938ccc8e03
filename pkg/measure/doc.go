// Package measure answers: what is a measured number?
//
// A number without its error, its scale and the name of the convention it
// follows cannot be compared with another. Score and Dimension carry all of
// these from the measurement to the page.
package measure
