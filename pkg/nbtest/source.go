package nbtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// A source is what a code cell says, read the way GoNB reads it.
type source struct {
	foreign bool  // the cell is not Go: %%bash, %%writefile and the like
	err     error // the cell does not parse as Go
	imports []name
	names   []name // what it declares at top level, methods aside
	shows   int    // calls of Show that run whenever the cell runs
	mayShow bool   // some call of Show, perhaps inside an if or a loop
}

// A name stands for something at the top level of a cell.
type name struct {
	Name string
	Path string // of an import
	Line int    // in the cell, from 1
}

// foreignCells are the first words of cells that GoNB does not compile.
var foreignCells = map[string]bool{"%%writefile": true, "%%script": true, "%%bash": true, "%%sh": true, "%%gx": true}

// parseCell reads a code cell. The text given to the parser keeps the cell's lines where they are: commands of the kernel become empty
// lines, and %% becomes the head of main.
func parseCell(text string) source {
	lines := strings.Split(text, "\n")
	if first := strings.Fields(directive(lines[0])); len(first) > 0 && foreignCells[first[0]] {
		return source{foreign: true}
	}
	entry, open, continued := "main", false, false
	for i, line := range lines {
		line = directive(line)
		switch words := strings.Fields(line); {
		case continued:
			lines[i] = ""
		case len(line) < 2 || line[0] != '%' && line[0] != '!':
			continue
		case words[0] == "%%" || words[0] == "%main":
			lines[i] = ""
			if !open {
				lines[i], open = "func main() {", true
			}
		case words[0] == "%exec" && len(words) > 1:
			lines[i], entry = "", words[1]
		default:
			lines[i] = ""
		}
		continued = strings.HasSuffix(line, `\`)
	}
	code := "package main;" + strings.Join(lines, "\n")
	if open {
		code += "\n}"
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", code, parser.SkipObjectResolution)
	if err != nil {
		return source{err: err, mayShow: showCall.MatchString(text)}
	}
	var s source
	at := func(n ast.Node) int { return files.Position(n.Pos()).Line }
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				s.declare(spec, at(spec))
			}
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "main" && d.Name.Name != "init" {
				s.names = append(s.names, name{Name: d.Name.Name, Line: at(d)})
			}
			if d.Recv == nil && d.Name.Name == entry && d.Body != nil {
				s.shows, s.mayShow = countShows(d.Body)
			}
		}
	}
	return s
}

var showCall = regexp.MustCompile(`\.Show\(`)

// directive removes the prefix that makes a command of the kernel a comment for other Go tools.
func directive(line string) string { return strings.TrimPrefix(line, "//gonb:") }

func (s *source) declare(spec ast.Spec, line int) {
	switch d := spec.(type) {
	case *ast.ImportSpec:
		if at, err := strconv.Unquote(d.Path.Value); err == nil {
			known := packageName(at)
			if d.Name != nil {
				known = d.Name.Name
			}
			s.imports = append(s.imports, name{Name: known, Path: at, Line: line})
		}
	case *ast.TypeSpec:
		s.names = append(s.names, name{Name: d.Name.Name, Line: line})
	case *ast.ValueSpec:
		for _, n := range d.Names {
			s.names = append(s.names, name{Name: n.Name, Line: line})
		}
	}
}

var (
	majorVersion  = regexp.MustCompile(`^v[0-9]+$`)
	versionSuffix = regexp.MustCompile(`\.v[0-9]+$`)
)

// packageName guesses the name of a package from its import path, by the conventions that Go modules keep.
func packageName(at string) string {
	base := path.Base(at)
	if majorVersion.MatchString(base) && path.Dir(at) != "." {
		base = path.Base(path.Dir(at))
	}
	base = versionSuffix.ReplaceAllString(base, "")
	return strings.TrimSuffix(strings.TrimPrefix(base, "go-"), "-go")
}

// countShows counts the calls of a method Show among the statements that run whenever the body does, and tells whether there is any at all.
// A function literal may never be called, so that its body counts as conditional.
func countShows(body *ast.BlockStmt) (sure int, some bool) {
	isShow := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return false
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		return ok && method.Sel.Name == "Show"
	}
	count := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if _, literal := n.(*ast.FuncLit); literal {
				return false
			}
			if isShow(n) {
				sure++
			}
			return true
		})
	}
	for _, statement := range body.List {
		switch s := statement.(type) {
		case *ast.ExprStmt, *ast.AssignStmt, *ast.DeclStmt, *ast.DeferStmt:
			count(s)
		case *ast.IfStmt:
			if s.Init != nil {
				count(s.Init)
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		some = some || isShow(n)
		return !some
	})
	return sure, some
}
