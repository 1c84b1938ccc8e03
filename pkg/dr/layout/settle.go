package layout

import "math"

// Of returns the triplets of row i alone, which share the memory of t.
func (t *Triplets) Of(i int) *Triplets {
	rows, weights := t.Groups*(1+t.Far), t.Groups*t.Far
	return &Triplets{N: 1, Groups: t.Groups, Far: t.Far, Rows: t.Rows[i*rows : (i+1)*rows], Weights: t.Weights[i*weights : (i+1)*weights]}
}

// Settle places one point among those of a map, which stay: by the triplets of sets, each
// of one row, whose near and far rows are points at, in dim dimensions. It begins at the
// near row of the first set where the loss is least, and takes the steps that DeltaBarDelta
// takes.
func Settle(at []float32, dim int, rate float32, iterations int, momentum func(iteration int) float32, sets ...*Triplets) []float32 {
	y := make([]float32, dim)
	least := math.Inf(1)
	for g := range sets[0].Groups {
		j := int(sets[0].Rows[g*(1+sets[0].Far)])
		here := at[j*dim:][:dim]
		loss := 0.
		for _, t := range sets {
			loss += t.around(here, at, nil)
		}
		if loss < least {
			least = loss
			copy(y, here)
		}
	}
	d := NewDeltaBarDelta(1, dim)
	d.Rate = rate
	ahead, force := make([]float32, dim), make([]float32, dim)
	for it := range iterations {
		d.Momentum = momentum(it)
		for c, v := range y {
			ahead[c] = v + d.Momentum*d.step[c]
		}
		clear(force)
		for _, t := range sets {
			t.around(ahead, at, force)
		}
		d.move(y, force, d.step, d.gain)
	}
	return y
}

// around returns the loss of the triplets of one row that lies at y, or where force is not
// nil adds to it what they exert on that row alone.
func (t *Triplets) around(y, at, force []float32) (loss float64) {
	dim := len(y)
	each := 1 + t.Far
	for g := range t.Groups {
		group := t.Rows[g*each : (g+1)*each]
		near := at[int(group[0])*dim:][:dim]
		a := apart(y, near)
		var pull float32
		for s, k := range group[1:] {
			far, w := at[int(k)*dim:][:dim], t.Weights[g*t.Far+s]
			b := apart(y, far)
			if force == nil {
				loss += float64(w) * float64(a) / (float64(a) + float64(b))
				continue
			}
			c := w / ((a + b) * (a + b))
			pull += b * c
			push := a * c
			for x, v := range y {
				force[x] -= push * (v - far[x])
			}
		}
		if force != nil {
			for x, v := range y {
				force[x] += pull * (v - near[x])
			}
		}
	}
	return loss
}
