package nbtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Notebook is a Jupyter notebook of format 4. What this package has no use for is kept in the Rest of each part, so that reading and
// writing a notebook changes nothing but its layout.
type Notebook struct {
	Cells    []*Cell
	Metadata map[string]any
	Rest     map[string]any
}

// A Cell is one cell of a notebook. Outputs and Count belong to code cells only.
type Cell struct {
	Kind     string // "code", "markdown" or "raw"
	ID       string // empty before format 4.5
	Source   string
	Metadata map[string]any
	Outputs  []*Output
	Count    int // the number in brackets beside the cell; 0 when it was not run
	Rest     map[string]any
}

// An Output is one output of a code cell.
type Output struct {
	Kind     string // "stream", "display_data", "execute_result" or "error"
	Name     string // of a stream: "stdout" or "stderr"
	Text     string // of a stream
	Data     map[string]any
	Metadata map[string]any
	Rest     map[string]any // an error's ename, evalue and traceback among them
}

// Read reads a notebook file. It accepts format 4, the only one in use since 2015.
func Read(path string) (*Notebook, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var n Notebook
	if err := json.Unmarshal(text, &n); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &n, nil
}

// UnmarshalJSON reads the notebook file's JSON.
func (n *Notebook) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return fmt.Errorf("not a notebook: %w", err)
	}
	r := reader{fields: fields}
	if format := r.number("nbformat"); format != 4 {
		return fmt.Errorf("not a notebook of format 4 (nbformat is %d)", format)
	}
	fields["nbformat"] = json.Number("4") // written back as found
	n.Metadata = r.object("metadata")
	n.Cells = nil
	for i, c := range r.list("cells") {
		cell, err := readCell(c)
		if err != nil {
			return fmt.Errorf("cell %d: %w", i+1, err)
		}
		n.Cells = append(n.Cells, cell)
	}
	n.Rest = fields
	return r.err
}

func readCell(v any) (*Cell, error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("is %T, not an object", v)
	}
	r := reader{fields: fields}
	c := &Cell{Kind: r.text("cell_type"), ID: r.text("id"), Source: r.text("source"), Metadata: r.object("metadata"), Rest: fields}
	if c.Kind == "code" {
		c.Count = r.number("execution_count")
		for i, o := range r.list("outputs") {
			output, err := readOutput(o)
			if err != nil {
				return nil, fmt.Errorf("output %d: %w", i+1, err)
			}
			c.Outputs = append(c.Outputs, output)
		}
	}
	return c, r.err
}

func readOutput(v any) (*Output, error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("is %T, not an object", v)
	}
	r := reader{fields: fields}
	o := &Output{Kind: r.text("output_type"), Rest: fields}
	switch o.Kind {
	case "stream":
		o.Name, o.Text = r.text("name"), r.text("text")
	case "display_data", "execute_result":
		o.Data, o.Metadata = r.object("data"), r.object("metadata")
		delete(fields, "transient")
		for mime, value := range o.Data {
			if joined, ok := join(value); ok {
				o.Data[mime] = joined
			}
		}
	}
	return o, r.err
}

// reader takes known fields out of a JSON object and remembers the first that has the wrong type.
type reader struct {
	fields map[string]any
	err    error
}

func take[T any](r *reader, name string, convert func(any) (T, bool)) (value T) {
	found, ok := r.fields[name]
	if !ok || found == nil {
		delete(r.fields, name)
		return value
	}
	if value, ok = convert(found); !ok && r.err == nil {
		r.err = fmt.Errorf("%s is %T", name, found)
	}
	delete(r.fields, name)
	return value
}

func (r *reader) text(name string) string { return take(r, name, join) }

func (r *reader) list(name string) []any {
	return take(r, name, func(v any) ([]any, bool) { l, ok := v.([]any); return l, ok })
}

func (r *reader) object(name string) map[string]any {
	return take(r, name, func(v any) (map[string]any, bool) { o, ok := v.(map[string]any); return o, ok })
}

func (r *reader) number(name string) int {
	return take(r, name, func(v any) (int, bool) {
		number, ok := v.(json.Number)
		i, err := number.Int64()
		return int(i), ok && err == nil
	})
}

