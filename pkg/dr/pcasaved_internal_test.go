package dr

import (
	"bytes"
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/datasets"
)

// A file of version 1, which had fewer options and no noise variance, is read.
func TestPCAModelOfVersion1(t *testing.T) {
	m, err := PCA{Components: 2, Whiten: true}.Fit(context.Background(), datasets.Iris().X)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := saved.NewWriter(&b, pcaKind, 1)
	w.JSON(struct {
		Components  int
		Whiten      bool
		MemoryLimit int64
	}{2, true, 0})
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Floats(m.variance)
	w.Float(m.total)
	m.embedding.encode(w)
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	old := new(PCAModel)
	if _, err := old.ReadFrom(&b); err != nil {
		t.Fatal(err)
	}
	if old.NoiseVariance() != m.NoiseVariance() || old.NoiseVariance() == 0 || !mat.Equal(old.components, m.components) || old.String() != m.String() {
		t.Errorf("read as %v with noise %v, was %v with %v", old, old.NoiseVariance(), m, m.NoiseVariance())
	}
}
