// Command pack makes the tables that package datasets embeds from the files in
// which they are published. It is run when a table is added or changed, not when
// Flatland is built:
//
//	FLATLAND_DATA=<folder> go generate ./pkg/datasets
//
// The folder holds iris.csv, wine.csv and digits.csv.gz as scikit-learn
// distributes them (the first two with a line that counts rows and columns and
// names the classes, the class number last), and penguins.json as vega-datasets
// does. Every table becomes a gzip CSV file: a line of heads, measurements as
// they are written in the source, then categories in words.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// A table is made from the source file of the same name.
type table struct {
	name, file string
	heads      []string
	rows       func(file []byte) ([][]string, error)
}

var tables = []table{
	{"iris", "iris.csv", []string{
		"sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)", "species",
	}, counted("setosa", "versicolor", "virginica")},
	{"wine", "wine.csv", []string{
		"alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
		"nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "OD280/OD315 of diluted wines",
		"proline", "cultivar",
	}, counted("cultivar 1", "cultivar 2", "cultivar 3")},
	{"digits", "digits.csv.gz", pixels(8, 8, "digit"), zipped},
	{"penguins", "penguins.json", []string{
		"bill length (mm)", "bill depth (mm)", "flipper length (mm)", "body mass (g)", "species", "island", "sex",
	}, penguins},
}

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "folder of the published files")
	to := flag.String("to", "data", "folder of the tables")
	flag.Parse()
	for _, t := range tables {
		if err := t.pack(*from, *to); err != nil {
			log.Fatalf("pack %s: %v", t.name, err)
		}
	}
}

func (t table) pack(from, to string) error {
	file, err := os.ReadFile(filepath.Join(from, t.file))
	if err != nil {
		return err
	}
	rows, err := t.rows(file)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	// WriteAll flushes. A row of another length is an error when the table is read.
	if err := csv.NewWriter(zip).WriteAll(slices.Insert(rows, 0, t.heads)); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, t.name+".csv.gz"), b.Bytes(), 0o644)
}

// counted reads a CSV file whose first line is a count, and whose last column is
// the number of a class.
func counted(classes ...string) func([]byte) ([][]string, error) {
	return func(file []byte) ([][]string, error) {
		r := csv.NewReader(bytes.NewReader(file))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			return nil, err
		}
		rows = rows[1:]
		for _, row := range rows {
			last := &row[len(row)-1]
			k, err := strconv.Atoi(*last)
			if err != nil || k < 0 || k >= len(classes) {
				return nil, fmt.Errorf("class %q is not one of the %d", *last, len(classes))
			}
			*last = classes[k]
		}
		return rows, nil
	}
}

// zipped reads a gzip CSV file that is already as it should be.
func zipped(file []byte) ([][]string, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(unzip)
	if err != nil {
		return nil, err
	}
	return csv.NewReader(bytes.NewReader(plain)).ReadAll()
}

// penguins reads the birds whose record is complete. One sex is given as a full
// stop, which is none.
func penguins(file []byte) ([][]string, error) {
	var birds []struct {
		BillLength    *json.Number `json:"Beak Length (mm)"`
		BillDepth     *json.Number `json:"Beak Depth (mm)"`
		FlipperLength *json.Number `json:"Flipper Length (mm)"`
		BodyMass      *json.Number `json:"Body Mass (g)"`
		Species       string
		Island        string
		Sex           string
	}
	if err := json.Unmarshal(file, &birds); err != nil {
		return nil, err
	}
	sexes := map[string]string{"FEMALE": "female", "MALE": "male"}
	var rows [][]string
	for _, b := range birds {
		sex, known := sexes[b.Sex]
		if b.BillLength == nil || b.BillDepth == nil || b.FlipperLength == nil || b.BodyMass == nil || !known {
			continue
		}
		rows = append(rows, []string{
			b.BillLength.String(), b.BillDepth.String(), b.FlipperLength.String(), b.BodyMass.String(),
			b.Species, b.Island, sex,
		})
	}
	return rows, nil
}

// pixels names the columns of an image, line after line, and the label.
func pixels(width, height int, label string) []string {
	var heads []string
	for y := range height {
		for x := range width {
			heads = append(heads, fmt.Sprintf("pixel_%d_%d", y, x))
		}
	}
	return append(heads, label)
}
