package table

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

const people = "age,height,city,name,grade\n30,1.5,Rome,Ann,2\n,2,Oslo,Bob,1\n50,2.5,Rome,Cid,2\n40,,,Dan,10\n"

func TestDense(t *testing.T) {
	table := read(t, CSV{}, people)
	if got := strings.Join(table.Numbers(), " "); got != "age height grade" {
		t.Errorf("numbers are %q", got)
	}
	_, err := table.Dense()
	var value *ValueError
	if !errors.As(err, &value) || value.Row != 1 || value.Column != "age" || !strings.Contains(err.Error(), "misses its value") {
		t.Errorf("a missing value: %v", err)
	}
	x, err := table.DenseMissing("height", "age")
	if err != nil {
		t.Fatal(err)
	}
	if n, d := x.Dims(); n != 4 || d != 2 || x.At(2, 0) != 2.5 || x.At(2, 1) != 50 || !math.IsNaN(x.At(3, 0)) || !math.IsNaN(x.At(1, 1)) {
		t.Errorf("with missing values: %v", mat.Formatted(x))
	}
	y, err := table.Dense64("grade")
	if err != nil || y.At(3, 0) != 10 {
		t.Errorf("float64: %v, %v", y, err)
	}
	for name, c := range map[string]struct {
		numbers []float64
		single  bool
	}{"an infinity": {[]float64{1, math.Inf(1)}, false}, "beyond float32": {[]float64{1, 1e300}, true}} {
		table := &Table{Columns: []Column{{Name: "v", Numbers: c.numbers}}}
		if _, err := table.DenseMissing(); !errors.As(err, &value) || value.Row != 1 || value.Single != c.single {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := table.Dense64(); (err == nil) != c.single {
			t.Errorf("%s as float64: %v", name, err)
		}
	}
	var param *mat32.ParamError
	for _, columns := range [][]string{{"city"}, {"nothing"}} {
		if _, err := table.Dense(columns...); !errors.As(err, &param) {
			t.Errorf("%v: %v", columns, err)
		}
	}
	var degenerate *mat32.DegenerateError
	words := &Table{Columns: []Column{{Name: "w", Kind: Text, Texts: []string{"x"}}}}
	if _, err := words.Dense(); !errors.As(err, &degenerate) {
		t.Errorf("no numbers: %v", err)
	}
	if _, err := table.Head(0).Dense("age"); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no rows: %v", err)
	}
	var shape *mat32.ShapeError
	ragged := &Table{Columns: []Column{{Name: "a", Numbers: []float64{1}}, {Name: "b", Numbers: []float64{1, 2}}}}
	if _, err := ragged.Dense(); !errors.As(err, &shape) {
		t.Errorf("ragged columns: %v", err)
	}
}

// The first value that is missing is the first row's, whichever block finds one first.
func TestDenseNamesTheFirstMissingValue(t *testing.T) {
	a, b := make([]float64, 5000), make([]float64, 5000)
	a[4000], b[3999], a[4500] = math.NaN(), math.NaN(), math.NaN()
	_, err := (&Table{Columns: []Column{{Name: "a", Numbers: a}, {Name: "b", Numbers: b}}}).Dense()
	var value *ValueError
	if !errors.As(err, &value) || value.Row != 3999 || value.Column != "b" {
		t.Error(err)
	}
}

