package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// options returns the struct of the variant's method, or the zero Value.
func (e entry) options() reflect.Value {
	if e.variant.of == nil {
		return reflect.Value{}
	}
	v := reflect.ValueOf(e.variant.of(60, columns))
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v
}

// change returns the method with one field set.
func change(options reflect.Value, field string, value any) any {
	c := reflect.New(options.Type()).Elem()
	c.Set(options)
	f := c.FieldByName(field)
	f.Set(reflect.ValueOf(value).Convert(f.Type()))
	return c.Interface()
}

// optionsOutOfRange tries numbers that no field allows, and what the row adds.
func optionsOutOfRange(e entry) (problems []error) {
	if !slices.Contains(verbs, verb(e.name)) || e.made {
		return nil
	}
	refused := map[string][]any{}
	for field, methods := range e.row.refused {
		refused[field] = append(refused[field], methods...)
	}
	if options := e.options(); options.IsValid() {
		for _, f := range reflect.VisibleFields(options.Type()) {
			if !f.IsExported() || len(f.Index) > 1 || e.row.anyNumber[f.Name] != "" {
				continue
			}
			switch f.Type.Kind() {
			case reflect.Int, reflect.Int32, reflect.Int64:
				refused[f.Name] = append(refused[f.Name], change(options, f.Name, -5))
			case reflect.Float32, reflect.Float64:
				for _, v := range []float64{-5, math.NaN(), math.Inf(1), math.Inf(-1)} {
					refused[f.Name] = append(refused[f.Name], change(options, f.Name, v))
				}
			}
		}
	}
	for field, methods := range refused {
		for _, m := range methods {
			var result any
			err := safely(func() (err error) {
				result, err = callVerb(m, verb(e.name), context.Background())
				return err
			})
			var pe *mat32.ParamError
			switch {
			case !errors.As(err, &pe):
				problems = append(problems, fmt.Errorf("%+v: got %v and %v, want a *mat32.ParamError", m, result, err))
			case pe.Param != field || pe.Method != e.row.method || pe.Want == "":
				problems = append(problems, fmt.Errorf("%+v: %v: it must name %s, %s and the range", m, err, e.row.method, field))
			}
		}
	}
	return problems
}

