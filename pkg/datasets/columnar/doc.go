// Package columnar answers: what is in this Parquet or Arrow file?
//
// It reads Parquet files and Arrow's IPC files and streams, Feather version 2 among them, as pandas, Polars, DuckDB and Spark
// write them, into a table.Table, into a float32 matrix (with its lists of numbers, as embeddings are kept), or as a stream of
// rows for what does not fit into memory; and it writes Parquet.
//
// It is a module of its own, so that programs which do not read such files do not link Apache's library for them.
package columnar
