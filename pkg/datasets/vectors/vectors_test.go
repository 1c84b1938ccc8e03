package vectors

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

var ctx = context.Background()

func stored(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.vec")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// inBinary returns word2vec's binary form.
func inBinary(words []string, values [][]float32, behind string) []byte {
	b := fmt.Appendf(nil, "%d %d\n", len(words), len(values[0]))
	for i, w := range words {
		b, _ = binary.Append(append(append(b, w...), ' '), binary.LittleEndian, values[i])
		b = append(b, behind...)
	}
	return b
}

func TestForms(t *testing.T) {
	words := []string{"the", "Hügel", ",", "3.5"}
	values := [][]float32{{0.1, -2, 3e-5}, {0, 1, 2}, {-0.25, 1e10, 7}, {1, 2, 3}}
	want, err := mat32.FromRows(values)
	if err != nil {
		t.Fatal(err)
	}
	plain := "the 0.1 -2 3e-5\nHügel 0 1 2\n, -0.25 1E10 +7\n3.5 1 2 3\n"
	for name, c := range map[string]struct {
		file   string
		binary bool
	}{
		"GloVe":            {plain, false},
		"no last line end": {strings.TrimSuffix(plain, "\n"), false},
		"Windows":          {"\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"), false},
		"word2vec":         {"4 3\n" + plain, false},
		"fastText":         {"4 3\n" + strings.ReplaceAll(plain, "\n", " \n"), false},
		"tabs":             {strings.ReplaceAll(plain, " ", "\t"), false},
		"many blanks":      {strings.ReplaceAll(plain, " ", "  \t "), false},
		"blank lines":      {"4 3\n" + strings.ReplaceAll(plain, "\n", "\n\n"), false},
		"binary":           {string(inBinary(words, values, "")), true},
		"binary, lines":    {string(inBinary(words, values, "\n")), true},
	} {
		for way, b := range map[string][]byte{"plain": []byte(c.file), "packed": gzipped([]byte(c.file))} {
			f := File{Binary: c.binary}
			path := stored(t, b)
			v, err := f.Open(ctx, path)
			if err != nil || !slices.Equal(v.Words, words) || !mat.Equal(v.X, want) || len(v.Notes) > 0 {
				t.Errorf("%s, %s: %v, %v", name, way, v, err)
				continue
			}
			for i, w := range words {
				if row, ok := v.Vector(w); !ok || !slices.Equal(row, values[i]) || v.Index[w] != i {
					t.Errorf("%s: the vector of %q is %v", name, w, row)
				}
			}
			if v, err = f.Read(ctx, bytes.NewReader(b)); err != nil || !mat.Equal(v.X, want) {
				t.Errorf("%s, %s from a reader: %v", name, way, err)
			}
			f.MaxRows = 2
			if v, err = f.Open(ctx, path); err != nil || !slices.Equal(v.Words, words[:2]) || !slices.Equal(v.X.Data(), want.Data()[:6]) {
				t.Errorf("%s, %s, the first two: %v, %v", name, way, v, err)
			}
			f.MaxRows, f.Words = 0, []string{",", "there", "the", "the"}
			if v, err = f.Open(ctx, path); err != nil || !slices.Equal(v.Words, []string{"the", ","}) || !slices.Equal(v.X.Row(1), values[2]) ||
				len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "1 of the words asked for are not in the file: there") {
				t.Errorf("%s, %s, chosen words: %v, %v", name, way, v, err)
			}
			rows, err := File{Binary: c.binary}.Rows(ctx, path)
			if err != nil || rows.Columns() != 3 {
				t.Fatalf("%s, %s: %v", name, way, err)
			}
			for range 2 {
				var got []float32
				for batch, err := range rows.Batches(ctx, 3) {
					if err != nil {
						t.Fatalf("%s, %s: %v", name, way, err)
					}
					got = append(got, batch.(*mat32.Dense).Data()...)
				}
				if !slices.Equal(got, want.Data()) {
					t.Errorf("%s, %s: rows are %v", name, way, got)
				}
			}
		}
	}
	v, err := File{}.Read(ctx, strings.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	if x, missing := v.Rows("3.5", "nowhere", "the"); !slices.Equal(x.Data(), []float32{1, 2, 3, 0.1, -2, 3e-5}) || !slices.Equal(missing, []string{"nowhere"}) {
		t.Errorf("%v, %v", x, missing)
	}
	if x, missing := v.Rows("nowhere"); len(x.Data()) != 0 || len(missing) != 1 {
		t.Errorf("%v, %v", x, missing)
	}
}

