package hdf5

import "context"

// Attribute is a small value of an object, read.
type Attribute struct {
	Name  string
	Type  *Type
	Shape []int // nil for a single value
	raw   []byte
	n     int
	owner *Object
}

// Attribute returns the attribute of a name, or nil where there is none.
func (o *Object) Attribute(name string) (found *Attribute, err error) {
	look := func(body []byte) error {
		if found != nil {
			return nil
		}
		found, err = o.attribute(body, name)
		return err
	}
	for _, m := range o.messages {
		var err error
		switch m.kind {
		case attributeMessage:
			var body []byte
			if body, err = o.resolve(m); err == nil {
				err = look(body)
			}
		case attributeInfo:
			c := o.file.cursor(m.body)
			c.skip(1)
			if flags := c.u8(); flags&1 != 0 {
				c.skip(2)
			}
			heap, tree := c.address(), c.address()
			if c.short {
				return nil, o.errorf("it is damaged: what it says of its attributes is cut off")
			}
			if heap != undefined && tree != undefined {
				err = o.dense(heap, tree, 8, 0, look)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// attribute parses an attribute, or returns nil where it has another name than the one looked for.
func (o *Object) attribute(body []byte, want string) (*Attribute, error) {
	c := o.file.cursor(body)
	version, flags := c.u8(), c.u8()
	if version < 1 || version > 3 {
		return nil, o.errorf("an attribute has version %d, and 1 to 3 are known", version)
	}
	sizes := [3]int{c.u16(), c.u16(), c.u16()}
	if version == 3 {
		c.skip(1)
	}
	var parts [3][]byte // name, type, space
	for i, n := range sizes {
		parts[i] = c.bytes(uint64(n))
		if version == 1 {
			c.skip(-n & 7)
		}
	}
	if c.short {
		return nil, o.errorf("it is damaged: an attribute of it is cut off")
	}
	name := (&cursor{b: parts[0]}).text(1)
	if name != want {
		return nil, nil
	}
	var err error
	for i, kind := range []int{datatypeMessage, dataspaceMessage} {
		m := message{kind: kind, shared: version > 1 && flags>>i&1 != 0, body: parts[1+i]}
		if parts[1+i], err = o.resolve(m); err != nil {
			return nil, err
		}
	}
	a := &Attribute{Name: name, owner: o}
	if a.Type, err = o.datatype(parts[1]); err != nil {
		return nil, err
	}
	s, err := o.dataspace(parts[2])
	if err != nil {
		return nil, err
	}
	n, _ := s.elements()
	if n > uint64(c.left()/max(a.Type.Size, 1)) {
		return nil, o.errorf("it is damaged: its attribute %s is cut off", name)
	}
	for _, d := range s.dims {
		a.Shape = append(a.Shape, int(d))
	}
	a.n, a.raw = int(n), c.bytes(n*uint64(a.Type.Size))
	return a, nil
}

// Len returns the number of values.
func (a *Attribute) Len() int { return a.n }

// Strings returns the values of an attribute of strings.
func (a *Attribute) Strings() ([]string, error) {
	return a.owner.strings(context.Background(), a.Type, a.raw, a.n)
}

// Ints returns the values of an attribute of integers.
func (a *Attribute) Ints() ([]int, error) {
	out := make([]int, a.n)
	return out, decode(a.owner, a.Type, out, append([]byte(nil), a.raw...))
}

// Floats returns the values of an attribute of numbers.
func (a *Attribute) Floats() ([]float64, error) {
	out := make([]float64, a.n)
	return out, decode(a.owner, a.Type, out, append([]byte(nil), a.raw...))
}

// Object returns the object that a reference leads to.
func (a *Attribute) Object() (*Object, error) {
	if a.Type.Class != Reference || !a.Type.object || a.n != 1 {
		return nil, a.owner.errorf("its attribute %s is no reference to an object", a.Name)
	}
	c := a.owner.file.cursor(a.raw)
	return a.owner.file.object(c.address(), a.owner.name+" → "+a.Name)
}
