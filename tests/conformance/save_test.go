package conformance

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// savable is a result that has a file form.
type savable interface {
	io.WriterTo
	io.ReaderFrom
	MarshalBinary() ([]byte, error)
	UnmarshalBinary(b []byte) error
}

// fresh returns a new zero value of the type that v points to.
func fresh(v any) any { return reflect.New(reflect.TypeOf(v).Elem()).Interface() }

// savedIsTheSame: a model and an embedding are written and read back as they
// were, from a stream that goes on behind them; every other result survives gob,
// by which cells keep it.
func savedIsTheSame(e entry) (problems []error) {
	result, err := e.run(context.Background(), e.usual())
	if err != nil {
		return []error{err}
	}
	s, ok := result.(savable)
	if !ok {
		if v := verb(e.name); (v == "Fit" || v == "FitPair" || v == "FitSeries") && !e.mapping || v == "Embed" {
			return []error{fmt.Errorf("a %T cannot be saved: it lacks WriteTo, ReadFrom, MarshalBinary or UnmarshalBinary", result)}
		}
		return sameByGob(result)
	}
	var file bytes.Buffer
	n, err := s.WriteTo(&file)
	if err != nil || n != int64(file.Len()) {
		return []error{fmt.Errorf("it says it wrote %d of %d bytes (%v)", n, file.Len(), err)}
	}
	whole := bytes.Clone(file.Bytes())
	if b, err := s.MarshalBinary(); err != nil || !bytes.Equal(b, whole) {
		problems = append(problems, fmt.Errorf("MarshalBinary gives other bytes than WriteTo (%v)", err))
	}
	file.WriteString("rest")
	back := fresh(s).(savable)
	if m, err := back.ReadFrom(&file); err != nil || m != n || file.String() != "rest" {
		return append(problems, fmt.Errorf("it says it read %d of %d bytes and left %q (%v)", m, n, file.String(), err))
	}
	if !bytes.Equal(bytesOf(back), bytesOf(s)) {
		problems = append(problems, errors.New("read back it is another"))
	}
	if a, b := fmt.Sprint(s), fmt.Sprint(back); a != b {
		problems = append(problems, fmt.Errorf("read back it prints %q, not %q", b, a))
	}
	if m, ok := result.(model); ok {
		problems = append(problems, sameAnswers(m, back)...)
	}
	return append(problems, sameByGob(result)...)
}

// sameAnswers asks a model and its copy to map rows.
func sameAnswers(m model, back any) (problems []error) {
	x := random(7, m.Embedding().Dim, 0)
	_, k := m.Embedding().Dims()
	for _, way := range []struct {
		name string
		is   bool
		d    int
	}{{"Transform", implements[dr.Transformer](m), m.Embedding().Dim}, {"Inverse", implements[dr.Inverter](m), k}} {
		if !way.is {
			continue
		}
		x := x
		if way.d != m.Embedding().Dim {
			x = random(7, way.d, 0)
		}
		a, errA := invoke(methodOf(m, way.name), context.Background(), x)
		b, errB := invoke(methodOf(back, way.name), context.Background(), x)
		if fmt.Sprint(errA) != fmt.Sprint(errB) || errA == nil && !bytes.Equal(bytesOf(a), bytesOf(b)) {
			problems = append(problems, fmt.Errorf("read back, %s gives another answer (%v, %v)", way.name, errA, errB))
		}
	}
	return problems
}

// sameByGob encodes and decodes by gob.
func sameByGob(result any) []error {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(result); err != nil {
		return []error{fmt.Errorf("gob: %w", err)}
	}
	back := reflect.New(reflect.TypeOf(result))
	if err := gob.NewDecoder(&b).DecodeValue(back); err != nil {
		return []error{fmt.Errorf("gob: %w", err)}
	}
	if !bytes.Equal(bytesOf(back.Elem().Interface()), bytesOf(result)) {
		return []error{errors.New("gob: read back it is another")}
	}
	return nil
}

// damagedIsAnError changes bytes, cuts the file, and makes it foreign or newer.
// The value that was to be replaced keeps what it holds.
func damagedIsAnError(e entry) (problems []error) {
	result, err := e.run(context.Background(), e.usual())
	if err != nil {
		return []error{err}
	}
	s, ok := result.(savable)
	if !ok {
		return nil
	}
	good, err := s.MarshalBinary()
	if err != nil {
		return []error{err}
	}
	held := fresh(s).(savable)
	if err := held.UnmarshalBinary(good); err != nil {
		return []error{err}
	}
	refuses := func(what string, bad []byte) {
		err := safely(func() error { return held.UnmarshalBinary(bad) })
		var fe *mat32.FileError
		if !errors.As(err, &fe) {
			problems = append(problems, fmt.Errorf("%s: got %v, want a *mat32.FileError", what, err))
		}
	}
	changed := func(i int, by byte) []byte {
		bad := slices.Clone(good)
		bad[i] ^= by
		return bad
	}
	for i := 0; i < len(good) && problems == nil; i += 1 + i/30 {
		refuses(fmt.Sprintf("byte %d of %d changed", i, len(good)), changed(i, 0x55))
		refuses(fmt.Sprintf("cut at %d of %d", i, len(good)), good[:i])
	}
	// After the mark and the kind with its length comes the version.
	at := 8 + 8 + int(good[8])
	refuses("a newer version", changed(at, 0x40))
	var other any = new(dr.Embedding)
	if _, is := result.(*dr.Embedding); is {
		other, _ = dr.PCA{}.Fit(context.Background(), random(9, 2, 0))
	} else if m, ok := result.(model); ok {
		other = m.Embedding()
	}
	foreign, err := other.(savable).MarshalBinary()
	if err != nil {
		return append(problems, err)
	}
	refuses("a file of another kind", foreign)
	if now, err := held.MarshalBinary(); err != nil || !bytes.Equal(now, good) {
		problems = append(problems, fmt.Errorf("a file that was refused has changed the value it was read into (%v)", err))
	}
	return problems
}