// As GloVe's largest file has them.
func TestWordsWithBlanks(t *testing.T) {
	text := "the 1 2\n. . . 3 4\nat name@domain.com 5 6\n2 1/2 7 8\n1 2 9 10\nno\u00a0break 11 12\n"
	for _, f := range []File{{}, {Words: []string{"the", ". . .", "at name@domain.com", "2 1/2", "1 2", "no\u00a0break", "2"}}} {
		v, err := f.Read(ctx, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"the", ". . .", "at name@domain.com", "2 1/2"}; !slices.Equal(v.Words[:4], want) || !slices.Equal(v.X.Row(3), []float32{7, 8}) {
			t.Errorf("words %q, %v", v.Words, v.X.Row(3))
		}
		if row, _ := v.Vector("1 2"); !slices.Equal(row, []float32{9, 10}) {
			t.Errorf(`"1 2" is %v`, row)
		}
		if row, _ := v.Vector("no\u00a0break"); !slices.Equal(row, []float32{11, 12}) {
			t.Errorf("a no-break space is %v", row)
		}
	}
	v, err := File{}.Read(ctx, strings.NewReader(". . . 3 4\nthe 1 2\n")) // the first line of all
	if err != nil || v.Words[0] != ". . ." {
		t.Errorf("%v, %v", v, err)
	}
}

