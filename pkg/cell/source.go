package cell

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// functionIdentity identifies the function f by the text of the declaration it is written in and of all it mentions, or by the program
// where the text cannot be had.
func functionIdentity(f any) (string, error) {
	v := reflect.ValueOf(f)
	if v.IsNil() {
		return "", errors.New("the function is nil")
	}
	// The name of a closure changes when the compiler inlines the function around it, and so from cell to cell; its place in the text does
	// not. The last frame is the function itself, the others are what was inlined into its first instruction.
	frames := runtime.CallersFrames([]uintptr{v.Pointer() + 1})
	frame, more := frames.Next()
	for more {
		frame, more = frames.Next()
	}
	text, err := textAt(frame.File, frame.Line)
	var unclear *unclearError
	if errors.As(err, &unclear) {
		return "", err
	}
	if err != nil {
		return programCode() + " " + frame.Function, nil
	}
	return text, nil
}

// textAt identifies the function at a line of a file.
func textAt(file string, line int) (string, error) {
	p, err := sourcesBeside(file)
	if err != nil {
		return "", err
	}
	u := p.at(file, line)
	if u == nil {
		return "", fmt.Errorf("nothing is declared at line %d of %s", line, file)
	}
	literal, err := p.literal(u, line)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s literal %d", p.code([]*unit{u}), literal), nil
}

// declarationCode identifies a name that package main declares.
func declarationCode(name string) string {
	frames := callers()
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "main.") {
			if p, err := sourcesBeside(frame.File); err == nil && len(p.units[name]) > 0 {
				return p.code(p.units[name])
			}
		}
		if !more {
			return programCode()
		}
	}
}

// sources are the declarations of a package, as far as they stand at the top level.
type sources struct {
	positions *token.FileSet
	units     map[string][]*unit // by the names they declare; methods stand with their type
}

// A unit is the smallest piece of text that is taken as a whole: a function, one variable, one type, or a group of constants.
type unit struct {
	node ast.Node
	file *ast.File
	text string // its tokens
}

var packages struct {
	sync.Mutex
	read map[string]*sources
}

// sourcesBeside reads the package that the file belongs to. It is an error when a file of it is younger than the program: then what is
// written is not what runs.
func sourcesBeside(file string) (*sources, error) {
	if !filepath.IsAbs(file) {
		return nil, fmt.Errorf("%q is not an absolute path", file)
	}
	packages.Lock()
	defer packages.Unlock()
	test := strings.HasSuffix(file, "_test.go")
	id := fmt.Sprint(filepath.Dir(file), test)
	if p := packages.read[id]; p != nil {
		return p, nil
	}
	program, err := os.Stat(programFile())
	if err != nil {
		return nil, err
	}
	own, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	p := &sources{positions: token.NewFileSet(), units: map[string][]*unit{}}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || !test && strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		name := filepath.Join(filepath.Dir(file), e.Name())
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.positions, name, text, parser.SkipObjectResolution)
		if f == nil || f.Name.Name != own.Name.Name {
			continue
		}
		if err != nil {
			return nil, err
		}
		if info.ModTime().After(program.ModTime()) {
			return nil, fmt.Errorf("%s has been edited since the program was built", name)
		}
		p.read(f, text)
	}
	if packages.read == nil {
		packages.read = map[string]*sources{}
	}
	packages.read[id] = p
	return p, nil
}

// read adds the declarations of a file.
func (p *sources) read(f *ast.File, text []byte) {
	add := func(n ast.Node, names ...string) {
		start, end := p.positions.Position(n.Pos()).Offset, p.positions.Position(n.End()).Offset
		u := &unit{node: n, file: f, text: tokens(text[start:end])}
		for _, name := range names {
			p.units[name] = append(p.units[name], u)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && len(d.Recv.List) == 1 {
				add(d, receiver(d.Recv.List[0].Type))
			} else {
				add(d, d.Name.Name)
			}
		case *ast.GenDecl:
			var group []string // constants stay together: they may count with iota
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s, s.Name.Name)
				case *ast.ValueSpec:
					var names []string
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
					if d.Tok == token.CONST {
						group = append(group, names...)
					} else {
						add(s, names...)
					}
				}
			}
			if len(group) > 0 {
				add(d, group...)
			}
		}
	}
}

