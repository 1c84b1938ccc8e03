package lint

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// selfEvident are methods whose meaning their interface fixes: they need no
// comment.
var selfEvident = map[string]bool{"Error": true, "String": true, "Unwrap": true}

// docs wants a comment on every exported identifier of pkg that starts with its
// name, an article before it allowed, and a package comment that, for a room,
// says the question it answers.
func docs(files []file) (problems []error) {
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	packages := map[string]string{}
	for _, f := range files {
		if f.test() || f.Name.Name == "main" || !f.within("pkg", "internal", "tests") {
			continue
		}
		packages[f.folder()] += text(f.Doc)
		if !f.within("pkg") || slices.Contains(strings.Split(f.path, "/"), "internal") {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				receiver := receiverOf(d)
				if !d.Name.IsExported() || d.Recv != nil && !ast.IsExported(receiver) || d.Recv != nil && selfEvident[d.Name.Name] {
					continue
				}
				name := d.Name.Name
				if !starts(text(d.Doc), name) {
					fail("%s: the comment of %s must start with its name", f.at(d), strings.TrimPrefix(receiver+"."+name, "."))
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					problems = append(problems, specDocs(f, d, s)...)
				}
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(packages)) {
		doc, name := packages[folder], path.Base(folder)
		if !strings.HasPrefix(doc, "Package "+name+" ") {
			fail("%s: the package comment must start with \"Package %s \"", folder, name)
		}
		if path.Dir(folder) == "pkg" && !regexp.MustCompile(`^Package \w+ answers: [^.]+\?`).MatchString(doc) {
			fail("%s: the package comment must say the question: \"Package %s answers: …?\"", folder, name)
		}
	}
	return problems
}

// specDocs judges a type, or the names of a constant or variable. In a group the
// comment above the group may stand for all, and one behind a name needs not
// repeat it.
func specDocs(f file, d *ast.GenDecl, s ast.Spec) (problems []error) {
	group := d.Lparen.IsValid()
	switch s := s.(type) {
	case *ast.TypeSpec:
		doc := text(s.Doc)
		if !group && doc == "" {
			doc = text(d.Doc)
		}
		if s.Name.IsExported() && !starts(doc, s.Name.Name) {
			problems = append(problems, fmt.Errorf("%s: the comment of the type %s must start with its name", f.at(s), s.Name.Name))
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if !n.IsExported() {
				continue
			}
			own := text(s.Doc)
			if !group {
				own = text(d.Doc)
			}
			switch {
			case starts(own, n.Name):
			case own != "" && len(s.Names) == 1:
				problems = append(problems, fmt.Errorf("%s: the comment of %s must start with its name", f.at(n), n.Name))
			case own == "" && text(s.Comment) == "" && (!group || text(d.Doc) == ""):
				problems = append(problems, fmt.Errorf("%s: %s has no comment", f.at(n), n.Name))
			}
		}
	}
	return problems
}

// text returns a comment in one line.
func text(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

// starts reports whether a comment starts with a name, or an article and the name.
func starts(doc, name string) bool {
	for _, article := range []string{"", "A ", "An ", "The "} {
		rest, ok := strings.CutPrefix(doc, article+name)
		if ok && (rest == "" || !token.IsIdentifier("x"+rest[:1])) {
			return true
		}
	}
	return false
}

// receiverOf returns the name of the type that a method belongs to.
func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch e := t.(type) {
		case *ast.StarExpr:
			t = e.X
		case *ast.IndexExpr:
			t = e.X
		case *ast.IndexListExpr:
			t = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

func TestEverythingExportedIsDocumented(t *testing.T) { report(t, docs(sources(t))) }

func TestMissingCommentsAreFound(t *testing.T) {
	const head = "// Package room answers: is it so?\npackage room\n"
	for says, code := range map[string]string{
		"the type Room must start":     "type Room struct{}",
		"the type Wall must start":     "// It is a wall.\ntype Wall struct{}",
		"the type Door must start":     "// Doors are many.\ntype Door struct{}",
		"of Open must start":           "func Open() {}",
		"of Shut must start":           "// This shuts.\nfunc Shut() {}",
		"of Floor.Area must start":     "// Floor is below.\ntype Floor[T any] struct{}\nfunc (f *Floor[T]) Area() int { return 0 }",
		"Height has no comment":        "const Height = 1",
		"Width has no comment":         "var (\n\tWidth = 1\n)",
		"of Depth must start":          "// It is the depth.\nvar Depth = 1",
		"the type Inner must start":    "// The types.\ntype (\n\tInner int\n)",
		"of Inside.Walk must start":    "// Inside is in.\ntype Inside interface{}\n\n// Inside\nfunc (i Inside) Walk() {}",
		"of Breadth must start with i": "const (\n\t// It is the breadth.\n\tBreadth = 1\n)",
	} {
		planted(t, docs, "pkg/room/room.go", head+code, says)
	}
	for _, code := range []string{
		"// Room is a room.\ntype Room struct{}\n\nfunc (Room) String() string { return \"\" }\n\n// Area returns its area.\nfunc (Room) Area() int { return 0 }",
		"// A Fitter fits.\ntype Fitter interface{}", "type hidden struct{}\nfunc (hidden) Seen() {}",
		"// The kinds of walls.\nconst (\n\tBrick = iota\n\tWood\n)", "const (\n\tBrick = 1 // of clay\n)", "func open() {}",
	} {
		planted(t, docs, "pkg/room/room.go", head+code, "")
	}
	planted(t, docs, "pkg/room/room.go", "package room", `must start with "Package room "`)
	planted(t, docs, "pkg/room/room.go", "// Package room is a room.\npackage room", "must say the question")
	planted(t, docs, "internal/room/room.go", "package room", `must start with "Package room "`)
	planted(t, docs, "internal/room/room.go", "// Package room is a room.\npackage room\ntype Room int", "")
	planted(t, docs, "pkg/room/room_test.go", "package room\ntype Room int", "")
}
