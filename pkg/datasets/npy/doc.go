// Package npy answers: what do these files of NumPy hold?
//
// It reads and writes single arrays (.npy) and archives of them (.npz), and lays a matrix over a file without reading it (Map).
// Rows of files that do not fit in memory are streamed by mat32.RowsFromNPY.
//
// Source: NumPy Enhancement Proposal 1 (R. Kern, 2007, A simple file format for NumPy arrays), and numpy.lib.format for versions
// 2 and 3 of it.
package npy
