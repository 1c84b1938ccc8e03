package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Labels returns the class of every row, an index into names, −1 where it is missing, by a column. The classes of a category are its
// own; those of text are in the order they come, those of numbers in the order of their size. The error is a *mat32.ParamError for a
// name that there is not.
func (t *Table) Labels(column string) (labels []int, names []string, err error) {
	const method = "table.Table.Labels"
	c, err := t.column(method, column)
	if err == nil {
		err = t.check(method, []*Column{c})
	}
	if err != nil {
		return nil, nil, err
	}
	switch c.Kind {
	case Category:
		return slices.Clone(c.Codes), slices.Clone(c.Names), nil
	case Text:
		labels, names = coded(c.Texts)
		return labels, names, nil
	}
	values := slices.DeleteFunc(slices.Clone(c.Numbers), math.IsNaN)
	slices.Sort(values)
	values = slices.Compact(values)
	names = make([]string, len(values))
	for k, v := range values {
		names[k] = strconv.FormatFloat(v+0, 'g', -1, 64) // no minus at 0
	}
	labels = make([]int, len(c.Numbers))
	for r, v := range c.Numbers {
		if labels[r] = -1; !math.IsNaN(v) {
			labels[r], _ = slices.BinarySearch(values, v)
		}
	}
	return labels, names, nil
}

// coded numbers words in the order they come, and empty ones −1.
func coded(words []string) (codes []int, names []string) {
	codes = make([]int, len(words))
	of := map[string]int{}
	for r, word := range words {
		if word == "" {
			codes[r] = -1
			continue
		}
		code, known := of[word]
		if !known {
			code = len(names)
			of[word] = code
			names = append(names, word)
		}
		codes[r] = code
	}
	return codes, names
}

// Dataset returns the named features, or all columns of numbers but the label where none is named, as rows, with the classes of the
// label column and the categories as factors; no label where it is "". Errors are those of Dense64 and Labels.
func (t *Table) Dataset(label string, features ...string) (*datasets.Dataset, error) {
	const method = "table.Table.Dataset"
	d := &datasets.Dataset{Name: "table", Notes: slices.Clone(t.Notes)}
	if label != "" {
		var err error
		if d.Labels, d.Names, err = t.Labels(label); err != nil {
			return nil, mat32.Rename(method, err)
		}
	}
	if len(features) == 0 {
		features = slices.DeleteFunc(t.Numbers(), func(name string) bool { return name == label })
		if len(features) == 0 {
			reason := "no column beside the label holds numbers: OneHot makes numbers of categories"
			if len(t.Notes) > 0 { // which say where numbers were taken for words
				reason += "; " + strings.Join(t.Notes, "; ")
			}
			return nil, &mat32.DegenerateError{Method: method, Reason: reason}
		}
	}
	x, err := t.Dense64(features...)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	d.X, d.Features = x, slices.Clone(features)
	for j := range t.Columns {
		if c := &t.Columns[j]; c.Kind == Category && c.Name != label {
			labels, names, err := t.Labels(c.Name)
			if err != nil {
				return nil, mat32.Rename(method, err)
			}
			d.Factors = append(d.Factors, datasets.Factor{Name: c.Name, Labels: labels, Names: names})
		}
	}
	return d, nil
}

// OneHot returns a table in which every named category, or each there is where none is named, is replaced by a column of numbers for
// each of its words, called "column=word": 1 in rows of that word, 0 in others, NaN where it is missing. Other columns share their
// values with t. Errors: a *mat32.ParamError for a name that there is not, or a column of another kind; a *mat32.MemoryError where
// the new columns need more than GOMEMLIMIT, or 4 GiB where that is not set.
func (t *Table) OneHot(columns ...string) (*Table, error) {
	const method = "table.Table.OneHot"
	if len(columns) == 0 {
		for j := range t.Columns {
			if t.Columns[j].Kind == Category {
				columns = append(columns, t.Columns[j].Name)
			}
		}
	}
	chosen := map[string]bool{}
	words := int64(0)
	for _, name := range columns {
		c, err := t.column(method, name)
		if err == nil {
			err = t.check(method, []*Column{c})
		}
		if err != nil {
			return nil, err
		}
		if c.Kind != Category {
			return nil, &mat32.ParamError{Method: method, Param: "column", Value: fmt.Sprintf("%q, which is a %v", name, c.Kind), Want: "categories"}
		}
		chosen[name] = true
		words += int64(len(c.Names))
	}
	if err := mat32.CheckMemory(method, 8*words*int64(t.Rows()), 0, "name only categories of few words"); err != nil {
		return nil, err
	}
	out := &Table{Notes: slices.Clone(t.Notes)}
	for j := range t.Columns {
		c := &t.Columns[j]
		if !chosen[c.Name] {
			out.Columns = append(out.Columns, *c)
			continue
		}
		for code, word := range c.Names {
			hot := make([]float64, len(c.Codes))
			for r, other := range c.Codes {
				switch other {
				case code:
					hot[r] = 1
				case -1:
					hot[r] = math.NaN()
				}
			}
			out.Columns = append(out.Columns, Column{Name: c.Name + "=" + word, Numbers: hot})
		}
	}
	return out, nil
}
