package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func read(t testing.TB, c CSV, text string) *Table {
	t.Helper()
	table, err := c.Read(context.Background(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// The tables of pandas, with what differs by design.
func TestTablesAreThoseOfPandas(t *testing.T) {
	var g struct {
		Cases []struct {
			Name, Text string
			Options    struct {
				Sep, Decimal, Thousands, Comment string
				Missing                          []string `json:"na_values"`
				SkipRows                         int
				Header                           *int
				UseCols                          []string
				NRows                            int
			}
			Columns []struct {
				Name    string
				Numbers bool
				Values  []any
			}
		}
	}
	golden.Load(t, "csv", &g)
	if len(g.Cases) < 30 {
		t.Fatalf("%d cases", len(g.Cases))
	}
	char := func(s string) byte {
		if s == "" {
			return 0
		}
		return s[0]
	}
	for _, c := range g.Cases {
		o := c.Options
		option := CSV{Decimal: char(o.Decimal), Thousands: char(o.Thousands), Comment: o.Comment, Missing: o.Missing, SkipLines: o.SkipRows, Columns: o.UseCols, MaxRows: o.NRows}
		got, err := option.Read(context.Background(), strings.NewReader(c.Text))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if len(got.Columns) != len(c.Columns) {
			t.Errorf("%s: columns %q", c.Name, got.Names())
			continue
		}
		for j, want := range c.Columns {
			col := &got.Columns[j]
			if c.Name == "no names" {
				want.Name = nameless(j)
			}
			// A column without rows is text to pandas.
			if col.Name != want.Name || (col.Kind == Number) != want.Numbers && len(want.Values) > 0 || col.Rows() != len(want.Values) {
				t.Errorf("%s: column %q is %v of %d rows, pandas has %q, %v, %d", c.Name, col.Name, col.Kind, col.Rows(), want.Name, want.Numbers, len(want.Values))
				continue
			}
			for r, w := range want.Values {
				same := col.Missing(r)
				switch w := w.(type) {
				case string:
					if col.Kind == Number {
						same = w == map[bool]string{true: "inf", false: "-inf"}[col.Numbers[r] > 0] && math.IsInf(col.Numbers[r], 0)
					} else if same = col.word(r) == w; w == "True" || w == "False" {
						same = strings.EqualFold(col.word(r), w)
					}
				case float64:
					same = math.Float64bits(col.Numbers[r]) == math.Float64bits(w)
				}
				if !same {
					t.Errorf("%s: row %d of %q differs from %v: %+v", c.Name, r, col.Name, w, col)
				}
			}
		}
	}
}

// What goes wrong is named with its line and column.
func TestErrorsNameLineAndColumn(t *testing.T) {
	number := map[string]Kind{"b": Number}
	for name, c := range map[string]struct {
		option CSV
		text   string
		line   int
		column string
		says   string
	}{
		"too many cells":      {CSV{}, "a,b\n1,2\n\n3,4,5\n", 4, "", "this row has 3 cells, want 2"},
		"too few":             {CSV{}, "a,b\r\n1,2\r\n3\r\n", 3, "", "this row has 1 cell, want 2"},
		"behind quoted ends":  {CSV{}, "a,b\n1,\"x\ny\n\"\n3\n", 5, "", "1 cell"},
		"carriage returns":    {CSV{}, "a,b\r1,2\r3\r", 3, "", "1 cell"},
		"not a number":        {CSV{Types: number}, "a,b\nx,1\ny,2\nz,1.5.2\n", 4, "b", `the cell "1.5.2" is not a number`},
		"lines above":         {CSV{Types: number, SkipLines: 1}, "title\na,b\nx,1\ny,x\n", 4, "b", `"x"`},
		"an open quote":       {CSV{}, "a,b\n1,2\n3,\"x\n4,5\n", 3, "b", "none closes it"},
		"an inner quote":      {CSV{}, "a,b\n1,\"x\"y\n", 2, "b", "a quote ends"},
		"NUL":                 {CSV{}, "a,b\n1,2\n3,\x00\n", 3, "", "NUL byte"},
		"UTF-16 without mark": {CSV{}, "a\x00,\x00b\x00\n\x00", 1, "", "UTF-16"},
		"empty":               {CSV{}, "", 0, "", "it is empty"},
		"blank":               {CSV{}, "\n \n\n", 0, "", "it is empty"},
		"fewer lines":         {CSV{SkipLines: 5}, "a\n1\n", 0, "", "no more than the lines to skip"},
		"a page":              {CSV{}, "\n<!DOCTYPE html>\n<html>404, not here</html>\n", 0, "", "it is a web page"},
		"names alone":         {CSV{Header: Present}, "\"a\n", 1, "", "none closes it"},
	} {
		_, err := c.option.Read(context.Background(), strings.NewReader(c.text))
		var file *mat32.FileError
		if !errors.As(err, &file) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Line != c.line || file.Column != c.column || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: line %d, column %q: %v", name, file.Line, file.Column, err)
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for name, c := range map[string]CSV{
		"comma":              {Comma: '"'},
		"comma of two bytes": {Comma: 0xe9},
		"decimal":            {Decimal: '1'},
		"both":               {Comma: ',', Decimal: ','},
		"thousands":          {Thousands: '.'},
		"skip":               {SkipLines: -1},
		"rows":               {MaxRows: -1},
		"memory":             {MemoryLimit: -1},
		"header":             {Header: 7},
		"comment":            {Comment: "a\nb"},
		"types":              {Types: map[string]Kind{"a": 9}},
		"types of nothing":   {Types: map[string]Kind{"z": Text}},
		"columns":            {Columns: []string{"z"}},
		"columns twice":      {Columns: []string{"a", "a"}},
		"no columns":         {Columns: []string{}},
	} {
		_, err := c.Read(context.Background(), strings.NewReader("a,b\n1,2\n"))
		var param *mat32.ParamError
		if !errors.As(err, &param) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// big is a table of pieces enough for every worker, with all kinds of columns, some of which show what they are only far down.
func big(rows int) string {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("number,category,text,late,many,quoted\n")
	for i := range rows {
		late := fmt.Sprint(i)
		if i == rows-10 {
			late = "surprise"
		}
		fmt.Fprintf(&b, "%.17g,%c,\"word %d, \"\"%x\"\"\",%s,%d-,\"line\n%d\"\n", r.NormFloat64(), 'a'+rune(r.IntN(5)), i, r.Uint64(), late, i/3, i%7)
	}
	return b.String()
}

func TestSameTableOnAnyNumberOfCores(t *testing.T) {
	rows := 120_000
	if testing.Short() { // three pieces all the same
		rows = 45_000
	}
	text := big(rows)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := read(t, CSV{}, text)
	kinds := []Kind{Number, Category, Text, Text, Category, Category}
	for j, k := range kinds {
		if want.Columns[j].Kind != k {
			t.Errorf("column %q is a %v, want %v", want.Columns[j].Name, want.Columns[j].Kind, k)
		}
	}
	if late := want.Columns[3].Texts; want.Rows() != rows || late[0] != "0" || late[rows-10] != "surprise" {
		t.Errorf("late: %d rows, %q, %q", want.Rows(), late[0], late[rows-10])
	}
	if text := want.Columns[2].Texts[7]; !strings.HasPrefix(text, `word 7, "`) {
		t.Errorf("text is %q", text)
	}
	for _, cores := range []int{2, 7} {
		runtime.GOMAXPROCS(cores)
		if got := read(t, CSV{}, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%d cores: another table", cores)
		}
	}
	bad := text + "1,2\n" + strings.Repeat("x\n", 1000)
	for _, cores := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(cores)
		_, err := CSV{}.Read(context.Background(), strings.NewReader(bad))
		var file *mat32.FileError
		if !errors.As(err, &file) || file.Line != 2*rows+2 {
			t.Errorf("%d cores: %v", cores, err)
		}
	}
}

// More words than a category may have make text, wherever the limit is passed.
func TestTooManyWordsAreText(t *testing.T) {
	testenv.Unraced(t) // which the cores of another test do
	var b strings.Builder
	b.WriteString("n,w\n")
	for i := range 200_000 {
		fmt.Fprintf(&b, "%d,w%d\n", i, i%70_000)
	}
	got := read(t, CSV{}, b.String())
	w := &got.Columns[1]
	if w.Kind != Text {
		t.Fatalf("a column of 70 000 words is a %v", w.Kind)
	}
	for r, word := range w.Texts {
		if want := fmt.Sprintf("w%d", r%70_000); word != want {
			t.Fatalf("row %d is %q, want %q", r, word, want)
		}
	}
	got = read(t, CSV{Types: map[string]Kind{"w": Category}}, b.String())
	if c := &got.Columns[1]; c.Kind != Category || len(c.Names) != 70_000 || c.Codes[199_999] != 199_999%70_000 {
		t.Errorf("as a category it is a %v of %d words", c.Kind, len(c.Names))
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]Kind{
		"w\na\nb\na\nb\n":                   Category,
		"w\na\nb\nc\n":                      Text,
		"w\na\nb\nNA\nNA\n":                 Text,
		"w\ntrue\n":                         Category,
		"w\nTrue\nFalse\n":                  Category,
		"w\n1\nNA\n":                        Number,
		"w\n1\n0x1\n":                       Text,
		"w\n1\nx\nx\n1\n":                   Category,
		"w\n" + strings.Repeat("\"\"\n", 3): Number,
	} {
		if got := read(t, CSV{Header: Present}, text).Columns[0].Kind; got != want {
			t.Errorf("%q is a %v, want %v", text, got, want)
		}
	}
	typed := read(t, CSV{Types: map[string]Kind{"a": Text, "b": Category, "c": Number}}, "a,b,c\n007,1,\n8,1,NA\n")
	if a, b, c := typed.Columns[0], typed.Columns[1], typed.Columns[2]; a.Texts[0] != "007" || b.Kind != Category || b.Names[0] != "1" || c.Kind != Number {
		t.Errorf("typed: %+v", typed)
	}
}

func TestSeparatorIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n1,2\n":                   "a|b",
		"a;b\n1,5;2,5\n3,5;4,5\n":      "a|b",
		"a\tb\n1;2\t3;4\n":             "a|b",
		"a|b|c\nx,y|1|2\nz,w|3|4\n":    "a|b|c",
		"name;alias,n\nx;y,1\nz;w,2\n": "name;alias|n",
		"a b\n1\n2\n":                  "a b",
		"\"x;y;z\",b\n\"1;2;3\",2\n":   "x;y;z|b",
		"a,b\nr,1,2\ns,3,4\n":          "index|a|b",
	} {
		if got := strings.Join(read(t, CSV{}, text).Names(), "|"); got != want {
			t.Errorf("%q: columns %q, want %q", text, got, want)
		}
	}
	if got := read(t, CSV{Decimal: ','}, "x\n1,5\n2,5\n"); !slices.Equal(got.Columns[0].Numbers, []float64{1.5, 2.5}) {
		t.Errorf("one column with decimal commas: %+v", got)
	}
	if notes := read(t, CSV{}, "a;b\n1;2\n").Notes; len(notes) != 1 || !strings.Contains(notes[0], "';'") {
		t.Errorf("notes %q", notes)
	}
}

func TestHeaderIsFound(t *testing.T) {
	counted := "0,1,2,3,4,5,6,7,8,9\n" + strings.Repeat("5,4,3,2,1,0,0,0,0,0\n", 2)
	for _, c := range []struct {
		text   string
		header Header
		names  string
		rows   int
	}{
		{"a,b\n1,2\n", Detect, "a|b", 1},
		{"1,2\n3,4\n", Detect, "column 1|column 2", 2},
		{"1,x\n3,y\n", Detect, "column 1|column 2", 2},
		{"NA,NA\n3,4\n", Detect, "column 1|column 2", 2},
		{"x,y\nz,w\n", Detect, "x|y", 1},
		{"x,y\nz,w\n", Absent, "column 1|column 2", 2},
		{"1,2\n3,4\n", Present, "1|2", 1},
		{",0,1,2,3\nr,1.5,2,3,4\n", Detect, "column 1|0|1|2|3", 1},
		{"0,1,2,3\n4,5,6,7\n", Detect, "column 1|column 2|column 3|column 4", 2},
		{counted, Detect, "0|1|2|3|4|5|6|7|8|9", 2},
		{"a,,a,\n1,2,3,4\n", Detect, "a|column 2|a.1|column 4", 1},
		{"a,a.1,a\n1,2,3\n", Detect, "a|a.1|a.2", 1},
		{" a ,\tb\n1,2\n", Detect, "a|b", 1},
	} {
		got := read(t, CSV{Header: c.header}, c.text)
		if names := strings.Join(got.Names(), "|"); names != c.names || got.Rows() != c.rows {
			t.Errorf("%q, %v: names %s, %d rows, want %s, %d", c.text, c.header, names, got.Rows(), c.names, c.rows)
		}
	}
}

func TestNotesSayWhatIsOdd(t *testing.T) {
	for text, says := range map[string]string{
		"a\n9007199254740993\n":       `column "a" holds whole numbers that no float64 holds`,
		"a\n1e999\n":                  `column "a" holds numbers beyond the range`,
		"a;b\n1;\"2,5\"\n2;\"3,5\"\n": "decimal comma",
		"a,b\n1,\xff\xfe\n2,x\n":      "not UTF-8",
		"a,a\n1,2\n":                  "same name",
		"1,2\n3,4\n":                  "holds numbers and is data",
	} {
		if notes := read(t, CSV{}, text).Notes; !strings.Contains(strings.Join(notes, "\n"), says) {
			t.Errorf("%q: notes %q, want one that says %q", text, notes, says)
		}
	}
	if notes := read(t, CSV{}, "a,b\n1,x\n9007199254740992,x\n").Notes; notes != nil {
		t.Errorf("a plain table has notes %q", notes)
	}
}

func TestPackedAndWideFiles(t *testing.T) {
	text := "größe,b\n1,𝄞x\n2,y\n"
	want := read(t, CSV{}, text)
	units := utf16.Encode([]rune("\ufeff" + text))
	little, big := make([]byte, 0, 2*len(units)), make([]byte, 0, 2*len(units))
	for _, u := range units {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("\ufeff" + text))
	z.Close()
	for name, b := range map[string][]byte{"little-endian": little, "big-endian": big, "gzip": packed.Bytes()} {
		path := filepath.Join(t.TempDir(), "table")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := CSV{}.Open(context.Background(), path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got.Columns, want.Columns) {
			t.Errorf("%s: %+v", name, got)
		}
		for _, cut := range []int{len(b) - 1, len(b) - 9} {
			if _, err := (CSV{}).Read(context.Background(), bytes.NewReader(b[:cut])); name != "little-endian" && name != "big-endian" || cut == len(b)-1 {
				var file *mat32.FileError
				if !errors.As(err, &file) {
					t.Errorf("%s, cut off: %v", name, err)
				}
			}
		}
	}
}

// pipe is a reader that cannot be read twice.
type pipe struct{ r io.Reader }

func (p pipe) Read(b []byte) (int, error) { return p.r.Read(b) }

func TestWordFarDownInAPipe(t *testing.T) {
	text := big(45_000)
	want := read(t, CSV{}, text)
	got, err := CSV{}.Read(context.Background(), pipe{strings.NewReader(text)})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("from a pipe it is another table, %v", err)
	}
	spilled := twice(pipe{strings.NewReader("")})
	if _, err := spilled.open(); err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("x"), inMemory/2+1)
	for range 3 {
		if _, err := spilled.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	name := spilled.file.Name()
	r, err := spilled.open()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != int64(3*len(block)) || err != nil {
		t.Errorf("%d bytes kept, %v", n, err)
	}
	if err := spilled.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Error("the temporary file is still there")
	}
}

func TestRowsAndColumnsThatAreAskedFor(t *testing.T) {
	text := "a,b,c\n1,2,3\n4,5,6\n7,x\n"
	got := read(t, CSV{MaxRows: 2, Columns: []string{"c", "a"}}, text)
	if names := got.Names(); !slices.Equal(names, []string{"c", "a"}) || !slices.Equal(got.Columns[0].Numbers, []float64{3, 6}) || got.Columns[1].Kind != Number {
		t.Errorf("%+v", got)
	}
	long := big(45_000)
	if got := read(t, CSV{MaxRows: 44_000}, long); got.Rows() != 44_000 || got.Columns[3].Kind != Number {
		t.Errorf("%d rows, late is a %v", got.Rows(), got.Columns[3].Kind)
	}
	if got := read(t, CSV{MaxRows: 1 << 40}, "a\n1\n"); got.Rows() != 1 {
		t.Errorf("%d rows", got.Rows())
	}
}

func TestManyColumns(t *testing.T) {
	const wide = 10_000
	var b strings.Builder
	for r := range 40 {
		for j := range wide {
			if j > 0 {
				b.WriteByte(',')
			}
			if r == 0 {
				fmt.Fprintf(&b, "g%d", j)
			} else {
				fmt.Fprintf(&b, "%d", r*j)
			}
		}
		b.WriteByte('\n')
	}
	got := read(t, CSV{}, b.String())
	if got.Rows() != 39 || len(got.Columns) != wide || got.Columns[wide-1].Numbers[38] != 39*(wide-1) {
		t.Errorf("%d × %d", got.Rows(), len(got.Columns))
	}
}

func TestRowsThatDoNotEnd(t *testing.T) {
	testenv.Unraced(t)
	endless := func(start string) error {
		_, err := CSV{}.read(context.Background(), func() (*source.File, error) {
			return source.From(context.Background(), csvKind, "endless", io.MultiReader(strings.NewReader(start), io.LimitReader(zeros{}, 1<<30)))
		})
		return err
	}
	err := endless("a,b\n1,2\n3,\"")
	var file *mat32.FileError
	if !errors.As(err, &file) || file.Line != 3 || !strings.Contains(err.Error(), "a quote is never closed") {
		t.Errorf("an open quote: %v", err)
	}
	if err := endless("a,b\n1,"); !errors.As(err, &file) || file.Line != 2 || !strings.Contains(err.Error(), "does not end within 64 MiB") {
		t.Errorf("a long row: %v", err)
	}
}

// zeros is a reader of digits.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], "00000000000000000000000000000000")
	}
	return len(p), nil
}

