package kernel

// Fourier32 does one pass of the Fourier transforms of many columns at once, in
// the order of Stockham, which sorts as it goes. Rows are complex: real parts
// apart from imaginary ones, run values each. With r the radix (2, 3, 4 or 5) and
// groups the number of rows over r, row r·g + k of the result is
//
//	t[g][k] · Σ_j exp(−2πi·j·k/r) · row g + j·groups of from, t[g][0] = 1.
//
// Twiddles holds t: r−1 times cosine and sine for each group. From is transformed
// whole; run is a multiple of 8 values.
func Fourier32(radix int, toRe, toIm, fromRe, fromIm, twiddles []float32, run int) {
	groups := len(twiddles) / (2 * (radix - 1))
	n := radix * groups * run
	toRe, toIm, fromRe, fromIm = toRe[:n], toIm[:n], fromRe[:n], fromIm[:n]
	if n == 0 {
		return
	}
	if run%8 != 0 {
		panic("kernel: rows of a Fourier transform are whole vectors of 8 values")
	}
	if avx2 {
		switch radix {
		case 2:
			fourier2x32AVX2(toRe, toIm, fromRe, fromIm, twiddles, run)
			return
		case 3:
			fourier3x32AVX2(toRe, toIm, fromRe, fromIm, twiddles, run)
			return
		case 4:
			fourier4x32AVX2(toRe, toIm, fromRe, fromIm, twiddles, run)
			return
		case 5:
			fourier5x32AVX2(toRe, toIm, fromRe, fromIm, twiddles, run)
			return
		}
	}
	fourierGo(radix, toRe, toIm, fromRe, fromIm, twiddles, run)
}

func fourierGo(radix int, toRe, toIm, fromRe, fromIm, twiddles []float32, run int) {
	leg := len(fromRe) / radix
	var x, y [5]complex64
	for g := 0; g*run < leg; g++ {
		t := twiddles[2*(radix-1)*g:]
		for i := range run {
			for j := range radix {
				at := g*run + j*leg + i
				x[j] = complex(fromRe[at], fromIm[at])
			}
			butterfly(radix, &y, &x)
			for k := range radix {
				at, v := (radix*g+k)*run+i, y[k]
				if k > 0 {
					v *= complex(t[2*k-2], t[2*k-1])
				}
				toRe[at], toIm[at] = real(v), imag(v)
			}
		}
	}
}

const (
	sinThird               = 0.86602540378443864676
	cosFifth, cosTwoFifths = 0.30901699437494742410, -0.80901699437494742410
	sinFifth, sinTwoFifths = 0.95105651629515357212, 0.58778525229247312917
)

// butterfly is the transform of radix values.
func butterfly(radix int, y, x *[5]complex64) {
	turn := func(v complex64) complex64 { return complex(imag(v), -real(v)) } // −i·v
	switch radix {
	case 2:
		y[0], y[1] = x[0]+x[1], x[0]-x[1]
	case 3:
		s, d := x[1]+x[2], turn(scaled(sinThird, x[1]-x[2]))
		m := x[0] + scaled(-0.5, s)
		y[0], y[1], y[2] = x[0]+s, m+d, m-d
	case 4:
		a, b, c, d := x[0]+x[2], x[0]-x[2], x[1]+x[3], turn(x[1]-x[3])
		y[0], y[1], y[2], y[3] = a+c, b+d, a-c, b-d
	case 5:
		s, t, d, e := x[1]+x[4], x[2]+x[3], x[1]-x[4], x[2]-x[3]
		m := x[0] + scaled(cosFifth, s) + scaled(cosTwoFifths, t)
		n := x[0] + scaled(cosTwoFifths, s) + scaled(cosFifth, t)
		f := turn(scaled(sinFifth, d) + scaled(sinTwoFifths, e))
		h := turn(scaled(sinTwoFifths, d) - scaled(sinFifth, e))
		y[0], y[1], y[2], y[3], y[4] = x[0]+s+t, m+f, n+h, n-h, m-f
	}
}

func scaled(by float32, v complex64) complex64 { return complex(by*real(v), by*imag(v)) }
