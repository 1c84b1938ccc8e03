package npy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Dataset returns arrays as a set of samples: a row of X for every index of x's first axis, as Array.Dense64 has them. Where x has
// three axes, or a fourth of length one, rows are images of the second axis' height and the third's width; bytes are taken for
// pictures with light on dark ground, drawn as 255 black.
//
// Labels is nil, or a list of as many whole numbers, bools or strings as x has rows. Without names the different ones become
// Names in ascending order, and −1 and the empty string are unknown. With names, a list of strings, labels are indices into it,
// and −1 is unknown. Errors: those of Array.Dense64 and Array.Ints, a *mat32.ShapeError where labels are fewer or more than rows,
// a *mat32.ParamError for a label that names does not have.
func Dataset(x, labels, names *Array) (*datasets.Dataset, error) {
	const method = "npy.Dataset"
	values, err := x.Dense64()
	if err != nil {
		return nil, err
	}
	d := &datasets.Dataset{X: values}
	if len(x.Shape) == 3 || len(x.Shape) == 4 && x.Shape[3] == 1 {
		d.Height, d.Width = x.Shape[1], x.Shape[2]
		if _, bytes := x.Values.([]uint8); bytes {
			d.Ink = 255
		}
	}
	if labels == nil {
		return d, nil
	}
	if err := labels.check(method); err != nil {
		return nil, err
	}
	rows, _ := values.Dims()
	if n, _ := length(labels.Values); n != rows {
		return nil, &mat32.ShapeError{What: "labels", Rows: n, Cols: 1, Want: fmt.Sprintf("a label for each of the %d rows of x", rows)}
	}
	if texts, ok := labels.Values.([]string); ok {
		if names != nil {
			return nil, &mat32.ParamError{Method: method, Param: "labels", Value: "strings", Want: "indices into names"}
		}
		d.Labels, d.Names = numbered(texts, "", func(s string) string { return s })
		return d, nil
	}
	numbers, err := labels.Ints()
	if err != nil {
		return nil, err
	}
	if names == nil {
		name := strconv.Itoa
		if _, is := labels.Values.([]bool); is {
			name = func(v int) string { return strconv.FormatBool(v == 1) }
		}
		d.Labels, d.Names = numbered(numbers, -1, name)
		return d, nil
	}
	texts, ok := names.Values.([]string)
	if !ok {
		return nil, &mat32.ParamError{Method: method, Param: "names", Value: fmt.Sprintf("a %T", names.Values), Want: "strings"}
	}
	for i, l := range numbers {
		if l < -1 || l >= len(texts) {
			return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("label %d", i), Value: l, Want: fmt.Sprintf("−1, or an index into the %d names", len(texts))}
		}
	}
	d.Labels, d.Names = numbers, slices.Clone(texts)
	return d, nil
}

// numbered gives the different labels numbers, in ascending order, and −1 to those that are unknown.
func numbered[T int | string](labels []T, unknown T, name func(T) string) (numbers []int, names []string) {
	number := map[T]int{}
	for _, l := range labels {
		number[l] = 0
	}
	delete(number, unknown)
	for k, l := range slices.Sorted(maps.Keys(number)) {
		number[l] = k
		names = append(names, name(l))
	}
	number[unknown] = -1
	numbers = make([]int, len(labels))
	for i, l := range labels {
		numbers[i] = number[l]
	}
	return numbers, names
}

// Arrays returns what Dataset takes, for Archive.Save: "x", the values, with an axis for height and one for width where rows are
// images; "labels" and "names" where there are labels; "features" where columns have names. The values are borrowed. Errors: a
// *mat32.ParamError where the set has no X.
func Arrays(d *datasets.Dataset) (map[string]*Array, error) {
	if d == nil || d.X == nil {
		return nil, &mat32.ParamError{Method: "npy.Arrays", Param: "d", Value: "a set without X", Want: "values"}
	}
	arrays := map[string]*Array{}
	for name, values := range map[string]any{"x": d.X, "labels": d.Labels, "names": d.Names, "features": d.Features} {
		a, err := Of(values)
		if err != nil {
			return nil, err
		}
		if a.Shape[0] > 0 {
			arrays[name] = a
		}
	}
	if n, columns := d.X.Dims(); d.Width > 0 && d.Height > 0 && columns/d.Width == d.Height && columns%d.Width == 0 {
		arrays["x"].Shape = []int{n, d.Height, d.Width}
	}
	return arrays, nil
}
