package cell

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A digest stands for everything that was hashed into it.
type digest = [sha256.Size]byte

// A KeyError says which part of a method, of its data or of what was given to [On] cannot be recognised in a later run.
type KeyError struct {
	Path   string // for example "dr.UMAP.Metric"
	Reason string
}

// Error returns the message.
func (e *KeyError) Error() string { return e.Path + " " + e.Reason }

// below adds a step to the path of the KeyError err while it travels up from the value where it arose.
func below(step string, err error) error {
	e := err.(*KeyError)
	return &KeyError{Path: step + e.Path, Reason: e.Reason}
}

// A hasher digests values. What it writes can be read back in one way only, as every part bears its kind and its length, so that different
// values give different digests. It remembers whose code the values bring along and adds that at the end.
type hasher struct {
	state   hash.Hash
	scratch [9]byte
	types   map[reflect.Type]recognition // every type met
	inside  map[place]bool               // what is being digested: meeting it again means that it contains itself
	known   map[place]digest             // what pointers met before hold
}

// A place is a value in memory: an address may be that of a struct and of its first field, or of slices of several lengths.
type place struct {
	address uintptr
	length  int
	of      reflect.Type
	open    bool // reached through exported fields, so that its methods may be called
}

func placeOf(v reflect.Value, length int) place {
	return place{v.Pointer(), length, v.Type(), v.CanInterface()}
}

func newHasher() *hasher {
	return &hasher{
		state:  sha256.New(),
		types:  map[reflect.Type]recognition{},
		inside: map[place]bool{},
		known:  map[place]digest{},
	}
}

// sum returns the digest of everything added, of the code of every type met, and of what all results rest on.
func (h *hasher) sum() digest {
	code := map[string]bool{commonCode(): true}
	for t := range h.types {
		code[codeOf(t)] = true
	}
	for _, c := range slices.Sorted(maps.Keys(code)) {
		h.text("code", c)
	}
	return digest(h.state.Sum(nil))
}

// text adds a string, and what it is.
func (h *hasher) text(what, s string) {
	h.string(what)
	h.string(s)
}

// result adds the type of the result, with the code of all types inside it.
func (h *hasher) result(t reflect.Type) {
	h.text("result", fullName(t))
	h.meet(t)
}

// meet notes t and the types that it is made of.
func (h *hasher) meet(t reflect.Type) {
	if _, met := h.types[t]; met {
		return
	}
	h.recognize(t)
	switch t.Kind() {
	case reflect.Array, reflect.Slice, reflect.Pointer:
		h.meet(t.Elem())
	case reflect.Map:
		h.meet(t.Key())
		h.meet(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			h.meet(t.Field(i).Type)
		}
	}
}

// add digests v, which errors call by the given name. The error is a *KeyError.
func (h *hasher) add(name string, v any) (err error) {
	defer func() {
		// Methods of the value run here: At of a matrix that is only half there, for one.
		if p := recover(); p != nil {
			err = &KeyError{Path: name, Reason: fmt.Sprintf("cannot be read: %v", p)}
		}
	}()
	if err := h.dynamic(reflect.ValueOf(v)); err != nil {
		return below(name, err)
	}
	return nil
}

// The kinds of parts. Numbers, strings and lists write their reflect.Kind.
const (
	partNil byte = 0x80 + iota
	partPointer
	partDescribed
)

func (h *hasher) tag(b byte) {
	h.scratch[0] = b
	h.state.Write(h.scratch[:1])
}

func (h *hasher) number(kind byte, v uint64) {
	h.scratch[0] = kind
	binary.LittleEndian.PutUint64(h.scratch[1:], v)
	h.state.Write(h.scratch[:])
}

func (h *hasher) string(s string) {
	h.number(byte(reflect.String), uint64(len(s)))
	h.state.Write([]byte(s))
}

// dynamic digests a value whose type is not known from what surrounds it.
func (h *hasher) dynamic(v reflect.Value) error {
	if !v.IsValid() {
		h.tag(partNil)
		return nil
	}
	h.string(fullName(v.Type()))
	return h.value(v)
}

