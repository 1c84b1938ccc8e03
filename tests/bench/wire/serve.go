package wire

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Func is something that can be measured.
type Func func(ctx context.Context, in []*mat32.Dense, o Options, seed uint64) (Result, error)

// Result is what a Func leaves in memory.
type Result struct {
	Arrays []Output
	Values map[string]float64
}

// Output is an array of a result: a []float64, []float32 or []int32 of rows × columns values.
type Output struct {
	Name          string
	Rows, Columns int
	Values        any
}

// Serve answers requests from r on w until r ends; find returns the function of a name, or nil.
func Serve(ctx context.Context, r io.Reader, w io.Writer, hello Hello, find func(name string) Func) error {
	hello.Protocol = Protocol
	send := func(v any) error {
		b, err := line(v)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	if err := send(hello); err != nil {
		return err
	}
	inputs := map[Input]*mat32.Dense{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var q Request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("a request is not JSON: %w", err)
		}
		reply, err := answer(ctx, q, inputs, find)
		if err != nil {
			reply = Reply{Error: err.Error()}
		}
		if err := send(reply); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answer(ctx context.Context, q Request, inputs map[Input]*mat32.Dense, find func(string) Func) (reply Reply, err error) {
	f := find(q.Run)
	if f == nil {
		return reply, fmt.Errorf("there is no function %q", q.Run)
	}
	in := make([]*mat32.Dense, len(q.Inputs))
	for i, input := range q.Inputs {
		if input.Stream {
			q.Options = maps.Clone(q.Options)
			if q.Options == nil {
				q.Options = Options{}
			}
			q.Options[stream] = input
			continue
		}
		if inputs[input] == nil {
			if inputs[input], err = input.Read(); err != nil {
				return reply, err
			}
		}
		in[i] = inputs[input]
	}
	if q.Cores > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(q.Cores))
	}
	runtime.GC() // what the last run left is not this one's
	result, seconds, err := clock(func() (Result, error) { return f(ctx, in, q.Options, q.Seed) })
	if err != nil {
		return reply, err
	}
	reply = Reply{Seconds: seconds, Values: result.Values}
	if q.Out == "" {
		return reply, nil
	}
	for _, o := range result.Arrays {
		a, err := o.write(q.Out)
		if err != nil {
			return reply, err
		}
		reply.Arrays = append(reply.Arrays, a)
	}
	return reply, nil
}

// clock runs f and returns how long it took; a panic in it is an error.
func clock(f func() (Result, error)) (result Result, seconds float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	start := time.Now()
	result, err = f()
	return result, time.Since(start).Seconds(), err
}

func (o Output) write(folder string) (Array, error) {
	a := Array{Name: o.Name, Path: filepath.Join(folder, o.Name), Rows: o.Rows, Columns: o.Columns}
	var length int
	switch v := o.Values.(type) {
	case []float64:
		a.Type, length = "float64", len(v)
	case []float32:
		a.Type, length = "float32", len(v)
	case []int32:
		a.Type, length = "int32", len(v)
	default:
		return a, fmt.Errorf("the output %q holds a %T", o.Name, o.Values)
	}
	if length != o.Rows*o.Columns {
		return a, fmt.Errorf("the output %q holds %d values, not %d × %d", o.Name, length, o.Rows, o.Columns)
	}
	file, err := os.Create(a.Path)
	if err != nil {
		return a, err
	}
	buffered := bufio.NewWriter(file)
	return a, errors.Join(binary.Write(buffered, binary.LittleEndian, o.Values), buffered.Flush(), file.Close())
}
