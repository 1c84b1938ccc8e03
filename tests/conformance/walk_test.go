package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// found is a public method, or function, that the walk came across.
type found struct {
	method  string // "dr.PCA"
	resolve bool   // it has a method Resolve(n, d int) (T, error)
	isFunc  bool
	doc     string            // its comment, in one line
	fields  map[string]string // the comments of its fields
}

// room is what the walk learns of a package.
type room struct {
	methods  []found
	tests    map[string]*ast.FuncDecl // the tests of its test files
	examples []string                 // those with an output that is checked: "PCA_Fit"
}

// walk reads the packages that patterns name, as go list does in dir, and
// returns them by name. Packages in folders named internal are left out.
func walk(dir string, patterns ...string) (map[string]room, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Name,Dir,Export,GoFiles,TestGoFiles,XTestGoFiles,DepOnly"}, patterns...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	type listed struct {
		ImportPath, Name, Dir, Export      string
		GoFiles, TestGoFiles, XTestGoFiles []string
		DepOnly                            bool
	}
	var packages []listed
	exports := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly && p.Name != "main" && !slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
			packages = append(packages, p)
		}
	}
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	rooms := map[string]room{}
	for _, p := range packages {
		parse := func(names []string) (files []*ast.File, err error) {
			for _, name := range names {
				f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
				if err != nil {
					return nil, err
				}
				files = append(files, f)
			}
			return files, nil
		}
		files, err := parse(p.GoFiles)
		if err != nil {
			return nil, err
		}
		tests, err := parse(append(p.TestGoFiles, p.XTestGoFiles...))
		if err != nil {
			return nil, err
		}
		checked, err := (&types.Config{Importer: compiled}).Check(p.ImportPath, fset, files, nil)
		if err != nil {
			return nil, err
		}
		if _, twice := rooms[p.Name]; twice {
			return nil, fmt.Errorf("two packages are called %s: rows could not tell them apart", p.Name)
		}
		r := room{methods: methods(checked, files), tests: map[string]*ast.FuncDecl{}}
		for _, f := range tests {
			for _, d := range f.Decls {
				if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test") {
					r.tests[d.Name.Name] = d
				}
			}
		}
		for _, e := range doc.Examples(tests...) {
			if e.Output != "" {
				r.examples = append(r.examples, e.Name)
			}
		}
		rooms[p.Name] = r
	}
	return rooms, nil
}

// methods lists the types and functions of a package that need a row. A function
// FooContext beside Foo is a plain one that hears a cancel, and needs none.
func methods(p *types.Package, files []*ast.File) (list []found) {
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		f := found{method: p.Name() + "." + name}
		switch o := object.(type) {
		case *types.Func:
			f.isFunc = true
			s := o.Signature().Params()
			if s.Len() < 2 || !isContext(s.At(0).Type()) || !isMatrix(s.At(1).Type()) {
				continue
			}
			if plain, ok := strings.CutSuffix(name, "Context"); ok && p.Scope().Lookup(plain) != nil {
				continue
			}
		case *types.TypeName:
			if types.IsInterface(o.Type()) || o.IsAlias() {
				continue
			}
			set := types.NewMethodSet(types.NewPointer(o.Type()))
			is := false
			for _, verb := range verbs {
				if m := set.Lookup(p, verb); m != nil {
					s := m.Obj().(*types.Func).Signature()
					// What returns an error alone is an operator, which a method has made.
					is = is || s.Params().Len() > 0 && isContext(s.Params().At(0).Type()) && s.Results().Len() == 2
				}
			}
			if !is {
				continue
			}
			if m := set.Lookup(p, "Resolve"); m != nil {
				s := m.Obj().(*types.Func).Signature()
				two := types.NewTuple(types.NewVar(0, nil, "", types.Typ[types.Int]), types.NewVar(0, nil, "", types.Typ[types.Int])) // rows and columns, nodes and edges
				f.resolve = types.Identical(types.NewSignatureType(nil, nil, nil, s.Params(), nil, false), types.NewSignatureType(nil, nil, nil, two, nil, false)) && s.Results().Len() == 2 &&
					types.Identical(s.Results().At(0).Type(), o.Type()) && s.Results().At(1).Type().String() == "error"
			}
		default:
			continue
		}
		f.doc, f.fields = comments(files, name)
		list = append(list, f)
	}
	return list
}

func isContext(t types.Type) bool { return t.String() == "context.Context" }

// isMatrix recognises gonum's matrices by what they can do, so that a planted
// package needs no gonum.
func isMatrix(t types.Type) bool {
	set := types.NewMethodSet(t)
	return set.Lookup(nil, "Dims") != nil && set.Lookup(nil, "At") != nil
}

