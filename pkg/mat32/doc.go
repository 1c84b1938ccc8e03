// Package mat32 answers: what is a data matrix here?
//
// Data are matrices with one row per sample and one column per feature. Every
// entry point of Flatland accepts any gonum mat.Matrix; this package adds the
// dense float32 matrix that the fast kernels read (Dense), one that stores what
// is not zero (CSR), rows known by their distances alone (Distances), rows that do
// not fit in memory (Rows), the checks that turn bad input into typed errors, and a
// fingerprint by which equal values are recognised whatever type holds them.
//
//	x, err := mat32.FromColumns(height, weight, age) // slices of one length
//	err = mat32.Check(x)                             // says where a value is missing
//
// Errors are types, for errors.As: *NotFiniteError names the row and column, *ParamError the option and
// its range, *RaggedError the column of another length, *MemoryError what would have been needed.
package mat32