// hugeOptions tries the largest number in every field of integers. It is refused, as
// out of range or as more than fits, or makes work that a cancel ends, or does no
// harm.
func hugeOptions(e entry) (problems []error) {
	options := e.options()
	if !slices.Contains(verbs, verb(e.name)) || e.made || !options.IsValid() {
		return nil
	}
	for _, f := range reflect.VisibleFields(options.Type()) {
		if !f.IsExported() || len(f.Index) > 1 || !reflect.Zero(f.Type).CanInt() {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		start := time.Now()
		err := safely(func() error {
			_, err := callVerb(change(options, f.Name, largestOf(f.Type)), verb(e.name), ctx)
			return err
		})
		took := time.Since(start)
		cancel()
		var pe *mat32.ParamError
		var me *mat32.MemoryError
		refused := errors.As(err, &pe) && pe.Param == f.Name || errors.As(err, &me)
		if err != nil && !refused && !errors.Is(err, context.DeadlineExceeded) {
			problems = append(problems, fmt.Errorf("the largest %s: %w, want a *mat32.ParamError of it or a *mat32.MemoryError", f.Name, err))
		}
		if took > canceled {
			problems = append(problems, fmt.Errorf("the largest %s: it took %v, with 20 ms to go", f.Name, took))
		}
	}
	return problems
}

// canceled is within what time work ends that had 20 ms: a busy machine may be late.
const canceled = 2 * time.Second

// largestOf returns the largest number of a type of integers.
func largestOf(t reflect.Type) int64 { return math.MaxInt64 >> (64 - t.Bits()) }

// verb returns the method that an entry is called by.
func verb(entry string) string {
	v, _, _ := strings.Cut(entry, ",")
	return v
}

// callVerb calls a method on 60 rows of usual data, compared with itself where
// it compares.
func callVerb(m any, verb string, ctx context.Context) (any, error) {
	var x mat.Matrix = random(60, columns, 0)
	v := variantOf(m)
	if v.positive {
		x = magnitudes(x)
	}
	f := methodOf(m, verb)
	if v.given != nil {
		if args := v.given(verb, x); args != nil {
			return invoke(f, append([]any{ctx}, args...)...)
		}
	}
	switch {
	case verb == "Connect":
		return invoke(f, ctx, x, strangers(x))
	case verb == "FitSeries":
		parts, relations := series(x)
		return invoke(f, ctx, parts, relations)
	case f.Type().NumIn() == 3:
		return invoke(f, ctx, x, x)
	}
	return invoke(f, ctx, x)
}

// variantOf returns the first variant in the table of methods of the type of m, without those
// that are called.
func variantOf(m any) variant {
	for _, r := range table {
		for _, v := range r.variants {
			if v.of != nil && reflect.TypeOf(v.of(60, columns)) == reflect.TypeOf(m) {
				return v
			}
		}
	}
	return variant{}
}

// unlimited names the methods, or their package, whose options have no MemoryLimit,
// and says why.
var unlimited = map[string]string{
	"dr.Impute":                   "its result is as large as the data, and is compared with the default limit",
	"dr.LogNormalize":             "its result is as large as the data, and is compared with the default limit",
	"dr.RowNormalize":             "its result is as large as the data, and is compared with the default limit",
	"dr.Standardize":              "its result is as large as the data, and is compared with the default limit",
	"similarity.HSIC":             heldBeside,
	"similarity.CKA":              heldBeside,
	"similarity.CCA":              heldBeside,
	"similarity.SVCCA":            heldBeside,
	"similarity.PWCCA":            heldBeside,
	"similarity.LinearRegression": heldBeside,
	"similarity.LinearityScore":   heldBeside,
	"similarity.Profile":          "each measure has its own limit, and one that needs more cannot answer",
	"geometry.MSTSpread":          heldBeside,
	"geometry.ConceptDirection":   heldBeside,
	"geometry.Enveloping":         heldBeside,
	"geometry.ManifoldCapacity":   heldBeside,
	"geometry.MSTUniformity":      "neighbors.MST has the default limit, which it keeps",
	"geometry.Forman":             "what it holds is a small multiple of the graph, and stated",
	"geometry.RicciFlow":          "its curvature has one",
	"topology.Wasserstein":        "what it holds is a small multiple of the diagrams, and stated",
	"topology.LandscapeBand":      "what it holds is stated, and is compared with the default limit",
	"similarity.CCGP":             heldBeside,
	"dynamics":                    heldBeside,
	"sketch":                      "a sketch is a small option of others, and is compared with the default limit",
}

// heldBeside is why comparisons that hold no more than a few copies of the data have no limit.
const heldBeside = "what it holds is a small multiple of the data, and stated"

// memoryLimit sets a limit of one byte. Where there is none, unlimited says so.
func memoryLimit(e entry) []error {
	options := e.options()
	if !options.IsValid() || e.made {
		return nil
	}
	room, _, _ := strings.Cut(e.row.method, ".")
	why := unlimited[e.row.method] + unlimited[room]
	switch limited := options.FieldByName("MemoryLimit").IsValid(); {
	case limited && why != "":
		return []error{fmt.Errorf("its options have a MemoryLimit, and unlimited says: %s", why)}
	case !limited && !slices.ContainsFunc(reflect.VisibleFields(options.Type()), reflect.StructField.IsExported):
		return nil // there are no options
	case !limited && why == "":
		return []error{errors.New("its options have no MemoryLimit, and unlimited does not say why")}
	case !limited:
		return nil
	}
	_, err := callVerb(change(options, "MemoryLimit", 1), verb(e.name), context.Background())
	var me *mat32.MemoryError
	if !errors.As(err, &me) || me.Method != e.row.method || me.Limit != 1 || me.Need <= 1 || me.Advice == "" {
		return []error{fmt.Errorf("with a memory limit of one byte: got %v, want a *mat32.MemoryError of %s with need, limit and advice", err, e.row.method)}
	}
	return nil
}

// resolve calls Resolve of m for 60 rows of usual data.
func resolve(m any) (any, error) {
	f := methodOf(m, "Resolve")
	if !f.IsValid() {
		return nil, fmt.Errorf("%T has no method Resolve(n, d int) (%[1]T, error)", m)
	}
	return invoke(f, 60, columns)
}

// resolvedIsTheSame: what Resolve fills in is what the method does, and
// resolving again adds nothing.
func resolvedIsTheSame(e entry) []error {
	if e.variant.of == nil || e.made || e.variant.wide {
		return nil
	}
	m := e.variant.of(60, columns)
	resolved, err := resolve(m)
	if err != nil {
		return []error{err}
	}
	if again, err := resolve(resolved); err != nil || !reflect.DeepEqual(again, resolved) {
		return []error{fmt.Errorf("%+v is resolved to %+v, and that to %+v (%v)", m, resolved, again, err)}
	}
	want, err := callVerb(m, verb(e.name), context.Background())
	if err != nil {
		return []error{err}
	}
	got, err := callVerb(resolved, verb(e.name), context.Background())
	if err != nil || !bytes.Equal(bytesOf(got), bytesOf(want)) {
		return []error{fmt.Errorf("%+v resolved is %+v, which gives another result (%v)", m, resolved, err)}
	}
	return nil
}

// exactOptions: Zero and None mean what they say. Resolve leaves them, they
// survive JSON, and they give another result than the default.
func exactOptions(r row) (problems []error) {
	for field, m := range r.exact {
		fail := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("%s with %s exact: %w", r.method, field, fmt.Errorf(format, args...)))
		}
		v := reflect.ValueOf(m).FieldByName(field)
		if !v.IsValid() || !(v.CanFloat() && v.Float() == math.SmallestNonzeroFloat64 || v.CanInt() && v.Int() == -1) {
			fail("it is neither Zero nor None in %+v", m)
			continue
		}
		resolved, err := resolve(m)
		if err != nil {
			fail("%w", err)
			continue
		}
		if got := reflect.ValueOf(resolved).FieldByName(field); !got.Equal(v) {
			fail("Resolve makes %v of it", got)
		}
		b, err := json.Marshal(m)
		back := reflect.New(reflect.TypeOf(m))
		if err == nil {
			err = json.Unmarshal(b, back.Interface())
		}
		if err != nil || !back.Elem().FieldByName(field).Equal(v) {
			fail("JSON makes %v of it (%v)", back.Elem().FieldByName(field), err)
		}
		for _, verb := range verbs {
			if !methodOf(m, verb).IsValid() {
				continue
			}
			got, err := callVerb(m, verb, context.Background())
			if err != nil {
				fail("%s: %w", verb, err)
				continue
			}
			want, err := callVerb(change(reflect.ValueOf(m), field, 0), verb, context.Background())
			a, _ := numbersOf(got)
			b, _ := numbersOf(want)
			if err != nil || sameBits(a, b) {
				fail("%s gives the same as with the default (%v)", verb, err)
			}
			problems = append(problems, finite(fmt.Sprintf("%s.%s with %s exact", r.method, verb, field), got)...)
		}
	}
	return problems
}

