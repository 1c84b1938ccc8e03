// Package sparse answers: what is in this file of mostly zeros?
//
// It reads and writes MatrixMarket files, and reads the folders of counts that 10x Genomics' Cell Ranger leaves and the text of
// svmlight and libsvm, all into a mat32.CSR whose rows are the samples, or as a stream of rows for what does not fit into memory.
// Files packed by gzip are unpacked, whatever their names.
//
// Text is cut at line ends into blocks of half a megabyte, which are read on every core; the result does not depend on how many
// there are. Memory grows with what was read, never with what a header claims, and a claim beyond MemoryLimit is a
// *mat32.MemoryError. What is wrong with a file is a *mat32.FileError that names the line.
package sparse
