// Package anndata answers: what is in this .h5ad file of single cells?
//
// An AnnData file holds a matrix of cells × genes with a table of the cells, a table of the genes, and what was computed of them:
// other layers, maps of the cells, graphs between them. [Open] reads none of that but its shape; every method then reads what it
// is asked for, as the types that the rest of Flatland takes: *mat32.CSR or *mat32.Dense for matrices, *table.Table for tables,
// *mat32.Rows for matrices that do not fit in memory, *datasets.Dataset for a picture.
//
//	f, err := anndata.Open(ctx, "pbmc.h5ad")
//	if err != nil {
//		return err
//	}
//	defer f.Close()
//	x, err := f.Matrix(ctx, "X")              // a *mat32.CSR where the file has it sparse
//	cells, err := f.Table(ctx, "obs")
//	d, err := f.Dataset(ctx, "obsm/X_umap", "cell_type")
//
// It reads what the Python package anndata wrote from version 0.6 to 0.12, under the names that it has in the file: "X", "obs",
// "layers/counts", "obsm/X_pca", "raw/X", "uns/neighbors". Files are HDF5: chunked or not, packed by gzip or LZF, shuffled or not.
// Chunks are unpacked on all cores.
//
// The package is a module of its own: what does not read such files does not link it.
//
// Source: I. Virshup, S. Rybakov, F. J. Theis, P. Angerer, F. A. Wolf, anndata: Access and store annotated data matrices, Journal
// of Open Source Software 9 (2024), and its specification of the format on disk.
package anndata
