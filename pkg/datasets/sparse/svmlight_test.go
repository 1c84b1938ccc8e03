package sparse_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestSVMLightNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		s          sparse.SVMLight
		text, says string
		line       int
	}{
		{sparse.SVMLight{}, "1 1:1\n1 1:x\n", `"x" is no number`, 2},
		{sparse.SVMLight{}, "1 1:1\n1 1\n", `"1" is not index:value`, 2},
		{sparse.SVMLight{}, "1 1: 1\n", "value is missing", 1},
		{sparse.SVMLight{}, "1 a:1\n", `"a:1" is not index:value`, 1},
		{sparse.SVMLight{}, "1 99999999999999999999:1\n", "beyond what is read", 1},
		{sparse.SVMLight{}, "1 2:1 1:1\n", "index 1 follows index 2", 1},
		{sparse.SVMLight{}, "1 1:1e60\n", "range of float32", 1},
		{sparse.SVMLight{}, "nan 1:1\n", "target", 1},
		{sparse.SVMLight{}, "1,2 1:1\n", "with Multilabel", 1},
		{sparse.SVMLight{Multilabel: true}, "1,,2 1:1\n", `label ""`, 1},
		{sparse.SVMLight{}, "1 qid:x 1:1\n", "number of a query", 1},
		{sparse.SVMLight{}, "1 qid:1 1:1\n\n1 1:1\n", "no query, and rows above", 3},
		{sparse.SVMLight{}, "1 1:1\n1 qid:1 1:1\n", "has a query, and rows above", 2},
		{sparse.SVMLight{Base: sparse.FromOne}, "1 0:1\n", "counted from 1", 1},
		{sparse.SVMLight{Features: 3}, "1 1:1\n1 4:1\n1 2:2\n", "index 4 is beyond the 3 features", 2},
	} {
		_, err := c.s.Read(t.Context(), strings.NewReader(c.text))
		var bad *mat32.FileError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) || bad.Line != c.line {
			t.Errorf("%q: got %v, want %q of line %d", c.text, err, c.says, c.line)
		}
	}
	var param *mat32.ParamError
	if _, err := (sparse.SVMLight{Features: -1}).Read(t.Context(), strings.NewReader("")); !errors.As(err, &param) {
		t.Errorf("Features −1: %v", err)
	}
	if _, err := (sparse.SVMLight{Base: 3}).Open(t.Context(), ""); !errors.As(err, &param) {
		t.Errorf("Base 3: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (sparse.SVMLight{MemoryLimit: 1000}).Read(t.Context(), strings.NewReader(strings.Repeat("1 1:1\n", 1000))); !errors.As(err, &memory) {
		t.Errorf("more than the limit: %v", err)
	}
}

func TestSVMLightBaseAndFeatures(t *testing.T) {
	for _, c := range []struct {
		s     sparse.SVMLight
		text  string
		base  sparse.Base
		shape [2]int
	}{
		{sparse.SVMLight{}, "1 1:1 3:1\n", sparse.FromOne, [2]int{1, 3}},
		{sparse.SVMLight{}, "1 1:1 3:1\n1 0:1\n", sparse.FromZero, [2]int{2, 4}},
		{sparse.SVMLight{Base: sparse.FromZero}, "1 1:1 3:1\n", sparse.FromZero, [2]int{1, 4}},
		{sparse.SVMLight{Features: 9}, "1 1:1 3:1\n", sparse.FromOne, [2]int{1, 9}},
		{sparse.SVMLight{}, "1\n-1\n", sparse.FromZero, [2]int{2, 0}},
		{sparse.SVMLight{}, "", sparse.FromZero, [2]int{0, 0}},
	} {
		l, err := c.s.Read(t.Context(), strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		rows, cols := l.X.Dims()
		if l.Base != c.base || [2]int{rows, cols} != c.shape {
			t.Errorf("%+v %q: base %d, %d × %d", c.s, c.text, l.Base, rows, cols)
		}
	}
}

func TestSVMLightClasses(t *testing.T) {
	l, err := sparse.SVMLight{}.Read(t.Context(), strings.NewReader("\xef\xbb\xbf+1 1:1\r\n-1 2:1\r\n0.5\r\n1 1:2"))
	if err != nil {
		t.Fatal(err)
	}
	labels, names := l.Classes()
	if !slices.Equal(labels, []int{2, 0, 1, 2}) || !slices.Equal(names, []string{"-1", "0.5", "1"}) {
		t.Errorf("got %v of %v", labels, names)
	}
	if labels, names = (&sparse.Labeled{}).Classes(); labels != nil || names != nil {
		t.Errorf("no targets: %v of %v", labels, names)
	}
}

func TestSVMLightStreamsAreTheMatrix(t *testing.T) {
	_, x := random(3000, 300, 100_000)
	var b strings.Builder
	n, _ := x.Dims()
	for i := range n {
		fmt.Fprint(&b, i%3)
		columns, values := x.Row(i)
		for k, j := range columns {
			fmt.Fprintf(&b, " %d:%v", j+1, values[k])
		}
		fmt.Fprintln(&b)
	}
	path := filepath.Join(t.TempDir(), "x.svm")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := sparse.SVMLight{}.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, l.X, x)
	for _, s := range []sparse.SVMLight{{}, {Features: 300, Base: sparse.FromOne}, {Features: 300}} {
		r, err := s.Rows(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rows(t, r)
		if err != nil || !mat.Equal(got, x) {
			t.Errorf("%+v: the stream differs from the matrix: %v", s, err)
		}
		for range r.Batches(t.Context(), 5) {
			break
		}
	}
	var bad *mat32.FileError
	if _, err := (sparse.SVMLight{Features: 10}).Rows(t.Context(), path); !errors.As(err, &bad) || bad.Line == 0 {
		t.Errorf("10 features: %v", err)
	}
	r, err := sparse.SVMLight{Features: 10, Base: sparse.FromOne}.Rows(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = rows(t, r); !errors.As(err, &bad) || bad.Line == 0 {
		t.Errorf("10 features, read once: %v", err)
	}
}