// seeded: the row says that the method is stochastic where its options have a
// Seed, and then another seed gives another result in one of the variants.
func seeded(r row) []error {
	has, moved := false, false
	for _, v := range r.variants {
		options := entry{row: r, variant: v}.options()
		if !options.IsValid() || !options.FieldByName("Seed").IsValid() {
			continue
		}
		has = true
		for _, verb := range verbs {
			m := options.Interface()
			if !methodOf(m, verb).IsValid() {
				continue
			}
			a, errA := callVerb(m, verb, context.Background())
			b, errB := callVerb(change(options, "Seed", 12345), verb, context.Background())
			if err := errors.Join(errA, errB); err != nil {
				return []error{err}
			}
			x, _ := numbersOf(a)
			y, _ := numbersOf(b)
			moved = moved || !sameBits(x, y)
		}
	}
	switch {
	case has != r.stochastic:
		return []error{fmt.Errorf("%s: stochastic is %v, but its options have a Seed: %v", r.method, r.stochastic, has)}
	case moved && r.unmoved != "":
		return []error{fmt.Errorf("%s: another Seed moves the result, which the row says it does not", r.method)}
	case has && !moved && r.unmoved == "":
		return []error{fmt.Errorf("%s: another Seed changes nothing", r.method)}
	}
	return nil
}
