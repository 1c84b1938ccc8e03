package lint

import (
	"fmt"
	"go/ast"
	"regexp"
	"testing"
	"unicode"
)

// british are the words that identifiers do not hold, and how they are spelled
// there. Comments are British: the prose of papers and of Go's own names that
// comments quote is not told from ours by any rule, so comments are left alone.
var british = []struct{ word, american string }{
	{`colour(s|ed|ing|ful)?`, "color"},
	{`neighbour(s|ing|hood|hoods)?`, "neighbor"},
	{`behaviour(s|al)?`, "behavior"},
	{`(favour|honour|labour|flavour|rigour|vigour|harbour)(s|ed|ite)?`, "-or"},
	{`(re)?centre(s|d)?`, "center"},
	{`(metre|litre|fibre|theatre|calibre|sabre|spectre)s?`, "-er"},
	{`grey(s|scale|ish)?`, "gray"},
	{`(un)?(label|cancel|model|travel|channel|level|signal|tunnel|dial|fuel|total|marshal)l(ed|ing|er|ers)`, "a single l"},
	{`(analy|cataly|paraly)s(e|ed|er|ing)`, "-yze"},
	{`(normal|standard|initial|optim|minim|maxim|visual|summar|organ|recogn|serial|equal|random|regular|discret|quant|orthogonal|orthonormal|parallel|vector|character|general|penal|symmetr|factor|token|special|categor|synchron|material|polar|linear|local|final|central|crystall|diagonal|binar|custom|memor|tabular|stabil|rational|marginal|formal|neutral|symbol|emphas|util|real)is(e|ed|es|er|ers|ing|ation|ations|able)`, "-ize"},
	{`(catalogue|analogue|dialogue|monologue)(s|d)?`, "-og"},
	{`(licence|defence|offence|pretence)s?`, "-ense"},
	{`artefacts?`, "artifact"},
	{`programmes?`, "program"},
	{`(judgement|acknowledgement|skilful|mould|plough|sceptic|manoeuvre)s?`, "the American form"},
}

var britishWord = func() (list []*regexp.Regexp) {
	for _, b := range british {
		list = append(list, regexp.MustCompile(`^(`+b.word+`)$`))
	}
	return list
}()

// words cuts an identifier where its letters change case, at digits and at
// underscores, in lower case.
func words(identifier string) (list []string) {
	word := ""
	runes := []rune(identifier)
	for i, r := range runes {
		begins := unicode.IsUpper(r) && (i > 0 && !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins || !unicode.IsLetter(r) {
			list, word = append(list, word), ""
		}
		if unicode.IsLetter(r) {
			word += string(unicode.ToLower(r))
		}
	}
	return append(list, word)
}

// spelling finds British words in identifiers where they are declared. Names
// that others declared are theirs: they come behind a dot.
func spelling(files []file) (problems []error) {
	for _, f := range files {
		seen := map[string]bool{}
		theirs := map[*ast.Ident]bool{}
		ast.Inspect(f.File, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				theirs[s.Sel] = true
			}
			id, ok := n.(*ast.Ident)
			if !ok || seen[id.Name] || theirs[id] {
				return true
			}
			seen[id.Name] = true
			for _, w := range words(id.Name) {
				for i, r := range britishWord {
					if r.MatchString(w) {
						problems = append(problems, fmt.Errorf("%s: %s: %q is British, identifiers are American (%s)", f.at(id), id.Name, w, british[i].american))
					}
				}
			}
			return true
		})
	}
	return problems
}

func TestIdentifiersAreAmerican(t *testing.T) { report(t, spelling(sources(t))) }

func TestBritishIdentifiersAreFound(t *testing.T) {
	for identifier, says := range map[string]string{
		"Neighbours": "neighbours", "kNearestNeighbours": "neighbours", "neighbourhood": "neighbourhood", "ColourMap": "colour",
		"RGBColour": "colour", "centred": "centred", "isGrey": "grey", "normalise": "normalise", "Standardised": "standardised", "initialisation": "initialisation",
		"behaviour_of": "behaviour", "unlabelled": "unlabelled", "wasCancelled": "cancelled", "orthonormaliser": "orthonormaliser", "analyse2": "analyse",
	} {
		planted(t, spelling, "pkg/room/room.go", "package room\nvar "+identifier+" int", `"`+says+`" is British`)
	}
	planted(t, spelling, "pkg/room/room.go", "package room\nfunc f(colours []int) { for _, grey := range colours { print(grey) } }", `"grey" is British`)
	planted(t, spelling, "pkg/room/room.go", "package room\ntype T struct{ Colour int }", `"colour" is British`)
	for _, code := range []string{
		"// colour of neighbours\nvar Color = \"colour\"", "var optimism, premise, promise, precise, noise, concise, exercise, likewise, otherwise, revised, advised, surprised int",
		"func f() { them.Colour() }", "var center, gray, labels, canceled, signal, analysis, programmer, install, dialog, totally, levels int",
		"var realistic, minimal, localities, greyhound int",
	} {
		planted(t, spelling, "pkg/room/room.go", "package room\n"+code, "")
	}
}
