package cell

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// A Claim is what a paper says of a method, beside what a cell has found. It belongs below the checks it rests on, which fail the cell where
// it does not hold:
//
//	cell.CheckAbove("recall of LeanVec over that of PCA", lean-plain, 0.01)
//	cell.Claim{
//		System: "A53", Paper: "Tepper et al. 2024, LeanVec: Search Your Vectors Faster by Making Them Fit",
//		Of: search.LeanVec{}, Theirs: "0.972 against 0.950",
//	}.Found("recall@10 %.3f against %.3f", lean, plain)
//
// The output says in its metadata what it is, so that a table of contents can be made of the saved notebooks (nbtest.Notebook.Claims) and
// nobody need keep a list.
type Claim struct {
	System string // under which a course lists the paper: a letter and digits, such as "A53"
	Paper  string // authors, year and title
	Of     any    // the method as its type's value, or the function itself
	Theirs string // the paper's figure, or what it says in words
}

var systemNumber = regexp.MustCompile(`^[A-Z][0-9]+$`)

// Found shows the claim with the cell's own figure, in the words that fmt.Sprintf makes of the arguments, or prints it on standard output
// outside a notebook. It fails the cell when a part of the claim is missing.
func (c Claim) Found(format string, args ...any) {
	parts, err := c.parts(fmt.Sprintf(format, args...))
	if err == nil {
		err = showClaim(parts)
	}
	if err != nil {
		fail("cell.Claim", err)
	}
}

// parts are what the output's metadata holds, by the names of Claim's fields in small letters, and the figure as "found".
func (c Claim) parts(found string) (map[string]string, error) {
	parts := map[string]string{"system": c.System, "paper": c.Paper, "of": nameOf(c.Of), "theirs": c.Theirs, "found": found}
	for name, text := range parts {
		parts[name] = strings.TrimSpace(text)
		if parts[name] == "" {
			return nil, fmt.Errorf("%s is empty or has no name", name)
		}
		if strings.Contains(text, "\n") {
			return nil, fmt.Errorf("%s has more than one line: %q", name, text)
		}
	}
	if !systemNumber.MatchString(c.System) {
		return nil, fmt.Errorf("the field System is %q; it must be a letter and digits, such as A53", c.System)
	}
	return parts, nil
}

func showClaim(parts map[string]string) error {
	text := fmt.Sprintf("%s  %s\n%s: %s\nthe paper: %s\n", parts["system"], parts["paper"], parts["of"], parts["found"], parts["theirs"])
	if !jupyter.Connected() {
		_, err := fmt.Print(text)
		return err
	}
	marks := maps.Clone(parts)
	marks["kind"] = "claim"
	return jupyter.Display(jupyter.Bundle{
		Data:     map[string]any{"text/plain": text},
		Metadata: map[string]any{jupyter.MarkKey: marks},
	})
}

// literal is what the compiler calls a function without a name of its own.
var literal = regexp.MustCompile(`\.func\d+(\.\d+)*$`)

// nameOf names a function, or the type of a value, as code that imports its package writes it; what has no name it calls "".
func nameOf(of any) string {
	if of == nil {
		return ""
	}
	t := reflect.TypeOf(of)
	if t.Kind() == reflect.Func {
		v := reflect.ValueOf(of)
		if v.IsNil() {
			return ""
		}
		name := runtime.FuncForPC(v.Pointer()).Name()
		name = name[strings.LastIndexByte(name, '/')+1:]
		name, _, _ = strings.Cut(name, "[") // of a generic function
		if literal.MatchString(name) {
			return ""
		}
		return strings.NewReplacer("(*", "", ")", "", "-fm", "").Replace(name)
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, _, _ := strings.Cut(t.String(), "[")
	return name
}