func TestCompleteAndFill(t *testing.T) {
	table := read(t, CSV{}, people)
	complete, err := table.Complete()
	if err != nil || complete.Rows() != 2 || !slices.Contains(complete.Notes, "2 rows of 4 left out, which miss values") {
		t.Errorf("complete rows: %v, %v", complete, err)
	}
	if some, err := table.Complete("city"); err != nil || some.Rows() != 3 {
		t.Errorf("rows with a city: %v, %v", some, err)
	}
	for with, want := range map[Filling][2]float64{Mean: {40, 2}, Median: {40, 2}, Zeros: {0, 0}} {
		full, err := table.Fill(with)
		if err != nil {
			t.Fatal(err)
		}
		if full.Columns[0].Numbers[1] != want[0] || full.Columns[1].Numbers[3] != want[1] {
			t.Errorf("%v: %v, %v", with, full.Columns[0].Numbers, full.Columns[1].Numbers)
		}
		if _, err := full.Dense(); err != nil {
			t.Errorf("%v: %v", with, err)
		}
	}
	if !table.Columns[0].Missing(1) {
		t.Error("the table itself was filled")
	}
	skewed := &Table{Columns: []Column{{Name: "v", Numbers: []float64{1, math.NaN(), 2, 9, 100}}, {Name: "w", Numbers: []float64{math.MaxFloat64, math.MaxFloat64, math.NaN(), 0, 0}}}}
	if full, err := skewed.Fill(Median, "v"); err != nil || full.Columns[0].Numbers[1] != 5.5 || !math.IsNaN(full.Columns[1].Numbers[2]) {
		t.Errorf("median: %+v, %v", full, err)
	}
	if full, err := skewed.Fill(Mean, "w"); err != nil || math.Abs(full.Columns[1].Numbers[2]/(math.MaxFloat64/2)-1) > 1e-15 {
		t.Errorf("mean of large values: %+v, %v", full, err)
	}
	var degenerate *mat32.DegenerateError
	none := &Table{Columns: []Column{{Name: "v", Numbers: []float64{math.NaN()}}}}
	if _, err := none.Fill(Mean); !errors.As(err, &degenerate) {
		t.Errorf("nothing known: %v", err)
	}
	if _, err := none.Complete(); !errors.As(err, &degenerate) {
		t.Errorf("no complete row: %v", err)
	}
	var param *mat32.ParamError
	if _, err := table.Fill(9); !errors.As(err, &param) {
		t.Errorf("another filling: %v", err)
	}
}

func TestLabels(t *testing.T) {
	table := read(t, CSV{}, people)
	for column, want := range map[string]struct {
		labels []int
		names  string
	}{
		"city":  {[]int{0, 1, 0, -1}, "Rome Oslo"}, // two words in three cells: text
		"name":  {[]int{0, 1, 2, 3}, "Ann Bob Cid Dan"},
		"grade": {[]int{1, 0, 1, 2}, "1 2 10"},
		"age":   {[]int{0, -1, 2, 1}, "30 40 50"},
	} {
		labels, names, err := table.Labels(column)
		if err != nil || !slices.Equal(labels, want.labels) || strings.Join(names, " ") != want.names {
			t.Errorf("%s: %v, %q, %v", column, labels, names, err)
		}
	}
	category := &Column{Name: "c", Kind: Category, Codes: []int{1, -1}, Names: []string{"x", "y"}}
	labels, _, err := (&Table{Columns: []Column{*category}}).Labels("c")
	if err != nil || !slices.Equal(labels, []int{1, -1}) {
		t.Errorf("a category: %v, %v", labels, err)
	}
	labels[0] = 0
	if category.Codes[0] != 1 {
		t.Error("labels share the memory of the column")
	}
	var param *mat32.ParamError
	if _, _, err := table.Labels("nothing"); !errors.As(err, &param) || !strings.Contains(err.Error(), `"age"`) {
		t.Errorf("no column: %v", err)
	}
}

func TestDataset(t *testing.T) {
	table := read(t, CSV{Types: map[string]Kind{"city": Category}}, people)
	full, err := table.Fill(Mean)
	if err != nil {
		t.Fatal(err)
	}
	d, err := full.Dataset("grade")
	if err != nil {
		t.Fatal(err)
	}
	if n, k := d.X.Dims(); n != 4 || k != 2 || strings.Join(d.Features, " ") != "age height" || !slices.Equal(d.Labels, []int{1, 0, 1, 2}) ||
		len(d.Factors) != 1 || d.Factors[0].Name != "city" || len(d.Notes) == 0 {
		t.Errorf("%+v", d)
	}
	if d, err := full.Dataset("", "height"); err != nil || d.Labels != nil || d.X.At(2, 0) != 2.5 {
		t.Errorf("%+v, %v", d, err)
	}
	var value *ValueError
	if _, err := table.Dataset("city"); !errors.As(err, &value) {
		t.Errorf("missing values: %v", err)
	}
	var param *mat32.ParamError
	if _, err := full.Dataset("nothing"); !errors.As(err, &param) {
		t.Errorf("no label: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := read(t, CSV{}, "a,b\n1,x\n").Dataset("a"); !errors.As(err, &degenerate) {
		t.Errorf("no feature: %v", err)
	}
	if _, err := read(t, CSV{}, "a;b\nx;1,5\ny;2,5\n").Dataset("a"); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), "Decimal: ',' reads them") {
		t.Errorf("decimal commas: %v", err)
	}
}

