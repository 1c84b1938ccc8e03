package layout

// fetch reads values one after the other and returns a sum of some, which is of no use: what
// another core wrote last comes into the cache of this one so much sooner than when it is
// asked for here and there. What no cache holds it leaves alone.
func fetch(values []float32) (sum float32) {
	const (
		line = 64 / 4 // values of a line of the cache
		most = 1 << 18
	)
	if len(values) > most {
		return 0
	}
	for i := 0; i < len(values); i += line {
		sum += values[i]
	}
	return sum
}