func TestDuplicates(t *testing.T) {
	v, err := File{}.Read(ctx, strings.NewReader("a 1 2\nb 3 4\na 5 6\na 7 8\n"))
	if err != nil || !slices.Equal(v.Words, []string{"a", "b"}) || !slices.Equal(v.X.Data(), []float32{1, 2, 3, 4}) || len(v.Notes) != 1 || v.Notes[0] != "2 words came again and were left out" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestFilesAreRefused(t *testing.T) {
	plain := "the 1 2 3\nof 4 5 6\n"
	long := strings.Repeat(plain, 100_000) // in several parts
	whole := gzipped([]byte(long))
	two := inBinary([]string{"a", "b"}, [][]float32{{1, 2}, {3, 4}}, "\n")
	for name, c := range map[string]struct {
		file string
		f    File
		line int
		says string
	}{
		"a short line":    {plain + "and 7 8\nto 1 2 3\n", File{}, 3, "3 fields, want a word and 3 numbers"},
		"a word alone":    {plain + "\nand\n", File{}, 4, "1 fields"},
		"a long line":     {plain + "and 7 8 9 x\n", File{}, 3, `no number but "x"`},
		"a word":          {plain + "and 7 eight 9\n", File{}, 3, `its field 2 of 3 behind the word is no number but "eight"`},
		"the binary form": {"2 3\nand \x01\xbb \xb0G \x90o\nto 1 2 3\n", File{}, 2, "set Binary"},
		"no word":         {plain + " 7 8 9\n", File{}, 3, "no word"},
		"NaN":             {plain + "and 7 NaN 9\n", File{}, 3, "NaN"},
		"infinite":        {plain + "and 7 -inf 9\n", File{}, 3, "-Inf"},
		"huge":            {plain + "and 7 1e39 9\n", File{}, 3, "beyond float32"},
		"late":            {long + "and 7 8\n" + long, File{}, 200_001, "3 fields"},
		"late, chosen":    {long + "and 7 8\n" + long, File{Words: []string{"to"}}, 200_001, "3 fields"},
		"too few":         {"3 3\n" + plain, File{}, 0, "ends after 2 of the 3 words"},
		"too many":        {"1 3\n" + plain, File{}, 3, "goes on after the 1 words"},
		"none":            {"3 3\n", File{}, 0, "ends after 0 of the 3"},
		"no columns":      {"3 0\nthe\n", File{}, 1, "3 words of 0 columns"},
		"no numbers":      {"some text\n", File{}, 1, "no numbers"},
		"one long line":   {strings.Repeat("x", 5<<20), File{}, 1, "no text"},
		"a longer line":   {strings.Repeat("x", 40<<20), File{}, 1, "no text"},
		"a long one late": {plain + strings.Repeat("x", 40<<20), File{}, 3, "no text"},
		"half a packing":  {string(whole[:len(whole)/2]), File{}, 0, "too early"},
		"binary as text":  {string(two), File{}, 2, ""},
		"text as binary":  {plain, File{Binary: true}, 0, "does not begin"},
		"binary, cut":     {string(two[:len(two)-3]), File{Binary: true}, 0, "ends after 1 of the 2"},
		"binary, more":    {string(two) + "c", File{Binary: true}, 0, "goes on after the 2"},
		"binary, claim":   {"1000000000 300\nx ", File{Binary: true}, 0, "hold 0 at most"},
		"binary, wide":    {"1 1000000000\nx ", File{Binary: true}, 0, "1000000000 columns"},
		"binary, words":   {"1 1\n" + strings.Repeat("x", 1<<17), File{Binary: true}, 0, "more than 65536"},
		"binary, NaN":     {string(inBinary([]string{"a"}, [][]float32{{1, float32(math.NaN())}}, "")), File{Binary: true}, 0, "NaN"},
		"a claim, packed": {string(gzipped([]byte("1000000 300\nx " + strings.Repeat("1 ", 300)))), File{}, 0, "ends after 1"},
		"binary claim gz": {string(gzipped([]byte("1000000 1000\nx "))), File{Binary: true}, 0, "ends after 0"},
	} {
		path := stored(t, []byte(c.file))
		var fe *mat32.FileError
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.f.Open(ctx, path)
		runtime.ReadMemStats(&after)
		if !errors.As(err, &fe) || fe.Path != path || !strings.Contains(err.Error(), c.says) || fe.Line != c.line {
			t.Errorf("%s: got %v (line %d), want a *FileError of line %d that says %q", name, err, fe.Line, c.line, c.says)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20+30*uint64(len(c.file)) {
			t.Errorf("%s: %d bytes take %d", name, len(c.file), used)
		}
	}
	for name, text := range map[string]string{"nothing": "", "no words": "0 5\n", "a mark alone": "\ufeff"} {
		for _, binary := range []bool{false, name == "no words"} {
			if _, err := (File{Binary: binary}).Open(ctx, stored(t, []byte(text))); !errors.Is(err, mat32.ErrEmpty) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := (File{Words: []string{"nowhere"}}).Open(ctx, stored(t, []byte(plain))); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no word found: %v", err)
	}
	var me *mat32.MemoryError
	full := stored(t, []byte(plain))
	if _, err := (File{MemoryLimit: 100}).Open(ctx, full); !errors.As(err, &me) || me.Path != full {
		t.Errorf("beyond the limit: %v", err)
	}
	var pe *mat32.ParamError
	if _, err := (File{MaxRows: -1}).Open(ctx, stored(t, []byte(plain))); !errors.As(err, &pe) {
		t.Errorf("a negative MaxRows: %v", err)
	}
	if _, err := (File{}).Open(ctx, "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := (File{MaxRows: 1}).Open(ctx, stored(t, []byte(plain+"and 7 8\n"))); err != nil {
		t.Errorf("damage after the first: %v", err)
	}
	// Errors of lines come with the reading of rows.
	rows, err := File{}.Rows(ctx, stored(t, []byte(plain+"and 7 8\n")))
	if err != nil {
		t.Fatal(err)
	}
	var fe *mat32.FileError
	for _, e := range rows.Batches(ctx, 0) {
		err = e
	}
	if !errors.As(err, &fe) || fe.Line != 3 {
		t.Errorf("rows of a damaged file: %v", err)
	}
}

// sample returns a text of n words, with its words and numbers.
func sample(n, columns int) (text []byte, words []string, values []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		w := fmt.Sprintf("word%d", i)
		if i%1000 == 7 {
			w = fmt.Sprintf("some words %d", i)
		}
		words = append(words, w)
		text = append(text, w...)
		for range columns {
			v := strconv.FormatFloat(r.NormFloat64(), 'f', 1+r.IntN(9), 64)
			text = append(append(text, ' '), v...)
			x, _ := strconv.ParseFloat(v, 32)
			values = append(values, float32(x))
		}
		text = append(text, '\n')
	}
	return text, words, values
}

// A file of many parts is the same on any number of cores, and its numbers are those of strconv.
func TestParts(t *testing.T) {
	n := 40_000 // 14 MB
	if testing.Short() {
		n = 15_000
	}
	text, words, values := sample(n, 30)
	path := stored(t, text)
	for _, cores := range testenv.Cores() {
		old := runtime.GOMAXPROCS(cores)
		for _, first := range []int{0, n, 1, 12_345, n + 5} {
			want := n
			if first > 0 {
				want = min(first, n)
			}
			v, err := File{MaxRows: first}.Open(ctx, path)
			if err != nil || !slices.Equal(v.Words, words[:want]) || !slices.Equal(v.X.Data(), values[:30*want]) {
				t.Errorf("%d cores, first %d: other words or numbers, %v", cores, first, err)
			}
		}
		chosen := []string{words[n-1], words[7], words[n/2]}
		v, err := File{Words: chosen}.Open(ctx, path)
		if err != nil || !slices.Equal(v.Words, []string{words[7], words[n/2], words[n-1]}) || !slices.Equal(v.X.Row(2), values[30*(n-1):]) {
			t.Errorf("%d cores, chosen words: %v, %v", cores, v, err)
		}
		runtime.GOMAXPROCS(old)
	}
	done := 0
	if _, err := (File{}).Open(watch.With(ctx, func(e watch.Event) { done = e.Done }), path); err != nil || done != len(text) {
		t.Errorf("reported %d of %d bytes, %v", done, len(text), err)
	}
	stopped, cancel := context.WithCancel(ctx)
	watched := watch.With(stopped, func(e watch.Event) {
		if e.Done > 0 {
			cancel()
		}
	})
	if _, err := (File{}).Open(watched, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever a file holds, reading it ends with words or with an error, as a file and from a reader alike.
func FuzzVectors(f *testing.F) {
	for _, s := range []string{"the 0.1 -2 3e-5\nof 0 1 2\n", "2 3\nthe 1 2 3 \r\nof 1 2 3 \r\n", ". . . 1 2\nthe 1 2\n", "2 1\na 1\n\nb\t2", "1 2\n", "5 3", "\ufeffa 1\na 2\n", "a nan", " 1 2\n"} {
		f.Add([]byte(s), false, 0)
		f.Add(gzipped([]byte(s)), false, 1)
	}
	f.Add(inBinary([]string{"a", "b"}, [][]float32{{1, 2}, {3, 4}}, "\n"), true, 0)
	f.Fuzz(func(t *testing.T, b []byte, binary bool, first int) {
		file := File{Binary: binary, MaxRows: first, MemoryLimit: 32 << 20}
		v, err := file.Read(ctx, bytes.NewReader(b))
		if err != nil {
			var (
				fe *mat32.FileError
				me *mat32.MemoryError
				pe *mat32.ParamError
			)
			if !errors.As(err, &fe) && !errors.As(err, &me) && !errors.As(err, &pe) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		n, _ := v.X.Dims()
		if n != len(v.Words) || n != len(v.Index) || first > 0 && n > first {
			t.Fatalf("%d words, %d rows, %d places", len(v.Words), n, len(v.Index))
		}
		if err := mat32.Check(v.X); err != nil {
			t.Fatal(err)
		}
		other, err := file.Open(ctx, stored(t, b))
		if err != nil || !slices.Equal(other.Words, v.Words) || !slices.Equal(other.X.Data(), v.X.Data()) {
			t.Fatalf("the file gives %v, %v", other, err)
		}
		// Every word is found again.
		file.Words = v.Words
		other, err = file.Open(ctx, stored(t, b))
		if err != nil || !slices.Equal(other.Words, v.Words) || !slices.Equal(other.X.Data(), v.X.Data()) {
			t.Fatalf("chosen words give %v, %v", other, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	path := os.Getenv("VECTORS") // a file of one's own
	if path == "" {
		text, _, _ := sample(20_000, 100)
		path = stored(b, text)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if _, err := (File{}).Open(ctx, path); err != nil {
			b.Fatal(err)
		}
	}
}
