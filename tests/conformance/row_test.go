package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// row is what one public method answers for.
type row struct {
	method     string // the type or the function, as users write it: "dr.PCA"
	stochastic bool   // another Seed gives another result
	unmoved    string // why not that of the small data here, and which test shows where it does: "dr.TestX: …"

	origin string // why zero means something to it, so that rows + 1000 are other data, and not the same elsewhere

	// source is the year and the title that the doc comment must name, as
	// "1901, On lines and planes of closest fit to systems of points in space",
	// or "none: " and why there is none.
	source string

	golden  golden
	claim   claim
	control control

	// variants are the option sets that every promise is tried on. The first
	// should be the default, or what is nearest to it in reasonable time.
	variants []variant

	// exact holds, by the name of the field, a method whose field is Zero or
	// None. Fields whose comments speak of these must be here.
	exact map[string]any

	// refused holds, by the name of the field, methods that 60 rows of five
	// columns do not allow. Numbers that no method allows are tried anyway: −5,
	// NaN and infinity in every field.
	refused map[string][]any

	// anyNumber names fields for which even those are in range, and says why.
	anyNumber map[string]string
}

// variant is a method with options.
type variant struct {
	name string

	// of makes the method for data of n rows and d columns. Functions that are
	// no methods have call instead.
	of   func(n, d int) any
	call func(ctx context.Context, x mat.Matrix) (any, error)

	// given makes what a verb takes after the context, where that is not the rows alone: rows
	// with labels, a graph, diagrams. Nil stands for the rows.
	given func(verb string, x mat.Matrix) []any

	// spoiled holds, for a verb that is given no rows, what it is given and refuses, by what is
	// wrong. A function that is called says by derived that it makes such a thing of the rows:
	// what is wrong with them it cannot see.
	spoiled func(verb string) map[string][]any
	derived bool

	least     int       // the fewest rows that it accepts
	constant  bool      // it accepts rows that are all equal
	wide      bool      // try it on more columns than rows
	moves     bool      // its map stays where the data are, and moves with them
	positive  bool      // it takes rows without negative values: try it on magnitudes
	clouds    bool      // it compares clouds: of other rows, and the same columns
	gaps      bool      // it takes NaN for a value that is missing: infinities remain errors
	distances distances // what it makes of distances for rows
	cannot    bool      // its model has Transform and Inverse, which it refuses with these options
	long      [2]int    // rows and columns of work that takes longer than a cancel may
}

// always makes the same method whatever the data.
func always(m any) func(n, d int) any { return func(int, int) any { return m } }

// golden is what the numbers are checked against.
type golden struct {
	file  string // of tests/golden, without .json
	holds string // a path of keys in it, such as "data.iris.components"
	form  string // or else: the closed form or the published values
	test  string // the Go test that compares: "dr.TestPCAAgainstScikitLearn"
}

// claim is what the source says of the method, as a number between two bounds.
// It must hold for every seed.
type claim struct {
	says     string
	on       func(seed uint64) sample
	measure  func(ctx context.Context, s sample) (float64, error)
	from, to float64
}

// control is an input on which the claim must fail, for every seed: it shows
// that the claim says something.
type control struct {
	says string
	on   func(seed uint64) sample
}

// sample is an input of a claim, with what is known of it.
type sample struct {
	x, y   mat.Matrix
	labels []int
	dim    float64
}

var sourceForm = regexp.MustCompile(`^(1[89]|20)\d\d, .{8,}$`)

// cells returns what the row leaves empty.
func (r row) cells() (problems []error) {
	need := func(filled bool, cell, want string) {
		if !filled {
			problems = append(problems, fmt.Errorf("%s: the cell %s is empty: %s", r.method, cell, want))
		}
	}
	need(strings.Count(r.method, ".") == 1, "method", "room and type, as dr.PCA")
	reason, none := strings.CutPrefix(r.source, "none: ")
	need(sourceForm.MatchString(r.source) || none && len(strings.Fields(reason)) >= 3, "source", `"year, title", or "none: " and why`)
	need((r.golden.file != "") != (r.golden.form != ""), "golden", "a file, or a closed form")
	need((r.golden.file != "") == (r.golden.holds != ""), "golden", "what of the file")
	need(r.golden.test != "", "golden", "the test that compares with it")
	need(r.claim.says != "" && r.claim.on != nil && r.claim.measure != nil && r.claim.from <= r.claim.to, "claim", "what the source says, and how it is measured")
	need(r.control.says != "" && r.control.on != nil, "control", "an input on which the claim must fail")
	need(len(r.variants) > 0, "variants", "at least the default")
	names := map[string]bool{}
	for _, v := range r.variants {
		need(v.name != "" && !names[v.name], "variants", "a name of its own for each")
		need((v.of != nil) != (v.call != nil), "variants", v.name+" is made by of, or called")
		need(v.least > 0, "variants", "the fewest rows that "+v.name+" accepts")
		need(v.long[0] > 0 && v.long[1] > 0, "variants", "the size of work that is long enough for "+v.name+" to be cancelled")
		names[v.name] = true
	}
	return problems
}

// room returns the package of the row's method, and its name there.
func (r row) room() (room, name string) {
	room, name, _ = strings.Cut(r.method, ".")
	return room, name
}

// judge runs the claim and its control for the given number of seeds.
func (r row) judge(ctx context.Context, seeds int) (problems []error, held, failed []float64) {
	run := func(says string, on func(seed uint64) sample) (values []float64) {
		for seed := range uint64(seeds) {
			err := safely(func() error {
				v, err := r.claim.measure(ctx, on(seed+1))
				values = append(values, v)
				if err == nil && math.IsNaN(v) {
					err = errors.New("it was measured as NaN")
				}
				return err
			})
			if err != nil {
				problems = append(problems, fmt.Errorf("%s, seed %d: %w", says, seed+1, err))
			}
		}
		return values
	}
	within := func(v float64) bool { return v >= r.claim.from && v <= r.claim.to }
	held = run(r.claim.says, r.claim.on)
	failed = run(r.control.says, r.control.on)
	for i, v := range held {
		if !within(v) {
			problems = append(problems, fmt.Errorf("%s: the claim does not hold: %s; seed %d gives %.4g, want %v to %v", r.method, r.claim.says, i+1, v, r.claim.from, r.claim.to))
		}
	}
	for i, v := range failed {
		if within(v) {
			problems = append(problems, fmt.Errorf("%s: the claim (%s) holds where it must fail, so it says nothing: %s; seed %d gives %.4g", r.method, r.claim.says, r.control.says, i+1, v))
		}
	}
	return problems, held, failed
}

// errPanicked says that a check met a panic.
var errPanicked = errors.New("it panicked")

// safely turns a panic of f into an error.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %v", errPanicked, v)
		}
	}()
	return f()
}
