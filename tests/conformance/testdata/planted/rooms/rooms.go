// Package rooms holds methods for the walk to find.
package rooms

import "context"

// Matrix is as much of a matrix as the walk looks for.
type Matrix interface {
	Dims() (n, d int)
	At(i, j int) float64
}

// Good has all it needs. Source: A. Clarke (2001), A space odyssey of methods.
type Good struct {
	// Neighbors is the number of other rows. Default 15.
	Neighbors int

	hidden int
}

// Fit fits.
func (g Good) Fit(ctx context.Context, x Matrix) (int, error) { return g.hidden, ctx.Err() }

// Resolve fills in defaults.
func (g Good) Resolve(n, d int) (Good, error) { return g, nil }

// NoRow has a method Embed on its pointer.
type NoRow struct{}

// Embed maps.
func (*NoRow) Embed(ctx context.Context, x Matrix) (int, error) { return 0, nil }

// Pair is fitted to two views.
type Pair struct{}

// FitPair fits.
func (Pair) FitPair(ctx context.Context, x, y Matrix) (int, error) { return 0, nil }

// Bare names no source.
type Bare struct {
	Neighbors int

	// Passes is the number of passes; None for none.
	Passes int
}

// Apply applies.
func (b Bare) Apply(ctx context.Context, x Matrix) (int, error) { return 0, nil }

// Resolve has another form than it should.
func (b Bare) Resolve(n int) (Bare, error) { return b, nil }

// Inherited has a method of what it embeds.
type Inherited struct{ Good }

// Function takes a context and a matrix.
func Function(ctx context.Context, x Matrix, k int) (float64, error) { return 0, nil }

// AloneContext takes a context and a matrix, and there is no Alone.
func AloneContext(ctx context.Context, x Matrix) (float64, error) { return 0, nil }

// Sum takes a matrix.
func Sum(x Matrix) float64 { return 0 }

// SumContext is Sum that hears a cancel, and needs no row.
func SumContext(ctx context.Context, x Matrix) (float64, error) { return 0, nil }

// Fitter is an interface, and needs no row.
type Fitter interface {
	Fit(ctx context.Context, x Matrix) (int, error)
}

// Quick takes no context, and needs no row.
type Quick struct{}

// Fit fits at once.
func (Quick) Fit(x Matrix) int { return 0 }

// Plain takes a context and no matrix, and needs no row.
func Plain(ctx context.Context, k int) error { return nil }

type unexported struct{}

// Fit is out of reach.
func (unexported) Fit(ctx context.Context, x Matrix) (int, error) { return 0, nil }

// New hands out what is unexported.
func New() any { return unexported{} }
