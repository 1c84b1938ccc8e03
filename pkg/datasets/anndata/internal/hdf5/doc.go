// Package hdf5 reads HDF5 files: what AnnData keeps in them, from the oldest files to those of the latest library.
//
// It reads superblocks 0 to 3; object headers of both versions; groups with a symbol table, with link messages and with a fractal
// heap, and the soft links in them; attributes in headers and in fractal heaps; numbers, enumerations, compounds, strings of fixed
// and of variable length, references to objects; data in the header, in one piece and in chunks, under every chunk index (B-trees
// of both versions, single, implicit, fixed array, extensible array); the filters deflate, LZF, shuffle and Fletcher32. Virtual and
// external data, shared message tables, the other filters and layouts of before 2004 are refused by name.
//
// A file is not trusted: every address, size and count is held against what the file has, trees are walked once however they are
// knotted, checksums are verified, and no more memory is asked for than stored bytes can account for. Errors are
// *mat32.FileError.
//
// Source: The HDF Group, HDF5 File Format Specification, version 3.0 and its update for the library 2.0.
package hdf5
