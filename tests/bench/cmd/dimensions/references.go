package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"

	"github.com/flatland-go/flatland/pkg/datasets"
)

// tables returns what ours is compared with, on the manifolds whose names match.
func tables(root string, wanted *regexp.Regexp) ([]*table, error) {
	peer, err := ofScikitDimension(filepath.Join(root, "tests", "golden", "manifolddimensions.json"))
	if err != nil {
		return nil, err
	}
	var all []*table
	for _, t := range []*table{peer, ofGeoMLE()} {
		var rows []row
		for _, r := range t.rows {
			if wanted.MatchString(r.manifold.Name) {
				if r.manifold, err = r.manifold.Resolve(); err != nil {
					return nil, err
				}
				rows = append(rows, r)
			}
		}
		if t.rows = rows; len(rows) > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

// ofScikitDimension reads the golden file.
func ofScikitDimension(path string) (*table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Rows []struct {
			Name   string
			Values map[string][]*float64 // nil for none
			Spread float64               // of ESS from row to row
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &table{title: "scikit-dimension, 2500 rows", columns: scikitDimension}
	for _, given := range file.Rows {
		r := row{manifold: datasets.BenchmarkManifold{Name: given.Name, Rows: 2500}, theirs: map[string]values{}}
		for estimator, all := range given.Values {
			var there []float64
			for _, v := range all {
				if v != nil {
					there = append(there, *v)
				}
			}
			if len(there) > 0 {
				r.theirs[estimator] = valuesOf(there)
			}
		}
		if ess, ok := r.theirs["ESS"]; ok {
			ess.deviation = given.Spread / math.Sqrt(essRows)
			r.theirs["ESS"] = ess
		}
		t.rows = append(t.rows, r)
	}
	return t, nil
}

// essRows is how many rows the golden file has ESS of.
const essRows = 20

// ofGeoMLE returns means over ten samples of 1000 rows, from the results that are published with Gomtsyan, Mokrov, Panov and
// Yanovich (2019), Geometry-aware maximum likelihood estimation of intrinsic dimension.
func ofGeoMLE() *table {
	t := &table{title: "GeoMLE's authors, 1000 rows", columns: geoMLE, scatter: .02}
	for _, p := range []struct {
		name                                                  string
		dim                                                   int
		mle, geomle, mind, danco, ess, pca, correlation, hein float64
	}{
		{"M9", 5, 4.44, 5.00, 4.70, 5.00, 4.96, 5.00, 4.74, 4.80},
		{"M9", 10, 8.09, 10.00, 8.10, 9.50, 10.02, 10.00, 8.61, 8.50},
		{"M9", 20, 14.11, 19.84, 14.50, 19.30, 20.01, 20.00, 14.79, 15.20},
		{"M2", 3, 2.82, 3.13, 3.00, 3.00, 2.58, 3.00, 2.92, 3.00},
		{"M10a", 3, 3.07, 3.12, 3.00, 3.00, 3.95, 4.00, 3.06, 3.00},
		{"M10a", 30, 19.55, 30.15, 20.50, 30.80, 30.95, 31.00, 20.58, 21.30},
		{"M10a", 70, 34.22, 73.70, 35.90, 73.40, 71.54, 71.00, 34.74, 37.40},
		{"Helicoid", 2, 2.09, 2.26, 2.00, 2.00, 1.84, 2.00, 2.03, 2.00},
		{"M5a", 1, 1.00, 1.40, 1.00, 1.00, 2.64, 3.00, 1.02, 1.00},
		{"M5b", 2, 2.74, 2.77, 2.90, 3.00, 2.55, 3.00, 2.02, 2.00},
		{"M11", 2, 1.99, 1.27, 2.00, 2.00, 2.31, 3.00, 2.02, 2.00},
		{"M4", 4, 4.08, 3.41, 4.00, 5.70, 7.94, 8.00, 3.76, 4.00},
		{"M4", 6, 6.68, 6.81, 6.00, 8.10, 11.96, 12.00, 5.75, 5.90},
		{"M4", 8, 9.21, 10.53, 9.00, 10.50, 16.03, 16.00, 7.98, 7.90},
		{"M4", 12, 13.44, 17.38, 13.60, 17.50, 23.92, 24.00, 12.08, 11.90},
		{"M3", 4, 3.83, 4.14, 4.00, 5.00, 3.14, 5.00, 3.68, 4.00},
		{"M12", 20, 14.99, 20.00, 15.60, 20.00, 20.05, 20.00, 13.57, 14.40},
		{"M12", 50, 27.03, 50.00, 28.60, 47.50, 49.69, 50.00, 24.04, 26.10},
		{"Mp1", 3, 2.83, 3.00, 3.00, 3.00, 1.79, 1.00, 2.20, 2.00},
		{"Mp1", 6, 4.71, 6.01, 5.00, 6.40, 1.47, 1.00, 2.56, 2.80},
		{"Mp1", 9, 5.88, 9.16, 6.00, 8.00, 1.31, 1.00, 2.77, 2.80},
		{"Mp1", 12, 6.61, 12.15, 7.00, 8.30, 1.22, 1.00, 3.03, 3.00},
		{"Mp1", 15, 6.97, 13.64, 7.40, 8.70, 1.16, 1.00, 3.33, 3.10},
		{"M7", 2, 1.95, 2.28, 2.00, 2.00, 2.95, 3.00, 2.00, 2.00},
		{"M13a", 2, 1.95, 2.04, 2.00, 2.00, 2.18, 3.00, 1.94, 2.00},
		{"M1", 3, 2.98, 3.08, 3.00, 3.00, 4.00, 4.00, 3.03, 3.00},
		{"M1", 5, 4.81, 5.07, 5.00, 6.00, 6.00, 6.00, 5.02, 5.00},
		{"M1", 10, 8.83, 9.98, 9.00, 11.20, 10.97, 11.00, 9.15, 9.20},
		{"M1", 30, 20.29, 32.56, 20.90, 30.40, 30.98, 31.00, 22.25, 22.60},
		{"M1", 50, 28.89, 52.65, 30.20, 50.60, 50.63, 51.00, 32.02, 34.00},
		{"M1", 70, 35.90, 71.80, 37.70, 69.90, 71.15, 71.00, 39.31, 41.20},
		{"M13b", 1, 1.76, 1.52, 1.00, 1.00, 2.09, 2.00, 0.96, 1.00},
		{"Uniform", 5, 4.45, 4.72, 4.80, 5.00, 4.97, 5.00, 4.69, 5.00},
		{"Uniform", 10, 8.08, 9.16, 8.10, 9.80, 9.87, 10.00, 8.55, 8.60},
		{"Uniform", 30, 19.05, 29.43, 19.90, 30.10, 29.82, 30.00, 19.72, 20.30},
		{"Uniform", 50, 27.20, 51.23, 28.70, 50.90, 49.81, 50.00, 27.94, 29.60},
		{"Uniform", 70, 33.93, 72.48, 35.90, 70.90, 70.67, 70.00, 34.76, 37.00},
	} {
		theirs := map[string]values{}
		for estimator, v := range map[string]float64{
			"MLE": p.mle, "GeoMLE": p.geomle, "MiND": p.mind, "DANCo": p.danco, "ESS": p.ess, "PCA": p.pca,
			"correlation": p.correlation, "Hein": p.hein,
		} {
			theirs[estimator] = values{mean: v, samples: 10}
		}
		t.rows = append(t.rows, row{manifold: datasets.BenchmarkManifold{Name: p.name, Rows: 1000, Dim: p.dim}, theirs: theirs})
	}
	return t
}
