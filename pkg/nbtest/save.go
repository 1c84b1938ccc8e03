package nbtest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// tidy brings a notebook that was run into the one form that every run gives.
//
// What a cell writes to stdout reaches the notebook by another way than what it displays, and stderr by a third, so that their order is not
// the program's and changes from run to run: stdout comes first, then stderr, then what was displayed, in its order, then errors. Progress
// bars go: whether one appeared at all depends on the machine. So do the times of execution and everything that tells one installation of the
// kernel from another.
func tidy(n *Notebook) {
	n.Metadata = with(n.Metadata, map[string]any{
		"kernelspec":    map[string]any{"name": "gonb", "display_name": "Go (gonb)", "language": "go"},
		"language_info": map[string]any{"name": "go", "file_extension": ".go", "mimetype": "text/x-go", "pygments_lexer": "go"},
	})
	delete(n.Metadata, "signature")
	delete(n.Metadata, "widgets")
	count := 0
	for _, c := range n.Cells {
		for _, passing := range []string{"execution", "ExecuteTime"} {
			delete(c.Metadata, passing)
		}
		if c.Kind != "code" {
			continue
		}
		if c.Count > 0 {
			count++
			c.Count = count
		}
		c.Outputs = settle(c)
	}
}

// settle returns the cell's outputs in their order.
func settle(c *Cell) []*Output {
	var settled []*Output
	for _, name := range []string{"stdout", "stderr"} {
		text := overwrite(c.stream(name))
		if name == "stderr" {
			text = unplaced(cellMark.ReplaceAllString(text, "")).(string)
		}
		if text != "" {
			settled = append(settled, &Output{Kind: "stream", Name: name, Text: text})
		}
	}
	for _, o := range c.Outputs {
		if (o.Kind == "display_data" || o.Kind == "execute_result") && o.Mark("kind") != "progress" {
			delete(o.Rest, "transient")
			if o.Kind == "execute_result" {
				o.Rest["execution_count"] = c.number()
			}
			if picture, ok := o.Data["image/png"].(string); ok {
				o.Data["image/png"] = strings.Join(strings.Fields(picture), "")
			}
			settled = append(settled, o)
		}
	}
	for _, o := range c.Outputs {
		if o.Kind == "error" {
			for _, field := range []string{"evalue", "traceback"} {
				o.Rest[field] = unplaced(o.Rest[field])
			}
			settled = append(settled, o)
		}
	}
	return settled
}

// cellMark is what GoNB puts before a position in a stack, if the position happens to arrive in one piece.
var cellMark = regexp.MustCompile(` ?(?:\x1b\[7m)?\[\[ Cell (?:\[\d+\] )?Line \d+ \]\](?:\x1b\[0m)? ?`)

// programFolder is where GoNB keeps a cell's program: a new folder each time, which the positions in compilers' messages and in stacks name.
var programFolder = regexp.MustCompile(`[^\s"]*\bgonb_[0-9a-f]{8}(/)?`)

// unplaced takes the folder of the cell's program out of a text or a list of texts.
func unplaced(v any) any {
	switch v := v.(type) {
	case string:
		return programFolder.ReplaceAllStringFunc(v, func(found string) string {
			if strings.HasSuffix(found, "/") {
				return ""
			}
			return "cell"
		})
	case []any:
		out := make([]any, len(v))
		for i, entry := range v {
			out[i] = unplaced(entry)
		}
		return out
	}
	return v
}

func (c *Cell) number() any {
	if c.Count == 0 {
		return nil
	}
	return c.Count
}

// overwrite applies the carriage returns of a stream as a terminal does: what follows one replaces its line.
func overwrite(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	var kept strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		body, end := strings.CutSuffix(line, "\n")
		body = strings.TrimRight(body, "\r")
		if i := strings.LastIndexByte(body, '\r'); i >= 0 {
			body = body[i+1:]
		}
		kept.WriteString(body)
		if end {
			kept.WriteByte('\n')
		}
	}
	return kept.String()
}

// forSaving returns a copy of a tidy notebook as it is kept in a repository: the output of viz.Library becomes the loader, and a large chart the
// smaller one, that it carries for that purpose in its mark. Charts of cells tagged large-output that carry none become their static pictures.
func forSaving(n *Notebook) (*Notebook, error) {
	text, err := n.Bytes()
	if err != nil {
		return nil, err
	}
	var kept Notebook
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, err
	}
	for _, c := range kept.Cells {
		for _, o := range c.Outputs {
			mark, _ := o.Metadata[markKey].(map[string]any)
			switch picture := o.plain("image/png"); {
			case o.Mark("kind") == "library" && mark["saved"] != nil:
				o.Data = map[string]any{"text/html": mark["saved"]}
				delete(mark, "saved")
			case o.Mark("kind") == "chart" && mark["saved"] != nil:
				o.Data["text/html"] = mark["saved"]
				delete(mark, "saved")
			case c.Tagged("large-output") && picture != "" && o.plain("text/html") != "":
				o.Data["text/html"] = `<img alt="" src="data:image/png;base64,` + picture + `">`
			}
		}
	}
	return &kept, nil
}

// blank returns a copy of the notebook without outputs, which is what is given to the kernel: nothing of an earlier run can pass for this one.
func blank(n *Notebook) *Notebook {
	bare := &Notebook{Metadata: n.Metadata, Rest: n.Rest, Cells: slices.Clone(n.Cells)}
	for i, c := range bare.Cells {
		copied := *c
		copied.Outputs, copied.Count = nil, 0
		bare.Cells[i] = &copied
	}
	return bare
}