func TestMemoryIsLimited(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,2\n", 400_000)
	path := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var memory *mat32.MemoryError
	if _, err := (CSV{MemoryLimit: 1 << 20}).Open(context.Background(), path); !errors.As(err, &memory) || memory.Need < 6_000_000 || memory.Path != path {
		t.Errorf("a file: %v", err)
	}
	if _, err := (CSV{MemoryLimit: 3 << 20}).Read(context.Background(), strings.NewReader(text)); !errors.As(err, &memory) {
		t.Errorf("a reader: %v", err)
	}
	words := "t\n" + strings.Repeat(strings.Repeat("long", 50)+"\n"+strings.Repeat("text", 50)+"\n", 20_000)
	if _, err := (CSV{MemoryLimit: 4 << 20, Types: map[string]Kind{"t": Text}}).Read(context.Background(), strings.NewReader(words)); !errors.As(err, &memory) {
		t.Errorf("long words: %v", err)
	}
	if _, err := (CSV{MemoryLimit: 1 << 20}).Read(context.Background(), strings.NewReader(words)); err != nil {
		t.Errorf("two long words: %v", err)
	}
	if _, err := (CSV{MemoryLimit: 1 << 20, MaxRows: 1000}).Open(context.Background(), path); err != nil {
		t.Errorf("a few rows: %v", err)
	}
}

// Many empty lines beside many columns do not ask for memory.
func TestEmptyLinesCostNothing(t *testing.T) {
	text := strings.Repeat("a,", 3000) + "a\n" + strings.Repeat("\n", 3<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := read(t, CSV{}, text); got.Rows() != 0 || len(got.Columns) != 3001 {
		t.Errorf("%d × %d", got.Rows(), len(got.Columns))
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
		t.Errorf("%d bytes for nothing", spent)
	}
}

// slow gives rows without end, and lets time pass.
type slow struct{ cancel func() }

func (s slow) Read(p []byte) (int, error) {
	s.cancel()
	p = p[:min(len(p), 100_000)/4*4]
	for n := 0; n < len(p); {
		n += copy(p[n:], "1,2\n")
	}
	return len(p), nil
}

func TestCancelIsHeard(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, start := 0, time.Now()
	_, err := CSV{}.Read(ctx, slow{func() {
		if n++; n == 60 {
			cancel()
			start = time.Now()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if took := time.Since(start); took > 250*time.Millisecond {
		t.Errorf("it was heard after %v", took)
	}
}
