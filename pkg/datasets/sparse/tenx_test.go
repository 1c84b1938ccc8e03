package sparse_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	features = "ENSG1\tTBCE\tGene Expression\tchr1\t1\t2\nENSG2\tTBCE\tGene Expression\nCD3\tCD3_TotalSeq\tAntibody Capture\n"
	genes    = "ENSG1\tTBCE\nENSG2\tTBCE\nENSG3\tCD3E\n"
	barcodes = "AAAC-1\nAAAG-1\n"
	matrix   = "%%MatrixMarket matrix coordinate integer general\n%metadata_json: {\"format_version\": 2}\n3 2 4\n1 1 4\n3 1 20\n2 2 1\n1 2 3\n"
)

// folder writes files, those that end in .gz packed.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			w := gzip.NewWriter(f)
			w.Write([]byte(text))
			err = w.Close()
		} else {
			_, err = f.WriteString(text)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTenXFolders(t *testing.T) {
	want := mat.NewDense(2, 3, []float64{4, 0, 20, 3, 1, 0})
	for name, c := range map[string]struct {
		files map[string]string
		t     sparse.TenX
		last  sparse.Feature
	}{
		"version 3": {map[string]string{"matrix.mtx.gz": matrix, "features.tsv.gz": features, "barcodes.tsv.gz": barcodes},
			sparse.TenX{}, sparse.Feature{ID: "CD3", Name: "CD3_TotalSeq", Type: "Antibody Capture"}},
		"version 2": {map[string]string{"matrix.mtx": matrix, "genes.tsv": genes, "barcodes.tsv": barcodes},
			sparse.TenX{}, sparse.Feature{ID: "ENSG3", Name: "CD3E", Type: "Gene Expression"}},
		"a prefix": {map[string]string{"GSM1_matrix.mtx.gz": matrix, "GSM1_genes.tsv": strings.ReplaceAll(genes, "\n", "\r\n"), "GSM1_barcodes.tsv.gz": barcodes},
			sparse.TenX{Prefix: "GSM1_"}, sparse.Feature{ID: "ENSG3", Name: "CD3E", Type: "Gene Expression"}},
	} {
		c2, err := c.t.Open(t.Context(), folder(t, c.files))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !mat.Equal(c2.X, want) || !slices.Equal(c2.Barcodes, []string{"AAAC-1", "AAAG-1"}) || len(c2.Features) != 3 || c2.Features[2] != c.last {
			t.Errorf("%s: %v, %v of %v", name, mat.Formatted(c2.X), c2.Barcodes, c2.Features)
		}
	}
}

func TestTenXNamesWhatIsWrong(t *testing.T) {
	sound := map[string]string{"matrix.mtx": matrix, "features.tsv": features, "barcodes.tsv": barcodes}
	for _, c := range []struct{ file, text, says string }{
		{"barcodes.tsv", barcodes + "AAAT-1\n", "3 × 2, but there are 3 features and 3 barcodes"},
		{"features.tsv", "a\nb\n", "turned over"},
		{"features.tsv", features + "\tx\n", "line 4: the ID of the feature is missing"},
		{"barcodes.tsv", "AAAC-1\n\n", "line 2: the barcode is missing"},
		{"matrix.mtx", strings.Replace(matrix, "2 2 1", "2 3 1", 1), "line 6: there is no column 3 in 2"},
		{"matrix.mtx", "%%MatrixMarket matrix array integer general\n3 2\n", "no array"},
		{"barcodes.tsv", strings.Repeat("A", 2<<20), "longer than a line of names"},
	} {
		files := map[string]string{}
		for name, text := range sound {
			files[name] = text
		}
		files[c.file] = c.text
		if c.says == "turned over" {
			files["barcodes.tsv"] = "a\nb\nc\n"
		}
		_, err := sparse.TenX{}.Open(t.Context(), folder(t, files))
		var bad *mat32.FileError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) || bad.Path == "" {
			t.Errorf("%s %.40q: got %v, want %q", c.file, c.text, err, c.says)
		}
	}
	delete(sound, "features.tsv")
	if _, err := (sparse.TenX{}).Open(t.Context(), folder(t, sound)); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "features.tsv") {
		t.Errorf("no features: %v", err)
	}
	if _, err := (sparse.TenX{}).Open(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	parts := func() (m, f, b *strings.Reader) {
		return strings.NewReader(matrix), strings.NewReader(features), strings.NewReader(barcodes)
	}
	m, f, b := parts()
	_, err := sparse.TenX{MemoryLimit: 700}.Read(t.Context(), m, f, b)
	var memory *mat32.MemoryError
	if !errors.As(err, &memory) || memory.Method != "sparse.TenX" {
		t.Errorf("more than the limit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, f, b = parts()
	if _, err := (sparse.TenX{}).Read(ctx, m, f, b); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// The expected names are those of anndata 0.12.19, of ad.utils.make_index_unique.
func TestNamesAreDistinctAsThoseOfAnndata(t *testing.T) {
	for _, c := range [][2]string{
		{"a b c", "a b c"},
		{"a a b a b", "a a-1 b a-2 b-1"},
		{"a a a-1", "a a-2 a-1"},
		{"a-1 a a a-1", "a-1 a a-2 a-1-1"},
	} {
		counts := &sparse.Counts{}
		for _, name := range strings.Fields(c[0]) {
			counts.Features = append(counts.Features, sparse.Feature{Name: name})
		}
		if got := strings.Join(counts.Names(), " "); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}

func TestOneTypeOfFeatures(t *testing.T) {
	counts, err := sparse.TenX{}.Read(t.Context(), strings.NewReader(matrix), strings.NewReader(features), strings.NewReader(barcodes))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want *mat.Dense
	}{
		{"Gene Expression", mat.NewDense(2, 2, []float64{4, 0, 3, 1})},
		{"Antibody Capture", mat.NewDense(2, 1, []float64{20, 0})},
	} {
		of, err := counts.OfType(c.name)
		if err != nil || !mat.Equal(of.X, c.want) || of.Features[0].Type != c.name {
			t.Errorf("%s: %v, %v", c.name, of, err)
		}
	}
	if none, err := counts.OfType("Peaks"); err != nil || len(none.Features) != 0 || none.X.NNZ() != 0 {
		t.Errorf("Peaks: %v, %v", none, err)
	}
}