// receiver returns the name of the type in a method's receiver.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.ParenExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	}
	return "_"
}

// tokens returns the text without its comments and layout.
func tokens(text []byte) string {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, func(token.Position, string) {}, 0)
	var b strings.Builder
	for {
		_, tok, literal := s.Scan()
		switch {
		case tok == token.EOF:
			return b.String()
		case tok == token.SEMICOLON: // written or implied
			literal = ";"
		case literal == "":
			literal = tok.String()
		}
		b.WriteString(literal)
		b.WriteByte('\n')
	}
}

// at returns the declaration around a line of a file, or nil.
func (p *sources) at(file string, line int) *unit {
	for _, units := range p.units {
		for _, u := range units {
			first, last := p.positions.Position(u.node.Pos()), p.positions.Position(u.node.End())
			if first.Filename == file && first.Line <= line && line <= last.Line {
				return u
			}
		}
	}
	return nil
}

// An unclearError says that two functions begin on one line, and only one line is known of a compiled function.
type unclearError struct{ position token.Position }

func (e *unclearError) Error() string {
	return fmt.Sprintf("two functions begin at %s: let each begin on a line of its own, so that their results can be told apart", e.position)
}

// literal tells which function of the unit runs at the line: 0 for the declared one, 1 for its first literal, and so on.
func (p *sources) literal(u *unit, line int) (int, error) {
	number, found, start := 0, 0, 0
	var err error
	ast.Inspect(u.node, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncLit)
		if !ok {
			return true
		}
		number++
		// Only functions of the shape that Keep takes are of interest.
		if f.Type.Params.NumFields() != 1 || f.Type.Results.NumFields() != 2 {
			return true
		}
		first, last := p.positions.Position(f.Pos()), p.positions.Position(f.End())
		if first.Line > line || line > last.Line {
			return true
		}
		err = nil
		if found > 0 && first.Line == start {
			err = &unclearError{first}
		}
		found, start = number, first.Line // what comes later begins further in
		return true
	})
	return found, err
}

// code identifies the text of the units and of all that they mention, through however many steps, and the modules that these import.
func (p *sources) code(roots []*unit) string {
	reached := map[*unit]bool{}
	parts := map[string]bool{}
	for queue := slices.Clone(roots); len(queue) > 0; {
		u := queue[0]
		queue = queue[1:]
		if reached[u] {
			continue
		}
		reached[u] = true
		parts[u.text] = true
		// Mentioning is a matter of spelling: a field or a local variable that bears the name of a declaration counts as well, which at worst
		// computes a result once too often.
		mentioned := map[string]bool{}
		ast.Inspect(u.node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && !mentioned[id.Name] {
				mentioned[id.Name] = true
				queue = append(queue, p.units[id.Name]...)
			}
			return true
		})
		for _, imported := range u.file.Imports {
			target, err := strconv.Unquote(imported.Path.Value)
			if err == nil && usesImport(imported, target, mentioned) {
				parts["import "+packageCode(target)] = true
			}
		}
	}
	sorted := make([]string, 0, len(parts))
	for s := range parts {
		sorted = append(sorted, s)
	}
	slices.Sort(sorted)
	h := sha256.New()
	for _, s := range sorted {
		fmt.Fprintf(h, "%d %s", len(s), s)
	}
	return "text " + hex.EncodeToString(h.Sum(nil))
}

// usesImport reports whether the names mentioned may include that of the import. goimports, which the kernel runs, writes the name of a
// package down where it is not that of its folder.
func usesImport(imported *ast.ImportSpec, target string, mentioned map[string]bool) bool {
	if imported.Name != nil {
		name := imported.Name.Name
		return name == "." || name == "_" || mentioned[name]
	}
	folder := path.Base(target)
	if len(folder) > 1 && folder[0] == 'v' && strings.Trim(folder[1:], "0123456789") == "" {
		folder = path.Base(path.Dir(target)) // a major version
	}
	folder, _, _ = strings.Cut(folder, ".")
	return mentioned[folder]
}
