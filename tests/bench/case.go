package bench

import (
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Case is something that both sides can do.
type Case struct {
	Name string // lower case, and stable: rows of BENCHMARKS.md are found by it
	What string // for the reader, with the data and their shape

	// Data returns the inputs of both sides, with at least so many rows each; 0 asks for all there are.
	Data func(rows int) ([]*mat32.Dense, error)

	// Stream says that the work begins with a file: each side reads the input itself, as a part of what is measured.
	Stream bool

	// Prepared says that both sides make something of the inputs first, and keep it: they warm up on all rows, and that does not
	// count.
	Prepared bool

	// Options are those that both sides are given.
	Options wire.Options

	// Seeds is the number of seeds whose median is Flatland's quality; 1 where nothing is random. Default 1.
	Seeds int

	Ours    wire.Func
	Peer    Peer
	Quality []Measure
}

// Peer is the side that Flatland is compared with.
type Peer struct {
	Package          string // as the registry calls it
	Script, Function string // in tests/peers; no script where it is in Go

	// Go is the function, where the peer is in Go.
	Go wire.Func

	// Settings are the documented ways to ask for the same result. All are tried, and the fastest counts.
	Settings []Setting

	// Serial says that most of the peer's work is on one thread whatever it is told, so that Flatland on one core is
	// measured as well.
	Serial bool

	// Seeds is as Case.Seeds, for the peer.
	Seeds int
}

// Setting is a way to ask the peer.
type Setting struct {
	Name    string
	Options wire.Options // beside those of the case
	Package string       // that does it, where it is not the peer's
}

// chosen returns the setting of that name, or one of the peer's package.
func (p Peer) chosen(name string) Setting {
	s := Setting{Name: name}
	if i := slices.IndexFunc(p.Settings, func(s Setting) bool { return s.Name == name }); i >= 0 {
		s = p.Settings[i]
	}
	if s.Package == "" {
		s.Package = p.Package
	}
	return s
}

// Measure judges a result of either side, by the same code.
type Measure struct {
	Name   string // with what is better
	Format string // of the number
	Varies bool   // from run to run, as times do
	Of     func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error)
}
