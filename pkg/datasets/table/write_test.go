package table

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

func odd() *Table {
	return &Table{Columns: []Column{
		{Name: "a, number", Numbers: []float64{0.1, -1e-300, math.NaN(), math.Inf(-1), 123456789012345680, math.Copysign(0, -1), 1e21}},
		{Name: "category", Kind: Category, Codes: []int{0, 1, -1, 0, 1, 1, 0}, Names: []string{"x", "y \"z\""}},
		{Name: "#text", Kind: Text, Texts: []string{"line\nbreak", " blanks ", "", "a,b", "\r", "\ufeffmark", "é"}},
	}}
}

func TestWrittenTablesAreReadAgain(t *testing.T) {
	for name, c := range map[string]CSV{
		"plain": {}, "semicolon": {Comma: ';', Decimal: ','}, "tab": {Comma: '\t'}, "comment": {Comment: "#"},
	} {
		want := odd()
		want.Columns[0], want.Columns[2] = want.Columns[2], want.Columns[0]
		var b bytes.Buffer
		if err := c.Write(&b, want); err != nil {
			t.Fatal(err)
		}
		c.Header = Present
		got := read(t, c, b.String())
		if !same(got, want) {
			t.Errorf("%s: %q gave %+v", name, b.String(), got)
		}
	}
}

// same compares the columns of two tables, to the last bit.
func same(a, b *Table) bool {
	if len(a.Columns) != len(b.Columns) {
		return false
	}
	for j := range a.Columns {
		x, y := &a.Columns[j], &b.Columns[j]
		if x.Name != y.Name || x.Kind != y.Kind || x.Rows() != y.Rows() || !equal(x.Codes, y.Codes) || !equal(x.Names, y.Names) || !equal(x.Texts, y.Texts) {
			return false
		}
		for r, v := range x.Numbers {
			if math.Float64bits(v) != math.Float64bits(y.Numbers[r]) && !(math.IsNaN(v) && math.IsNaN(y.Numbers[r])) {
				return false
			}
		}
	}
	return true
}

func equal[T any](a, b []T) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

func TestSave(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"t.csv", "t.csv.gz"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := (CSV{}).Save(path, odd()); err != nil {
			t.Fatal(err)
		}
		got, err := CSV{}.Open(context.Background(), path)
		if err != nil || !same(got, odd()) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// What cannot be written leaves the old file, and nothing beside it.
	path := filepath.Join(folder, "t.csv")
	before, _ := os.ReadFile(path)
	bad := odd()
	bad.Columns[1].Codes = bad.Columns[1].Codes[:2]
	var shape *mat32.ShapeError
	if err := (CSV{}).Save(path, bad); !errors.As(err, &shape) {
		t.Errorf("a ragged table: %v", err)
	}
	bad = odd()
	bad.Columns[1].Codes[3] = 2
	var param *mat32.ParamError
	if err := (CSV{}).Save(path, bad); !errors.As(err, &param) {
		t.Errorf("a code of nothing: %v", err)
	}
	if err := (CSV{}).Save(path, &Table{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no columns: %v", err)
	}
	if err := (CSV{Decimal: ','}).Save(path, odd()); !errors.As(err, &param) {
		t.Errorf("a comma for both: %v", err)
	}
	after, _ := os.ReadFile(path)
	files, _ := os.ReadDir(folder)
	if !bytes.Equal(before, after) || len(files) != 2 {
		t.Errorf("the file changed, or there are %d files", len(files))
	}
	if err := (CSV{}).Write(full{}, odd()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// FuzzCSV holds that reading never panics, and that what was read is read again from what is written of it.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n3,x\n", "a;b\n\"1;\n\"\"2\";3,5\n", "\ufeffa\tb\r\n1\t2\r\n", "x\r\"\"\r1\r", "a,a,\n1,inf,true\nNA,1e999,false\n",
		"\xff\xfea\x00\n\x001\x00\n\x00", "\x1f\x8b", "#c\n0,1,2,3\n0.5,1,2,3\n", "a,b\nr,1,2\n", "\"a\n", " \n", "a|b\n\"\ufeff\"|\" \"\n",
	} {
		f.Add([]byte(text), byte(0))
		f.Add([]byte(text), byte(255))
	}
	f.Fuzz(func(t *testing.T, text []byte, options byte) {
		c := CSV{MemoryLimit: 64 << 20, Header: Header(options & 3 % 3)}
		if options&4 != 0 {
			c.Comment = "#"
		}
		if options&8 != 0 {
			c.MaxRows = 2
		}
		if options&16 != 0 {
			c.Decimal, c.Comma = ',', ';'
		}
		if options&32 != 0 {
			c.Thousands = '\''
		}
		if options&64 != 0 {
			c.SkipLines = 1
		}
		got, err := c.Read(context.Background(), bytes.NewReader(text))
		if err != nil {
			return
		}
		for j := range got.Columns {
			if got.Columns[j].Rows() != got.Rows() {
				t.Fatalf("column %d has %d rows of %d", j, got.Columns[j].Rows(), got.Rows())
			}
		}
		_ = got.String()
		if c.MaxRows > 0 && got.Rows() > c.MaxRows {
			t.Fatalf("%d rows", got.Rows())
		}
		c.Header, c.SkipLines = Present, 0
		if c.Comma == 0 {
			c.Comma = ','
		}
		var b strings.Builder
		if err := c.Write(&b, got); err != nil {
			t.Fatal(err)
		}
		again, err := c.Read(context.Background(), strings.NewReader(b.String()))
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		if !same(again, got) {
			t.Fatalf("%q became %q:\n%+v\n%+v", text, b.String(), got, again)
		}
	})
}