// join makes one string of the format's two ways to hold text: a string, or a list of lines.
func join(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return s, true
	}
	lines, ok := v.([]any)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for _, line := range lines {
		s, ok := line.(string)
		if !ok {
			return "", false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

// MarshalJSON writes the notebook as Jupyter lays out its files: keys sorted, text as lists of lines, one space of indentation. The last
// newline of the file is left to [Notebook.Bytes].
func (n *Notebook) MarshalJSON() ([]byte, error) {
	cells := make([]any, len(n.Cells))
	for i, c := range n.Cells {
		cells[i] = c.fields()
	}
	top := with(n.Rest, map[string]any{"cells": cells, "metadata": orEmpty(n.Metadata)})
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(top)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Bytes returns the file of the notebook: equal notebooks give equal bytes.
func (n *Notebook) Bytes() ([]byte, error) {
	text, err := n.MarshalJSON() // json.Marshal would take the layout away again
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

func (c *Cell) fields() map[string]any {
	known := map[string]any{"cell_type": c.Kind, "source": lines(c.Source), "metadata": orEmpty(c.Metadata)}
	if c.ID != "" {
		known["id"] = c.ID
	}
	if c.Kind == "code" {
		outputs := make([]any, len(c.Outputs))
		for i, o := range c.Outputs {
			outputs[i] = o.fields()
		}
		known["outputs"] = outputs
		known["execution_count"] = any(nil)
		if c.Count > 0 {
			known["execution_count"] = c.Count
		}
	}
	return with(c.Rest, known)
}

func (o *Output) fields() map[string]any {
	known := map[string]any{"output_type": o.Kind}
	switch o.Kind {
	case "stream":
		known["name"], known["text"] = o.Name, lines(o.Text)
	case "display_data", "execute_result":
		data := make(map[string]any, len(o.Data))
		for mime, value := range o.Data {
			data[mime] = value
			if s, ok := value.(string); ok && inLines(mime) {
				data[mime] = lines(s)
			}
		}
		known["data"], known["metadata"] = data, orEmpty(o.Metadata)
	}
	return with(o.Rest, known)
}

// size is the number of bytes an output takes in a file, its indentation aside.
func (o *Output) size() int {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(o.fields()); err != nil {
		return 0 // impossible: the fields came out of JSON
	}
	return b.Len()
}

// inLines reports whether Jupyter writes the type as a list of lines.
func inLines(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == "application/javascript" || mime == "image/svg+xml"
}

// lines cuts text after each newline, as the format does.
func lines(text string) []string {
	if text == "" {
		return []string{}
	}
	cut := strings.SplitAfter(text, "\n")
	if cut[len(cut)-1] == "" {
		cut = cut[:len(cut)-1]
	}
	return cut
}

func with(rest, known map[string]any) map[string]any {
	all := make(map[string]any, len(rest)+len(known))
	for k, v := range rest {
		all[k] = v
	}
	for k, v := range known {
		all[k] = v
	}
	return all
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// Tagged reports whether the cell bears the tag.
func (c *Cell) Tagged(tag string) bool {
	tags, _ := c.Metadata["tags"].([]any)
	return slices.Contains(tags, any(tag))
}

// runs reports whether the cell is one that is executed.
func (c *Cell) runs() bool { return c.Kind == "code" && strings.TrimSpace(c.Source) != "" }

// stream returns all the cell wrote to stdout or stderr.
func (c *Cell) stream(name string) string {
	var b strings.Builder
	for _, o := range c.Outputs {
		if o.Kind == "stream" && o.Name == name {
			b.WriteString(o.Text)
		}
	}
	return b.String()
}

// plain returns the output of the given type as text: "" when it has none.
func (o *Output) plain(mime string) string {
	s, _ := o.Data[mime].(string)
	return s
}

// markKey is the metadata key under which everything Flatland displays says what it is (internal/jupyter's MarkKey, which is not imported
// because it brings the kernel's client along; a test holds the two equal).
const markKey = "flatland"

// Mark returns a field of the mark that Flatland leaves on its outputs: "kind" is "chart", "library", "progress", "table", "notice" or "claim".
func (o *Output) Mark(field string) string {
	mark, _ := o.Metadata[markKey].(map[string]any)
	s, _ := mark[field].(string)
	return s
}
