package spectrum

// Fan counts local dimensions: after the noise, the mean of the eigenvalues beyond
// a share of the whole, is taken off all, it stops at the first gap, or where a
// share of what is left is reached, whichever comes first.
//
// Source: M. Fan, N. Gu, H. Qiao and B. Zhang (2010), Intrinsic dimension estimation of
// data by principal component analysis.
type Fan struct {
	// Gap is the ratio of an eigenvalue to the next that ends the count, above 1.
	// Larger values count more. Default 10.
	Gap float64

	// Share of the sum without noise that ends the count, above 0 and below 1.
	// Larger values count more. Default 0.8.
	Share float64

	// Signal is the share of the sum beyond which eigenvalues are noise, above 0
	// and below 1. Larger values take less for noise. Default 0.95.
	Signal float64
}

// Resolve returns the options with defaults filled in; n and d, of the data the
// spectrum is from, do not matter.
func (f Fan) Resolve(n, d int) (Fan, error) {
	const method = "spectrum.Fan"
	for _, o := range []struct {
		name      string
		value     *float64
		preset    float64
		low, high float64
		want      string
	}{
		{"Gap", &f.Gap, 10, 1, 0x1p1023, "1 < Gap"},
		{"Share", &f.Share, .8, 0, 1 - 0x1p-53, "0 < Share < 1"},
		{"Signal", &f.Signal, .95, 0, 1 - 0x1p-53, "0 < Signal < 1"},
	} {
		if *o.value == 0 {
			*o.value = o.preset
		}
		if err := within(method, o.name, *o.value, o.low, o.high, o.want); err != nil {
			return f, err
		}
	}
	return f, nil
}

// Count returns the number of eigenvalues that matter, at least 1.
func (f Fan) Count(values []float64) (int, error) {
	f, err := f.Resolve(0, 0)
	if err != nil {
		return 0, err
	}
	v, _, err := relative("spectrum.Fan", values)
	if err != nil {
		return 0, err
	}
	total, part, signal := sum(v), 0., len(v)
	for i, x := range v {
		if part += x; part > f.Signal*total {
			signal = i + 1
			break
		}
	}
	if noise := v[signal:]; len(noise) > 0 {
		mean := sum(noise) / float64(len(noise))
		for i := range v {
			v[i] -= mean
		}
	}
	total, part = sum(v[:signal]), 0
	for i := range signal - 1 {
		part += v[i]
		if v[i+1] <= 0 || v[i]/v[i+1] > f.Gap || part > f.Share*total {
			return i + 1, nil
		}
	}
	return signal, nil
}
