package hdf5

import (
	"encoding/binary"
	"fmt"
)

// Class is what elements are.
type Class int

// The classes of elements that are known; others can be skipped but not read.
const (
	Integer   Class = 0
	Float     Class = 1
	String    Class = 3
	Opaque    Class = 5
	Compound  Class = 6
	Reference Class = 7
	Enum      Class = 8
	Variable  Class = 9 // strings or lists of any length
	Array     Class = 10
)

// String returns the class in words.
func (c Class) String() string {
	if word, ok := map[Class]string{Integer: "integers", Float: "floating-point numbers", 2: "times", String: "strings", 4: "bit fields",
		Opaque: "opaque bytes", Compound: "compounds", Reference: "references", Enum: "enumerations", Variable: "lists of any length",
		Array: "arrays", 11: "complex numbers"}[c]; ok {
		return word
	}
	return fmt.Sprintf("elements of class %d", int(c))
}

// Type is the type of an element.
type Type struct {
	Class  Class
	Size   int // bytes
	Signed bool
	Text   bool // whether a Variable is a string

	Members []Member // of a compound
	Words   []string // of an enumeration, and the values
	Values  []int64
	Base    *Type // of an enumeration, an array or a list
	Dims    []int // of an array

	big       bool // the high byte first
	padding   int  // of a string
	precision [4]int
	object    bool // whether a reference is the address of an object
}

// Member is a field of a compound.
type Member struct {
	Name   string
	Offset int
	Type   *Type
}

// String describes the type.
func (t *Type) String() string {
	switch t.Class {
	case Integer, Float:
		return fmt.Sprintf("%d-bit %v", 8*t.Size, t.Class)
	case Variable:
		if t.Text {
			return "strings of any length"
		}
	}
	return t.Class.String()
}

// Bool reports whether the type is h5py's of truth values.
func (t *Type) Bool() bool {
	return t.Class == Enum && len(t.Words) == 2 && (t.Words[0] == "FALSE" && t.Words[1] == "TRUE" || t.Words[0] == "TRUE" && t.Words[1] == "FALSE")
}

// mostDepth of types within types: h5py writes two.
const mostDepth = 8

// datatype parses a type; what it does not know it calls damaged.
func (o *Object) datatype(body []byte) (*Type, error) {
	c := o.file.cursor(body)
	t := parseType(c, 0)
	if t == nil || c.short {
		return nil, o.errorf("the type of its elements is damaged or not known")
	}
	return t, nil
}

func parseType(c *cursor, depth int) *Type {
	head := c.u8()
	version := head >> 4
	bits := int(c.uint(3))
	t := &Type{Class: Class(head & 15), Size: int(c.u32())}
	if c.short || depth > mostDepth || version < 1 || version > 5 || t.Size == 0 && t.Class != String {
		return nil
	}
	switch t.Class {
	case Integer, 4:
		t.big, t.Signed = bits&1 != 0, bits&8 != 0
		offset, precision := c.u16(), c.u16()
		if t.Class == Integer && (offset != 0 || precision != 8*t.Size) {
			return nil
		}
	case Float:
		t.big, t.Signed = bits&1 != 0, true
		c.skip(4)
		for i := range t.precision {
			t.precision[i] = c.u8() // place and size of the exponent and of the mantissa
		}
		c.skip(4)
	case 2:
		c.skip(2)
	case String:
		t.padding = bits & 15
	case Opaque:
		c.skip(bits & 0xff)
	case Compound:
		return t.compound(c, version, bits&0xffff, depth)
	case Reference:
		t.object = bits&15 == 0
	case Enum:
		if t.Base = parseType(c, depth+1); t.Base == nil || t.Base.Class != Integer || t.Base.Size != t.Size || t.Size > 8 {
			return nil
		}
		t.enum(c, version, bits&0xffff)
	case Variable:
		t.Text, t.padding = bits&15 == 1, bits>>4&15
		if t.Base = parseType(c, depth+1); t.Base == nil {
			return nil
		}
	case Array:
		return t.array(c, version, depth)
	case 11:
		return parseComplex(c, t, depth)
	default:
		return nil
	}
	return t
}

// parseComplex skips complex numbers, which a compound may have beside what is read.
func parseComplex(c *cursor, t *Type, depth int) *Type {
	if t.Base = parseType(c, depth+1); t.Base == nil {
		return nil
	}
	return t
}

func (t *Type) compound(c *cursor, version, members, depth int) *Type {
	for range members {
		var m Member
		if version < 3 {
			m.Name = c.text(8)
			m.Offset = int(c.u32())
		} else {
			m.Name = c.text(1)
			m.Offset = int(c.uint(limitWidth(uint64(t.Size))))
		}
		var dims []int
		if version == 1 {
			rank := c.u8()
			c.skip(3 + 4 + 4)
			for i := range 4 {
				if n := int(c.u32()); i < rank {
					dims = append(dims, n)
				}
			}
		}
		if m.Type = parseType(c, depth+1); m.Type == nil {
			return nil
		}
		if len(dims) > 0 {
			m.Type = &Type{Class: Array, Base: m.Type, Dims: dims}
			if !m.Type.measure() {
				return nil
			}
		}
		if c.short || m.Type.Size > t.Size || m.Offset > t.Size-m.Type.Size {
			return nil
		}
		t.Members = append(t.Members, m)
	}
	return t
}

func (t *Type) enum(c *cursor, version, members int) {
	pad := 8
	if version >= 3 {
		pad = 1
	}
	for range members {
		if c.short {
			return
		}
		t.Words = append(t.Words, c.text(pad))
	}
	t.big, t.Signed = t.Base.big, t.Base.Signed
	for range members {
		raw := append([]byte(nil), c.bytes(uint64(t.Size))...)
		if c.short {
			return
		}
		if t.big {
			swap(raw, t.Size)
		}
		var b [8]byte
		copy(b[:], raw)
		v := int64(binary.LittleEndian.Uint64(b[:]))
		if shift := 64 - 8*t.Size; t.Signed {
			v = v << shift >> shift
		}
		t.Values = append(t.Values, v)
	}
}

func (t *Type) array(c *cursor, version, depth int) *Type {
	rank := c.u8()
	if version < 3 {
		c.skip(3)
	}
	for range rank {
		t.Dims = append(t.Dims, int(c.u32()))
	}
	if version < 3 {
		c.skip(4 * rank)
	}
	size := t.Size
	if t.Base = parseType(c, depth+1); t.Base == nil || !t.measure() || t.Size != size {
		return nil
	}
	return t
}

// measure sets the size of an array and reports whether it is one.
func (t *Type) measure() bool {
	t.Size = t.Base.Size
	for _, n := range t.Dims {
		if n <= 0 || t.Size > (1<<31-1)/n {
			return false
		}
		t.Size *= n
	}
	return len(t.Dims) > 0
}

// limitWidth returns the bytes that hold numbers up to a limit.
func limitWidth(limit uint64) int {
	n := 1
	for limit >>= 8; limit > 0; limit >>= 8 {
		n++
	}
	return n
}

// swap turns the bytes of every value around.
func swap(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}
