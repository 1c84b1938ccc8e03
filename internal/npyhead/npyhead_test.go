package npyhead

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

func file(version byte, text string) []byte {
	b := append([]byte(mark), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	}
	return append(b, text...)
}

func TestReadKnowsWhatNumPyWrites(t *testing.T) {
	for _, c := range []struct {
		version byte
		text    string
		want    Head
	}{
		{1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }     \n", Head{"<f4", false, []int{2, 3}, 6, 0}},
		{2, "{'descr': '>i8', 'fortran_order': True, 'shape': (7,), }\n", Head{">i8", true, []int{7}, 7, 0}},
		{3, "{'descr': '|b1', 'fortran_order': False, 'shape': (), }", Head{"|b1", false, []int{}, 1, 0}},
		{1, `{"shape": (10L, 3L), "fortran_order":False,"descr":"<U5"}`, Head{"<U5", false, []int{10, 3}, 30, 0}}, // Python 2, another order
		{1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0, 1000), }", Head{"<f8", false, []int{3, 0, 1000}, 0, 0}},
	} {
		b := file(c.version, c.text)
		c.want.Offset = int64(len(b))
		r := bytes.NewReader(append(b, "values"...))
		got, err := Read(r)
		if err != nil || !reflect.DeepEqual(got, c.want) || r.Len() != len("values") {
			t.Errorf("%s: %+v, %v, %d bytes left; want %+v", c.text, got, err, r.Len(), c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const whole = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
	replaced := func(old, by string) []byte { return file(1, strings.Replace(whole, old, by, 1)) }
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"empty":            {nil, "mark"},
		"another format":   {[]byte("PK\x03\x04 and more"), "mark"},
		"version 0":        {file(0, whole), "version 0"},
		"version 4":        {file(4, whole), "version 4"},
		"no length":        {file(1, whole)[:9], "cut short"},
		"half a header":    {file(1, whole)[:20], "cut short"},
		"a huge header":    {[]byte(mark + "\x02\x00\xff\xff\xff\xff"), "4294967295 bytes"},
		"a long claim":     {[]byte(mark + "\x02\x00\xff\xff\x0f\x00x"), "cut short"},
		"no dictionary":    {file(1, "[1, 2]"), "no dictionary"},
		"no end":           {replaced("}", ""), "no dictionary"},
		"records":          {replaced("'<f4'", "[('a', '<f4')]"), "records"},
		"an escape":        {replaced("'<f4'", `'\x3cf4'`), "descr"},
		"no order":         {replaced("'fortran_order': False, ", ""), "fortran_order"},
		"maybe":            {replaced("False", "None"), "fortran_order"},
		"no shape":         {replaced("'shape': (2, 3), ", ""), "shape"},
		"a list":           {replaced("(2, 3)", "[2, 3]"), "shape"},
		"negative":         {replaced("(2, 3)", "(-2, 3)"), "shape"},
		"a fraction":       {replaced("(2, 3)", "(2.5, 3)"), "shape"},
		"beyond an int":    {replaced("(2, 3)", "(99999999999999999999, 3)"), "shape"},
		"beyond memory":    {replaced("(2, 3)", "(4294967296, 4294967296)"), "addresses"},
		"beyond it empty":  {replaced("(2, 3)", "(0, 4294967296, 4294967296)"), "addresses"},
		"twice":            {replaced("}", "'shape': (1,)}"), "twice"},
		"an unknown key":   {replaced("}", "'color': 'red'}"), "color"},
		"no comma":         {replaced("False,", "False"), "does not go on"},
		"no comma between": {replaced("2, 3", "2 3"), "shape"},
	} {
		if _, err := Read(bytes.NewReader(c.b)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
	}
}

// What is written is read again, starts values at a multiple of 64 bytes, and is what NumPy 2.3 wrote for these two.
func TestAppend(t *testing.T) {
	for _, h := range []Head{
		{Type: "<f4", Shape: []int{2, 3}, Values: 6},
		{Type: "<U12", Shape: []int{}, Values: 1},
		{Type: "|u1", Shape: []int{60000, 28, 28}, Values: 60000 * 28 * 28, Fortran: true},
		{Type: "<f8", Shape: ones(40_000), Values: 1}, // a text longer than version 1 holds
	} {
		b := h.Append(nil)
		got, err := Read(bytes.NewReader(b))
		h.Offset = int64(len(b))
		if err != nil || !reflect.DeepEqual(got, h) || len(b)%align != 0 || b[len(b)-1] != '\n' {
			t.Errorf("%s: %v, %d bytes", h.Type, err, len(b))
		}
	}
	for want, h := range map[string]Head{
		mark + "\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + strings.Repeat(" ", 58) + "\n": {Type: "<f4", Shape: []int{2, 3}},
		mark + "\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (5,), }" + strings.Repeat(" ", 60) + "\n":   {Type: "<i8", Shape: []int{5}},
	} {
		if got := string(h.Append(nil)); got != want {
			t.Errorf("wrote %q\nNumPy %q", got, want)
		}
	}
}

func ones(axes int) []int {
	shape := make([]int, axes)
	for i := range shape {
		shape[i] = 1
	}
	return shape
}
