package cell

import (
	"maps"
	"strings"
	"testing"
)

func (m *Model) Middle() float64 { return m.Center[0] }

func pairOf[T any](a T) [2]T { return [2]T{a, a} }

func TestClaimNamesWhatItIsOf(t *testing.T) {
	for want, of := range map[string]any{
		"cell.Mean":         Mean{Power: 2},
		"cell.Model":        &Model{},
		"cell.briefly":      briefly,
		"cell.pairOf":       pairOf[int],
		"cell.Model.Middle": (*Model).Middle,
		"strings.ToUpper":   strings.ToUpper,
	} {
		if got := nameOf(of); got != want {
			t.Errorf("%T is named %q, want %q", of, got, want)
		}
	}
	for _, of := range []any{nil, func() {}, (func())(nil)} {
		if got := nameOf(of); got != "" {
			t.Errorf("%T, which has no name, is named %q", of, got)
		}
	}
	if got := nameOf((&Model{}).Middle); got != "cell.Model.Middle" {
		t.Errorf("a method of a value is named %q", got)
	}
}

func TestClaimMissesNoPart(t *testing.T) {
	whole := Claim{System: "A17", Paper: "Li et al. 2018, Measuring", Of: Mean{}, Theirs: "ten"}
	got, err := whole.parts("10 ")
	want := map[string]string{"system": "A17", "paper": "Li et al. 2018, Measuring", "of": "cell.Mean", "theirs": "ten", "found": "10"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for name, change := range map[string]func(*Claim){
		"paper":  func(c *Claim) { c.Paper = " " },
		"of":     func(c *Claim) { c.Of = nil },
		"theirs": func(c *Claim) { c.Theirs = "" },
		"system": func(c *Claim) { c.System = "" },
		"System": func(c *Claim) { c.System = "17" },
		"line":   func(c *Claim) { c.Theirs = "a\nb" },
	} {
		claim := whole
		change(&claim)
		if _, err := claim.parts("10"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without its %s: %v", name, err)
		}
	}
	if _, err := whole.parts(""); err == nil || !strings.Contains(err.Error(), "found") {
		t.Errorf("with nothing found: %v", err)
	}
}
