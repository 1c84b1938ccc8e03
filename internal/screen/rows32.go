package screen

import "context"

// Rows32 returns what fast distances are made of, n × d float32 values row after
// row: those of a *mat32.Dense as they are, else the copy of Prepare, which it
// makes where there is none. They must not be written to. It is nil for given
// distances.
func (r *Rows) Rows32(ctx context.Context) ([]float32, error) {
	if err := r.Prepare(ctx); err != nil || r.given != nil {
		return nil, err
	}
	return r.screen.rows, nil
}
