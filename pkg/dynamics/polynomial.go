package dynamics

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// term is a number times some of the variables.
type term struct {
	of        int // the component of f, or of its Jacobian, that it belongs to
	factor    float64
	variables []int
}

// polynomial is a law whose components are sums of terms, with its derivatives, which are
// polynomials too.
type polynomial struct {
	terms, slopes []term
}

func polynomialOf(s System) (*polynomial, error) {
	letters := []rune(s.Variables)
	if len(s.Equations) != s.Dim() || len(letters) != s.Dim() {
		return nil, fmt.Errorf("as many equations (%d) and letters of Variables (%d) as values of Start (%d)",
			len(s.Equations), len(letters), s.Dim())
	}
	variable := map[rune]int{}
	for i, r := range letters {
		if _, twice := variable[r]; twice {
			return nil, fmt.Errorf("a letter of Variables for each value: %q stands for two", string(r))
		}
		variable[r] = i
	}
	value := map[rune]float64{}
	for _, p := range s.Parameters {
		r := []rune(p.Name)
		if len(r) != 1 {
			continue // the equations cannot hold it
		}
		if _, taken := variable[r[0]]; taken {
			return nil, fmt.Errorf("other letters for Parameters than for Variables: %q is both", p.Name)
		}
		value[r[0]] = p.Value
	}
	p := &polynomial{}
	for i, equation := range s.Equations {
		terms, err := parse(equation, variable, value)
		if err != nil {
			return nil, err
		}
		for _, t := range terms {
			t.of = i
			p.terms = append(p.terms, t)
			p.slopes = append(p.slopes, t.derivatives(s.Dim())...)
		}
	}
	return p, nil
}

// derivatives returns the terms that t adds to the Jacobian of d columns: one for every
// variable in it.
func (t term) derivatives(d int) (slopes []term) {
	for at, v := range t.variables {
		rest := make([]int, 0, len(t.variables)-1)
		rest = append(append(rest, t.variables[:at]...), t.variables[at+1:]...)
		slopes = append(slopes, term{of: t.of*d + v, factor: t.factor, variables: rest})
	}
	return slopes
}

// parse reads a sum of terms, each an optional number and letters that follow it, with powers.
func parse(equation string, variable map[rune]int, value map[rune]float64) (terms []term, err error) {
	rest := []rune(strings.NewReplacer(" ", "", "·", "", "−", "-").Replace(equation))
	for first := true; len(rest) > 0; first = false {
		t := term{factor: 1}
		switch {
		case rest[0] == '-':
			t.factor, rest = -1, rest[1:]
		case rest[0] == '+':
			rest = rest[1:]
		case !first:
			return nil, fmt.Errorf("a sum of terms: %q stands where + or − should", string(rest))
		}
		n := 0
		for n < len(rest) && (unicode.IsDigit(rest[n]) || rest[n] == '.') && rest[n] != '²' && rest[n] != '³' {
			n++
		}
		if n > 0 {
			v, err := strconv.ParseFloat(string(rest[:n]), 64)
			if err != nil {
				return nil, fmt.Errorf("numbers: %q is none", string(rest[:n]))
			}
			t.factor *= v
		}
		length := n
		for rest = rest[n:]; len(rest) > 0 && rest[0] != '+' && rest[0] != '-'; length++ {
			power, used := 1, 1
			if len(rest) > 1 && rest[1] == '²' {
				power, used = 2, 2
			} else if len(rest) > 1 && rest[1] == '³' {
				power, used = 3, 2
			}
			i, isVariable := variable[rest[0]]
			v, isParameter := value[rest[0]]
			switch {
			case isVariable:
				for range power {
					t.variables = append(t.variables, i)
				}
			case isParameter:
				t.factor *= math.Pow(v, float64(power))
			default:
				return nil, fmt.Errorf("letters of Variables and Parameters: %q in %q is none, and the law has no Rate",
					string(rest[0]), equation)
			}
			rest = rest[used:]
		}
		if length == 0 {
			return nil, fmt.Errorf("terms: %q lacks one", equation)
		}
		terms = append(terms, t)
	}
	if len(terms) == 0 {
		return nil, fmt.Errorf("a sum of terms in each equation, 0 at least")
	}
	return terms, nil
}

func (p *polynomial) rate(x, dst []float64)     { add(p.terms, x, dst) }
func (p *polynomial) jacobian(x, dst []float64) { add(p.slopes, x, dst) }

func add(terms []term, x, dst []float64) {
	clear(dst)
	for i := range terms {
		t := &terms[i]
		v := t.factor
		for _, j := range t.variables {
			v *= x[j]
		}
		dst[t.of] += v
	}
}
