package vectors

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// File reads word vectors. Its zero value reads all of a text file.
//
// In text, fields are separated by spaces or tabs; a first line of two whole numbers tells how many words and columns follow,
// where the next line has that many; a word may hold spaces, as some of GloVe's do: it is what is left of the last numbers.
// Windows' line ends, spaces before them and a byte order mark are left out. Words are kept byte by byte, whatever their encoding.
//
// Numbers are rounded to the nearest float32. A text is parsed on all cores, with the same result on any number of them. Time is that
// of reading the file once, up to the last word wanted; memory that of the result and some 10 MB; where a packed file does not
// tell how much it holds, up to three times the result while it grows.
type File struct {
	// Binary says that the file is word2vec's binary form: a line of counts, then for each word its bytes, a space, and float32
	// values, least byte first.
	Binary bool

	// MaxRows ends reading after so many rows of the file, each of which is a word. Default all. Files are sorted by frequency as a
	// rule, so that the first words are the most common.
	MaxRows int

	// Words are those to read. Default all. Reading ends when all were found. What is not in the file is told in Notes.
	Words []string

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Vectors are words and their vectors.
type Vectors struct {
	Words []string       // in the order of the file
	X     *mat32.Dense   // a row for every word
	Index map[string]int // the row of every word
	Notes []string       // what reading had to decide
}

// Vector returns the vector of a word, a row of X itself, and whether there is one.
func (v *Vectors) Vector(word string) (row []float32, ok bool) {
	i, ok := v.Index[word]
	if !ok {
		return nil, false
	}
	return v.X.Row(i), true
}

// Rows returns the vectors of some words as a matrix of its own, one row each, and those words that have none, for which there is
// no row.
func (v *Vectors) Rows(words ...string) (x *mat32.Dense, missing []string) {
	_, columns := v.X.Dims()
	var values []float32
	found := 0
	for _, w := range words {
		row, ok := v.Vector(w)
		if !ok {
			missing = append(missing, w)
			continue
		}
		values = append(values, row...)
		found++
	}
	if found == 0 {
		return &mat32.Dense{}, missing
	}
	return mat32.NewDense(found, columns, values), missing
}

const kind = "file of word vectors"

// Open reads a file. A word that comes again is left out, and counted in Notes. Errors: a *mat32.FileError, with the line, where
// a line has too few numbers or one that is none, NaN or beyond float32, where there are more or fewer words than the first line
// tells, or where the file is damaged; one that wraps mat32.ErrEmpty where it has no words, or none of those asked for; a *mat32.MemoryError; a
// *mat32.ParamError for a negative MaxRows; those of os.Open; ctx.Err().
func (f File) Open(ctx context.Context, path string) (*Vectors, error) {
	file, err := source.Open(ctx, kind, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.read(ctx, file)
}

// Read is Open for what any reader gives.
func (f File) Read(ctx context.Context, r io.Reader) (*Vectors, error) {
	file, err := source.From(ctx, kind, "", r)
	if err != nil {
		return nil, err
	}
	return f.read(ctx, file)
}

// batch is what was read at a time: words, the numbers of each, and how many lines it had.
type batch struct {
	words  []string
	values []float32
}

// unknown is how many words to make room for where nothing tells how many there are.
const unknown = 1 << 12

// dense is how many times its size a packed file may hold, as far as room is made before it is read.
const dense = 8

// form is one of the two in which a file can be.
type form interface {
	// begin reads what tells the number of columns. Words is how many there are, or −1 where that is not told; most is how many to
	// make room for at most, by what the file holds.
	begin() (columns, words, most int, err error)
	// next returns the words that follow, io.EOF after the last.
	next() (batch, error)
}

func (f File) form(ctx context.Context, file *source.File, wanted map[string]bool) form {
	if f.Binary {
		return &binaryForm{file: file, wanted: wanted, first: f.MaxRows}
	}
	return &textForm{ctx: ctx, file: file, wanted: wanted, first: f.MaxRows}
}

// wanted returns the words asked for, nil for all.
func (f File) wanted() (map[string]bool, error) {
	if f.MaxRows < 0 {
		return nil, &mat32.ParamError{Method: "vectors.File", Param: "MaxRows", Value: f.MaxRows, Want: "1 or more, or 0 for all"}
	}
	if f.Words == nil {
		return nil, nil
	}
	wanted := make(map[string]bool, len(f.Words))
	for _, w := range f.Words {
		wanted[w] = true
	}
	return wanted, nil
}

func (f File) read(ctx context.Context, file *source.File) (*Vectors, error) {
	wanted, err := f.wanted()
	if err != nil {
		return nil, err
	}
	form := f.form(ctx, file, wanted)
	columns, told, most, err := form.begin()
	if err != nil {
		return nil, file.Wrap(err)
	}
	limited := func(words int) error {
		// A word takes its vector, a string, and its place in the index.
		return file.CheckMemory("vectors.File", int64(words)*(4*int64(columns)+80), f.MemoryLimit, "read fewer Words, or up to MaxRows, or stream them by Rows")
	}
	room := most
	if told >= 0 {
		room = min(told, most)
	}
	if f.MaxRows > 0 {
		room = min(room, f.MaxRows)
	}
	if wanted != nil {
		room = min(room, len(wanted))
	}
	if told >= 0 || wanted != nil || f.MaxRows > 0 {
		if err := limited(room); err != nil {
			return nil, err
		}
	} else if limited(room) != nil {
		room = 0 // a guess by the first lines
	}
	v := &Vectors{Index: make(map[string]int, room), Words: make([]string, 0, room)}
	values := make([]float32, 0, room*columns)
	again := 0
	for {
		b, err := form.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, file.Wrap(err)
		}
		if err := limited(len(v.Words) + len(b.words)); err != nil {
			return nil, err
		}
		for i, w := range b.words {
			if _, twice := v.Index[w]; twice {
				again++
				continue
			}
			v.Index[w] = len(v.Words)
			v.Words = append(v.Words, w)
			values = append(values, b.values[i*columns:(i+1)*columns]...)
		}
		if wanted != nil && len(v.Words) == len(wanted) {
			break
		}
	}
	if len(v.Words) == 0 {
		return nil, file.Wrap(mat32.ErrEmpty)
	}
	v.X = mat32.NewDense(len(v.Words), columns, values)
	if again > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%d words came again and were left out", again))
	}
	if missing := v.missing(f.Words); len(missing) > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%d of the words asked for are not in the file: %s", len(missing), listed(missing)))
	}
	return v, nil
}

