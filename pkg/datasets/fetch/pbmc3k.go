package fetch

import (
	"context"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
)

// PBMC3k returns the counts of 32 738 genes in 2700 blood cells of a healthy
// donor, from the set pbmc3k, with a row for every cell. They have no labels: the
// kinds of cells are what analyses find.
//
// It downloads 7.6 MB the first time, and takes about 50 MB of memory while it
// reads. Errors are those of Fetcher.Fetch and sparse.TenX.
func PBMC3k(ctx context.Context) (*sparse.Counts, error) {
	_, paths, err := files(ctx, "pbmc3k")
	if err != nil {
		return nil, err
	}
	return sparse.TenX{}.Open(ctx, filepath.Dir(paths[0]))
}

// files returns a set of the registry and where its files are.
func files(ctx context.Context, name string) (Set, []string, error) {
	s, err := Named(name)
	if err != nil {
		return Set{}, nil, err
	}
	paths, err := Fetcher{}.Fetch(ctx, s)
	return s, paths, err
}
