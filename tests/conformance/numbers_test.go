package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
)

// number is one number of a result.
type number struct {
	field string // where it stands, without indices
	value float64
}

// numbersOf lists every number of a result, in a fixed order: the values of
// matrices, the map of a model, and exported fields, however deep. Texts are
// returned beside them.
func numbersOf(result any) (list []number, texts []string) {
	var walk func(field string, v reflect.Value)
	walk = func(field string, v reflect.Value) {
		put := func(f float64) { list = append(list, number{field, f}) }
		if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			return
		}
		if v.CanInterface() {
			if m, ok := v.Interface().(model); ok {
				walk(field, reflect.ValueOf(m.Embedding()))
			}
			if m, ok := v.Interface().(interface{ Embeddings() []*dr.Embedding }); ok {
				walk(field, reflect.ValueOf(m.Embeddings()))
			}
			if m, ok := v.Interface().(mat.Matrix); ok {
				n, d := m.Dims()
				put(float64(n))
				put(float64(d))
				for i := range n {
					for j := range d {
						list = append(list, number{field + ".At", m.At(i, j)})
					}
				}
			}
		}
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			walk(field, v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && !f.Anonymous {
					walk(field+"."+f.Name, v.Field(i))
				}
			}
		case reflect.Slice, reflect.Array:
			put(float64(v.Len()))
			for i := range v.Len() {
				walk(field, v.Index(i))
			}
		case reflect.Float32, reflect.Float64:
			put(v.Float())
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			put(float64(v.Int()))
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			put(float64(v.Uint()))
		case reflect.Bool:
			put(map[bool]float64{true: 1}[v.Bool()])
		case reflect.String:
			texts = append(texts, v.String())
		default:
			panic(fmt.Sprintf("numbersOf does not know what to do with the %s %s", v.Type(), field))
		}
	}
	walk("", reflect.ValueOf(result))
	return list, texts
}

// sameBits compares numbers: NaN equals NaN, 0 differs from −0.
func sameBits(a, b []number) bool {
	return slices.EqualFunc(a, b, func(x, y number) bool {
		return x.field == y.field && math.Float64bits(x.value) == math.Float64bits(y.value)
	})
}

// bytesOf returns everything a result holds: numbers and texts, and what it
// saves.
func bytesOf(result any) []byte {
	numbers, texts := numbersOf(result)
	b := fmt.Appendf(nil, "%q", texts)
	b = append(b, encode(numbers)...)
	if w, ok := result.(io.WriterTo); ok {
		var file bytes.Buffer
		if _, err := w.WriteTo(&file); err != nil {
			b = append(b, err.Error()...)
		}
		b = append(b, file.Bytes()...)
	}
	return b
}

func encode(numbers []number) (b []byte) {
	for _, v := range numbers {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.value))
	}
	return b
}

// digest is the SHA-256 of numbers.
func digest(numbers []number) string { return fmt.Sprintf("%x", sha256.Sum256(encode(numbers))) }