func (h *hasher) value(v reflect.Value) error {
	t := v.Type()
	known := h.recognize(t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			h.tag(partNil)
			return nil
		}
	}
	if known != byContent && v.CanInterface() {
		return h.described(v, known)
	}
	switch t.Kind() {
	case reflect.Bool:
		b := uint64(0)
		if v.Bool() {
			b = 1
		}
		h.number(byte(t.Kind()), b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.number(byte(t.Kind()), uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		h.number(byte(t.Kind()), v.Uint())
	case reflect.Float32, reflect.Float64:
		h.number(byte(t.Kind()), math.Float64bits(v.Float()))
	case reflect.Complex64, reflect.Complex128:
		h.number(byte(t.Kind()), math.Float64bits(real(v.Complex())))
		h.number(byte(t.Kind()), math.Float64bits(imag(v.Complex())))
	case reflect.String:
		h.string(v.String())
	case reflect.Interface:
		return h.dynamic(v.Elem())
	case reflect.Struct:
		h.number(byte(t.Kind()), uint64(t.NumField()))
		for i := range t.NumField() {
			h.string(t.Field(i).Name)
			if err := h.value(v.Field(i)); err != nil {
				return below("."+t.Field(i).Name, err)
			}
		}
	case reflect.Array:
		return h.list(v)
	case reflect.Slice:
		return h.within(placeOf(v, v.Len()), func() error { return h.list(v) })
	case reflect.Map:
		return h.within(placeOf(v, v.Len()), func() error { return h.table(v) })
	case reflect.Pointer:
		return h.pointer(v)
	default:
		return &KeyError{Reason: fmt.Sprintf("is a %s, which a later run could not recognise", t)}
	}
	return nil
}

func (h *hasher) list(v reflect.Value) error {
	h.number(byte(v.Kind()), uint64(v.Len()))
	for i := range v.Len() {
		if err := h.value(v.Index(i)); err != nil {
			return below(fmt.Sprintf("[%d]", i), err)
		}
	}
	return nil
}

// table digests a map, in an order that depends on its content alone.
func (h *hasher) table(v reflect.Value) error {
	h.number(byte(v.Kind()), uint64(v.Len()))
	entries := make([]digest, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		d, err := h.apart(func() error {
			if err := h.value(it.Key()); err != nil {
				return below(" key", err)
			}
			return h.value(it.Value())
		})
		if err != nil {
			return below(fmt.Sprintf("[%v]", it.Key()), err)
		}
		entries = append(entries, d)
	}
	slices.SortFunc(entries, func(a, b digest) int { return slices.Compare(a[:], b[:]) })
	for _, d := range entries {
		h.state.Write(d[:])
	}
	return nil
}

// pointer digests what v points to, once however many pointers lead there.
func (h *hasher) pointer(v reflect.Value) error {
	at := placeOf(v, 1)
	d, met := h.known[at]
	if !met {
		var err error
		d, err = h.apart(func() error { return h.within(at, func() error { return h.value(v.Elem()) }) })
		if err != nil {
			return err
		}
		h.known[at] = d
	}
	h.tag(partPointer)
	h.state.Write(d[:])
	return nil
}

// within runs f on the content of p, unless that is what is being digested already.
func (h *hasher) within(p place, f func() error) error {
	if h.inside[p] {
		return &KeyError{Reason: "contains itself"}
	}
	h.inside[p] = true
	defer delete(h.inside, p)
	return f()
}

// apart returns the digest of what f adds, without adding it.
func (h *hasher) apart(f func() error) (digest, error) {
	outer := h.state
	h.state = sha256.New()
	defer func() { h.state = outer }()
	if err := f(); err != nil {
		return digest{}, err
	}
	return digest(h.state.Sum(nil)), nil
}

// A recognition says how the values of a type tell what they are.
type recognition int

const (
	byContent recognition = iota
	byFingerprint
	byMatrix
	byBytes
)

// recognitions in the order in which they are preferred.
var recognitions = []struct {
	by reflect.Type
	is recognition
}{
	{reflect.TypeFor[interface{ Fingerprint() string }](), byFingerprint},
	{reflect.TypeFor[mat.Matrix](), byMatrix},
	{reflect.TypeFor[encoding.BinaryMarshaler](), byBytes},
}

func (h *hasher) recognize(t reflect.Type) recognition {
	known, met := h.types[t]
	if met {
		return known
	}
	if t.Kind() != reflect.Interface {
		for _, r := range recognitions {
			if implements(t, r.by) && !lent(t, r.by) {
				known = r.is
				break
			}
		}
	}
	h.types[t] = known
	return known
}

// implements reports whether t or a pointer to it has the methods of the interface.
func implements(t, methods reflect.Type) bool {
	return t.Implements(methods) || t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(methods)
}

// lent reports whether a struct, or what a pointer points to, may have these methods from an embedded field alone, which knows nothing of
// the fields beside it.
func lent(t, methods reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.NumField() < 2 {
		return false
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && implements(f.Type, methods) {
			return true
		}
	}
	return false
}

// described digests what v says of itself.
func (h *hasher) described(v reflect.Value, known recognition) error {
	t := v.Type()
	p := v
	if t.Kind() != reflect.Pointer {
		p = reflect.New(t) // has the methods of t and of *t
		p.Elem().Set(v)
	}
	var self string
	switch known {
	case byFingerprint:
		self = p.Interface().(interface{ Fingerprint() string }).Fingerprint()
	case byMatrix:
		self = mat32.Fingerprint(p.Interface().(mat.Matrix))
	case byBytes:
		b, err := p.Interface().(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			return &KeyError{Reason: fmt.Sprintf("cannot be written: %v", err)}
		}
		self = string(b)
	}
	h.number(partDescribed, uint64(known))
	h.string(self)
	return nil
}

// fullName names a type with the full path of its package, where reflect's own String has the last element only.
func fullName(t reflect.Type) string {
	if t.Name() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + fullName(t.Elem())
	case reflect.Slice:
		return "[]" + fullName(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), fullName(t.Elem()))
	case reflect.Map:
		return "map[" + fullName(t.Key()) + "]" + fullName(t.Elem())
	}
	return t.String()
}