func TestOneHot(t *testing.T) {
	table := read(t, CSV{Types: map[string]Kind{"city": Category}}, people)
	hot, err := table.OneHot()
	if err != nil {
		t.Fatal(err)
	}
	if names := strings.Join(hot.Names(), " "); names != "age height city=Rome city=Oslo name grade" {
		t.Errorf("columns %s", names)
	}
	for j, want := range map[int][]float64{2: {1, 0, 1}, 3: {0, 1, 0}} {
		if got := hot.Columns[j].Numbers; !slices.Equal(got[:3], want) || !math.IsNaN(got[3]) {
			t.Errorf("%s: %v", hot.Columns[j].Name, got)
		}
	}
	var param *mat32.ParamError
	if _, err := table.OneHot("age"); !errors.As(err, &param) {
		t.Errorf("of numbers: %v", err)
	}
	var memory *mat32.MemoryError
	wide := Column{Name: "w", Kind: Category, Codes: make([]int, 100_000), Names: make([]string, 60_000)}
	if _, err := (&Table{Columns: []Column{wide}}).OneHot(); !errors.As(err, &memory) {
		t.Errorf("of very many words: %v", err)
	}
}

func TestSelectWhereHead(t *testing.T) {
	table := read(t, CSV{}, people)
	some, err := table.Select("name", "age")
	if err != nil || strings.Join(some.Names(), " ") != "name age" {
		t.Errorf("%v, %v", some, err)
	}
	old := table.Where(func(r int) bool { return table.Columns[0].Numbers[r] >= 40 })
	if old.Rows() != 2 || old.Columns[3].Texts[1] != "Dan" {
		t.Errorf("%+v", old)
	}
	for n, want := range map[int]int{-1: 0, 0: 0, 2: 2, 9: 4} {
		if head := table.Head(n); head.Rows() != want || len(head.Columns) != 5 {
			t.Errorf("the first %d rows are %d", n, head.Rows())
		}
	}
	var param *mat32.ParamError
	if _, err := table.Select("nothing"); !errors.As(err, &param) {
		t.Errorf("no column: %v", err)
	}
	if c, err := table.Column("age"); err != nil || c.Numbers[2] != 50 {
		t.Errorf("%+v, %v", c, err)
	}
	if (&Table{}).Rows() != 0 || (&Table{}).Head(3).Rows() != 0 {
		t.Error("an empty table has rows")
	}
}

func TestDescribe(t *testing.T) {
	s := read(t, CSV{}, people).Describe()
	if a := s[0]; a.Missing != 1 || a.Min != 30 || a.Mean != 40 || a.Max != 50 {
		t.Errorf("%+v", a)
	}
	if c := s[2]; c.Missing != 1 || c.Distinct != 2 || c.Top[0] != "Rome" || c.Counts[0] != 2 {
		t.Errorf("%+v", c)
	}
	many := &Table{Notes: []string{"odd"}}
	for range 100 {
		many.Columns = append(many.Columns, Column{Name: strings.Repeat("long", 20), Kind: Text, Texts: []string{"a\nb"}})
	}
	text := many.String()
	if n := strings.Count(text, "\n"); n != 44 || !strings.Contains(text, "60 more columns") || !strings.Contains(text, "a·b (1)") || strings.Contains(text, " min ") {
		t.Errorf("%d lines:\n%s", n, text)
	}
	if text := (&Table{Columns: []Column{{Name: "v", Numbers: []float64{math.NaN()}}}}).String(); !strings.Contains(text, "NaN") {
		t.Errorf("nothing known:\n%s", text)
	}
	for i, s := range []interface{ String() string }{Number, Category, Text, Kind(9), Detect, Present, Absent, Header(9), Mean, Median, Zeros, Filling(9)} {
		if s.String() == "" {
			t.Errorf("%d has no name", i)
		}
	}
}
