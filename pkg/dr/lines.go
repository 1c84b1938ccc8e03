package dr

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/floats"
)

// shown is how many things the tables of models begin with.
const shown = 8

// numbered writes the lines of a table, of the first of n things and the last: the
// number, which ends width characters from its margin, and what is to be said.
func numbered(b *strings.Builder, width, n int, say func(i int) string) {
	for i := range n {
		if i < shown || i == n-1 {
			fmt.Fprintf(b, "\n  %*d%s", width, i+1, say(i))
		} else if i == shown {
			fmt.Fprintf(b, "\n  %*s", width, "…")
		}
	}
}

// inLine writes the first of some values one after the other.
func inLine(b *strings.Builder, format string, values []float64) {
	for _, v := range values[:min(shown, len(values))] {
		fmt.Fprintf(b, format, v)
	}
	if len(values) > shown {
		b.WriteString(format[:strings.IndexByte(format, '%')] + "…")
	}
}

// withEigenvalues returns a heading and the table of the eigenvalues of whatever is named.
func withEigenvalues(heading any, of string, values []float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n  %9s  %12s", heading, of, "eigenvalue")
	numbered(&b, 9, len(values), func(c int) string { return fmt.Sprintf("  %12.6g", values[c]) })
	return b.String()
}

// variances writes the table of components with their variance, its share of the
// total, and the sum of the shares so far.
func variances(b *strings.Builder, values []float64, total float64) {
	fmt.Fprintf(b, "  %9s  %12s  %7s  %7s", "component", "variance", "share", "so far")
	sums := floats.CumSum(make([]float64, len(values)), values)
	numbered(b, 9, len(values), func(c int) string {
		return fmt.Sprintf("  %12.5g  %6.2f%%  %6.2f%%", values[c], 100*values[c]/total, 100*sums[c]/total)
	})
}
