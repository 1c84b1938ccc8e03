package datasets

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// read unpacks an embedded table into d: a gzip CSV file with a line of heads,
// whose first columns are measurements and whose others are categories, the
// first of them the labels. Categories are numbered in alphabetical order. The
// tables are part of the program and read by its tests, so that a damaged one is
// the program's fault, and a panic.
func (d *Dataset) read(packed string, measured int) *Dataset {
	must := func(err error) {
		if err != nil {
			panic(fmt.Sprintf("datasets: the embedded %s table is damaged: %v", d.Name, err))
		}
	}
	unzip, err := gzip.NewReader(strings.NewReader(packed))
	must(err)
	table, err := csv.NewReader(unzip).ReadAll()
	must(err)

	head, table := table[0], table[1:]
	d.Features = head[:measured]
	d.X = mat.NewDense(len(table), measured, nil)
	for i, line := range table {
		row := d.X.RawRowView(i)
		for j := range row {
			row[j], err = strconv.ParseFloat(line[j], 64)
			must(err)
		}
	}
	for c, name := range head[measured:] {
		words := make([]string, len(table))
		for i, line := range table {
			words[i] = line[measured+c]
		}
		f := factor(name, words)
		if c == 0 {
			d.Labels, d.Names = f.Labels, f.Names
		} else {
			d.Factors = append(d.Factors, f)
		}
	}
	return d
}

func factor(name string, words []string) Factor {
	names := slices.Compact(slices.Sorted(slices.Values(words)))
	labels := make([]int, len(words))
	for i, word := range words {
		labels[i], _ = slices.BinarySearch(names, word)
	}
	return Factor{Name: name, Labels: labels, Names: names}
}
