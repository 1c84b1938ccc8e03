package fetch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/fetch"
)

// Two cells and three genes where the members of the archive go.
func TestPBMC3k(t *testing.T) {
	dir := quick(t).Dir
	t.Setenv("FLATLAND_DATA", dir)
	t.Setenv("FLATLAND_OFFLINE", "1")
	if _, err := fetch.PBMC3k(t.Context()); err == nil {
		t.Fatal("no error without the files")
	}
	folder := filepath.Join(dir, "pbmc3k", "pbmc3k_filtered_gene_bc_matrices-847d6ebd", "filtered_gene_bc_matrices", "hg19")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"matrix.mtx":   "%%MatrixMarket matrix coordinate real general\n%\n3 2 3\n3 1 4\n1 2 1\n2 2 7\n",
		"genes.tsv":    "ENSG1\tA\nENSG2\tB\nENSG3\tC\n",
		"barcodes.tsv": "AAAC-1\nAAAG-1\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := fetch.PBMC3k(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rows, cols := c.X.Dims(); rows != 2 || cols != 3 || c.X.At(0, 2) != 4 || c.X.At(1, 1) != 7 || c.Features[1].Name != "B" {
		t.Errorf("%d × %d: %v", rows, cols, c.X)
	}
}
