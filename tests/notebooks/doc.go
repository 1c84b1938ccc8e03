// Package notebooks runs the course, and shows that the judge of notebooks, pkg/nbtest, finds what it promises to find: the notebooks under
// testdata/offenders are wrong in one way each, or in one way a cell.
package notebooks
