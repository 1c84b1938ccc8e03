package nbtest

import "strings"

// A Claim is what a paper says of a method beside what a cell found, as the cell has shown it by cell.Claim.
type Claim struct {
	System string // under which the course lists the paper
	Paper  string // authors, year and title
	Of     string // the method or the function
	Found  string // the cell's figure
	Theirs string // the paper's
	Count  int    // the number in brackets beside the cell
}

// Claims returns the claims that the notebook's outputs show, in their order. It is empty for a notebook that was not run.
func (n *Notebook) Claims() (claims []Claim) {
	for _, c := range n.Cells {
		for _, o := range c.Outputs {
			if o.Mark("kind") == "claim" {
				claims = append(claims, Claim{
					System: o.Mark("system"), Paper: o.Mark("paper"), Of: o.Mark("of"),
					Found: o.Mark("found"), Theirs: o.Mark("theirs"), Count: c.Count,
				})
			}
		}
	}
	return claims
}

// Held returns how many checks of the cell have held.
func (c *Cell) Held() (n int) {
	for _, line := range strings.Split(c.stream("stdout"), "\n") {
		if strings.HasPrefix(line, "✓ ") {
			n++
		}
	}
	return n
}