// comments returns the comment of a type or function, in one line, and those of
// the fields of a struct.
func comments(files []*ast.File, name string) (text string, fields map[string]string) {
	line := func(groups ...*ast.CommentGroup) (s string) {
		for _, g := range groups {
			s += strings.Join(strings.Fields(g.Text()), " ")
		}
		return s
	}
	fields = map[string]string{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == name {
					text = line(d.Doc)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					t, ok := s.(*ast.TypeSpec)
					if !ok || t.Name.Name != name {
						continue
					}
					if text = line(t.Doc); text == "" {
						text = line(d.Doc)
					}
					if s, ok := t.Type.(*ast.StructType); ok {
						for _, field := range s.Fields.List {
							for _, n := range field.Names {
								fields[n.Name] = line(field.Doc, field.Comment)
							}
						}
					}
				}
			}
		}
	}
	return text, fields
}

// pairs returns methods without a row, and rows without a method.
func pairs(rooms map[string]room, rows []row) (problems []error) {
	exist := map[string]bool{}
	for _, r := range rooms {
		for _, m := range r.methods {
			exist[m.method] = true
		}
	}
	have := map[string]bool{}
	for _, r := range rows {
		if have[r.method] {
			problems = append(problems, fmt.Errorf("%s has two rows", r.method))
		}
		have[r.method] = true
		if !exist[r.method] {
			problems = append(problems, fmt.Errorf("the table has a row for %s: there is no such method", r.method))
		}
	}
	for m := range exist {
		if !have[m] {
			room, _, _ := strings.Cut(m, ".")
			problems = append(problems, fmt.Errorf("%s has no row: write one in tests/conformance/rows_%s_test.go", m, room))
		}
	}
	return problems
}

// speaksOfExact finds fields that take Zero or None.
var speaksOfExact = regexp.MustCompile(`\bNone\b|\bconstant Zero\b`)

// words tells what the source files say of a method: its comment names the
// source, every option has a comment, those that take Zero or None are in the
// row, there are an Example, Resolve and the test of the golden.
func words(rooms map[string]room, goldens string, r row) (problems []error) {
	fail := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %w", r.method, fmt.Errorf(format, args...)))
	}
	in, name := r.room()
	i := slices.IndexFunc(rooms[in].methods, func(f found) bool { return f.method == r.method })
	if i < 0 {
		return nil // which pairs says
	}
	f := rooms[in].methods[i]
	if year, title, ok := strings.Cut(r.source, ", "); ok && !strings.HasPrefix(r.source, "none: ") {
		if !strings.Contains(f.doc, year) || !strings.Contains(strings.ToLower(f.doc), strings.ToLower(title)) {
			fail("the doc comment does not name its source, %s", r.source)
		}
	}
	for field, comment := range f.fields {
		if !ast.IsExported(field) {
			continue
		}
		if comment == "" {
			fail("the field %s has no comment: it says the default, what larger values do, the unit", field)
		}
		if _, has := r.exact[field]; speaksOfExact.MatchString(comment) && !has {
			fail("the comment of %s speaks of Zero or None, and exact has no method with it", field)
		}
	}
	if !f.isFunc && !f.resolve {
		fail("it has no method Resolve(n, d int) (%s, error)", name)
	}
	if !slices.ContainsFunc(rooms[in].examples, func(e string) bool { return e == name || strings.HasPrefix(e, name+"_") }) {
		fail("there is no Example%s… with an output", name)
	}
	test := func(cell, named string) *ast.FuncDecl {
		in, name, _ := strings.Cut(named, ".")
		d := rooms[in].tests[name]
		if d == nil || d.Body == nil || len(d.Body.List) == 0 {
			fail("%s names the test %s, which does not exist or is empty", cell, named)
			return nil
		}
		return d
	}
	d := test("golden", r.golden.test)
	if r.golden.file == "" {
		return problems
	}
	if d != nil && !loads(d, r.golden.file) {
		fail("%s does not load the golden %q", r.golden.test, r.golden.file)
	}
	if err := holds(filepath.Join(goldens, r.golden.file+".json"), r.golden.holds); err != nil {
		fail("golden: %w", err)
	}
	return problems
}

// loads reports whether a test calls golden.Load(t, file, …).
func loads(test *ast.FuncDecl, file string) (is bool) {
	ast.Inspect(test, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Sel.Name != "Load" {
			return true
		}
		name, ok := call.Args[1].(*ast.BasicLit)
		is = is || ok && name.Value == `"`+file+`"`
		return true
	})
	return is
}

// holds looks for a path of keys in a JSON file; a list is entered at its first
// element.
func holds(file, keys string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var at any
	if err := json.Unmarshal(b, &at); err != nil {
		return fmt.Errorf("%s: %w", path.Base(file), err)
	}
	for _, key := range strings.Split(keys, ".") {
		if list, ok := at.([]any); ok && len(list) > 0 {
			at = list[0]
		}
		object, _ := at.(map[string]any)
		next, ok := object[key]
		if !ok {
			return fmt.Errorf("%s does not hold %s: no %q", path.Base(file), keys, key)
		}
		at = next
	}
	return nil
}
