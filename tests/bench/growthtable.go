package bench

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// growthBlock is the part of BENCHMARKS.md that only growth writes.
const growthBlock = "growth"

// GrowthReport is what a measurement of growth puts into BENCHMARKS.md.
type GrowthReport struct {
	Machine  *Machine
	Revision string // of Flatland
	Remark   string // on all figures
	Ladder   Ladder
	Found    []Growth
}

// Update returns document with the table of the report in the place it has there, and nothing else changed.
func (r *GrowthReport) Update(document string) (string, error) {
	if _, err := block(document, growthBlock); err != nil {
		return "", err
	}
	return replace(document, growthBlock, r.String()), nil
}

// Failures returns the errors of methods that failed, which is not to be slow; nil where none did.
func (r *GrowthReport) Failures() error {
	var failed []error
	for _, g := range r.Found {
		if g.Err != nil && !errors.Is(g.Err, errLimit) {
			failed = append(failed, fmt.Errorf("%s: %w", g.Name, g.Err))
		}
	}
	return errors.Join(failed...)
}

// String returns where the figures are from, and their table.
func (r *GrowthReport) String() string {
	heads := []string{"method"}
	for _, rows := range r.Ladder.Sizes {
		heads = append(heads, grouped(rows))
	}
	heads = append(heads, "exponent")
	lines := []string{
		"[![The times of the table below, both axes logarithmic](docs/growth.png)](docs/growth.svg)", "",
		fmt.Sprintf("Measured on %s, at revision %s.%s", r.Machine.identity(), r.Revision, strings.TrimSuffix(" "+r.Remark, " ")), "",
		printed(heads), "| --- |" + strings.Repeat(" ---: |", len(heads)-1),
	}
	for _, g := range r.Found {
		lines = append(lines, printed(append(append([]string{g.Name}, r.times(g)...), exponent(g))))
	}
	return strings.Join(lines, "\n")
}

// times returns the time for every size, or why there is none.
func (r *GrowthReport) times(g Growth) []string {
	cells := make([]string, len(r.Ladder.Sizes))
	for i := range cells {
		switch {
		case i < len(g.Points):
			cells[i] = duration(g.Points[i].Seconds)
		case i > len(g.Points) || g.Err == nil:
			cells[i] = "–"
		case errors.Is(g.Err, errLimit):
			cells[i] = fmt.Sprintf("above %v s", r.Ladder.Limit.Seconds())
		default:
			cells[i] = "failed: " + g.Err.Error()
		}
	}
	return cells
}

func exponent(g Growth) string {
	if e := g.Exponent(); !math.IsNaN(e) {
		return fmt.Sprintf("%.2f", e)
	}
	return "–"
}

// grouped prints a number of rows, the thousands of those from ten thousand on apart.
func grouped(rows int) string {
	s := strconv.Itoa(rows)
	if len(s) < 5 {
		return s
	}
	return s[:len(s)-3] + " " + s[len(s)-3:]
}
