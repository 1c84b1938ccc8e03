// Package wire is how the benchmark driver talks to the workers that it measures: Flatland's own, in Go, and each peer's, in
// Python (tests/peers/benchworker.py).
//
// A worker is a process that stays alive, so that what it measures is warm. Its first line on standard output is a [Hello].
// It then answers every line on standard input, a [Request], with one line, a [Reply], and ends when its input does. Lines are
// JSON; whatever else it has to say goes to standard error. Matrices travel as files of their values alone, row after row,
// little-endian, so that fewer rows than a file has are its beginning.
//
// A worker reads its inputs, and keeps them, before the clock starts, and writes its outputs after it stopped: the time is that
// of the whole call, from matrices in memory to results in memory. An input that is a stream is read by the call itself, and that
// counts.
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Protocol is the version that both sides must speak.
const Protocol = 1

// Hello is what a worker says first.
type Hello struct {
	Protocol int               `json:"protocol"`
	Language string            `json:"language"` // with its version
	Versions map[string]string `json:"versions"` // of the libraries that matter
}

// Request asks a worker for one run.
type Request struct {
	Run     string  `json:"run"`     // the function
	Inputs  []Input `json:"inputs"`  // matrices of float32
	Options Options `json:"options"` // of the function, by name
	Seed    uint64  `json:"seed"`
	Cores   int     `json:"cores"` // to use; 0 for all
	Out     string  `json:"out"`   // the folder that takes the arrays of the result; "" when they are not wanted
}

// Input is a matrix of float32 in a file.
type Input struct {
	Path    string `json:"path"`
	Rows    int    `json:"rows"` // to read; the file may have more
	Columns int    `json:"columns"`

	// Stream leaves the reading to the function: it gets nil for the matrix, and the input itself by Options.Stream.
	Stream bool `json:"stream,omitempty"`
}

// Options are numbers and texts by name.
type Options map[string]any

// Int returns a whole number; it panics with an error that names the option when there is none, as the table of cases is the
// programmer's.
func (o Options) Int(name string) int {
	switch v := o[name].(type) {
	case int:
		return v
	case float64:
		if v == math.Trunc(v) {
			return int(v)
		}
	}
	panic(fmt.Errorf("the option %q is %v, want a whole number", name, o[name]))
}

// Stream returns the input that the function is to read itself; it panics with an error when there is none.
func (o Options) Stream() Input {
	in, ok := o[stream].(Input)
	if !ok {
		panic(errors.New("there is no input to be read by the function"))
	}
	return in
}

// stream is the option under which a function finds the input that it reads.
const stream = "stream"

// Reply is what a worker answers: an error, or a time with a result.
type Reply struct {
	Error   string             `json:"error,omitempty"`
	Seconds float64            `json:"seconds"`
	Arrays  []Array            `json:"arrays"`
	Values  map[string]float64 `json:"values"`
}

// Array is an output in a file.
type Array struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Type    string `json:"type"` // a key of kinds
	Rows    int    `json:"rows"`
	Columns int    `json:"columns"`
}

// kinds are the types of values in a file, with their bytes.
var kinds = map[string]struct {
	size   int
	decode func(b []byte) float64
}{
	"float32": {4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"float64": {8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
	"int32":   {4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }},
	"int64":   {8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }},
}

// Matrix returns the values of the array called name, row after row. The error says so when it is missing, has another shape, or
// its file does not hold what the worker said.
func (r *Reply) Matrix(name string, rows, columns int) ([]float64, error) {
	for _, a := range r.Arrays {
		if a.Name != name {
			continue
		}
		if a.Rows != rows || a.Columns != columns {
			return nil, fmt.Errorf("the output %q has shape %d × %d, want %d × %d", name, a.Rows, a.Columns, rows, columns)
		}
		kind, ok := kinds[a.Type]
		if !ok {
			return nil, fmt.Errorf("the output %q has values of an unknown type %q", name, a.Type)
		}
		b, err := os.ReadFile(a.Path)
		if err != nil {
			return nil, fmt.Errorf("the output %q: %w", name, err)
		}
		if len(b) != rows*columns*kind.size {
			return nil, fmt.Errorf("the output %q has %d bytes, want %d × %d values of %s", name, len(b), rows, columns, a.Type)
		}
		values := make([]float64, rows*columns)
		for i := range values {
			values[i] = kind.decode(b[i*kind.size:])
		}
		return values, nil
	}
	return nil, fmt.Errorf("there is no output %q", name)
}

// Value returns the number called name.
func (r *Reply) Value(name string) (float64, error) {
	v, ok := r.Values[name]
	if !ok {
		return 0, fmt.Errorf("there is no value %q", name)
	}
	return v, nil
}

// WriteInput writes x to path and returns it as an input.
func WriteInput(path string, x *mat32.Dense) (Input, error) {
	b := make([]byte, 0, 4*len(x.Data()))
	for _, v := range x.Data() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	n, d := x.Dims()
	return Input{Path: path, Rows: n, Columns: d}, os.WriteFile(path, b, 0o644)
}

// Read returns the matrix. Beside it there is never more than a row in memory, as that is measured too.
func (in Input) Read() (*mat32.Dense, error) {
	file, err := os.Open(in.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := bufio.NewReader(file)
	x := mat32.NewDense(in.Rows, in.Columns, nil)
	b := make([]byte, 4*in.Columns)
	for i := range in.Rows {
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, fmt.Errorf("row %d of the %d × %d values in %s: %w", i, in.Rows, in.Columns, in.Path, err)
		}
		row := x.Row(i)
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*j:]))
		}
	}
	return x, nil
}

// line returns v as one line of JSON.
func line(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return append(b, '\n'), err
}
