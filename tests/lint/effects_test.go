package lint

import (
	"fmt"
	"go/ast"
	"testing"
)

// effects finds functions init in what users link: importing a package does
// nothing.
func effects(files []file) (problems []error) {
	for _, f := range files {
		if f.test() || !f.within("pkg", "internal") || f.Name.Name == "main" {
			continue
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				problems = append(problems, fmt.Errorf("%s: a function init: importing a package must have no effect", f.at(d)))
			}
		}
	}
	return problems
}

func TestImportingHasNoEffect(t *testing.T) { report(t, effects(sources(t))) }

func TestEffectsAreFound(t *testing.T) {
	planted(t, effects, "pkg/room/room.go", "package room\nfunc init() {}", "a function init")
	planted(t, effects, "internal/room/room.go", "package room\nfunc init() {}", "a function init")
	planted(t, effects, "pkg/room/room_test.go", "package room\nfunc init() {}", "")
	planted(t, effects, "pkg/room/room.go", "package room\ntype t int\nfunc (t) init() {}", "")
}