// missing returns the words that were asked for and are not there.
func (v *Vectors) missing(words []string) []string {
	var missing []string
	for _, w := range words {
		if _, ok := v.Index[w]; !ok && !slices.Contains(missing, w) {
			missing = append(missing, w)
		}
	}
	return missing
}

func listed(words []string) string {
	const most = 12
	if len(words) > most {
		words = append(slices.Clone(words[:most]), "…")
	}
	return strings.Join(words, ", ")
}

// Rows returns the vectors of a file as rows that are read a batch at a time, for those that do not fit in memory, up to MaxRows and
// those of Words, where these are set. Words that come again are not left out. Every reading opens the file. Errors
// are those of Open; those of single lines come with the reading.
func (f File) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	wanted, err := f.wanted()
	if err != nil {
		return nil, err
	}
	file, err := source.Open(ctx, kind, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	columns, _, _, err := f.form(ctx, file, wanted).begin()
	if err != nil {
		return nil, file.Wrap(err)
	}
	return mat32.RowsFrom(columns, func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) {
			file, err := source.Open(ctx, kind, path)
			if err != nil {
				yield(nil, err)
				return
			}
			defer file.Close()
			form := f.form(ctx, file, wanted)
			columns, _, _, err := form.begin()
			for err == nil {
				var b batch
				if b, err = form.next(); err != nil {
					break
				}
				for i := range b.words {
					if !yield(b.values[i*columns:(i+1)*columns], nil) {
						return
					}
				}
			}
			if err != io.EOF {
				yield(nil, file.Wrap(err))
			}
		}
	}), nil
}
