package dynamics

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/flatland-go/flatland/internal/fft"
)

// waves takes series of n values apart into waves, and puts them together again. Where n has
// large prime factors, whose transforms cost their square, it is done by a convolution of a
// length that has none (L. Bluestein, 1970, A linear filtering approach to the computation of
// discrete Fourier transform): O(n·log n) for every n.
type waves struct {
	n      int
	direct *fourier.FFT // nil where it would be slow

	convolve      *fourier.CmplxFFT
	chirp, kernel []complex128 // e^(−iπk²/n), and the transform of its conjugate
	padded        []complex128
}

// slowFactor is a prime from which on transforms of a length with this factor are left to the
// convolution, which costs about as much as three of twice to four times the length.
const slowFactor = 67

func newWaves(n int) *waves {
	w := &waves{n: n}
	rest, largest := n, 1
	for p := 2; p*p <= rest; p++ {
		for rest%p == 0 {
			rest, largest = rest/p, p
		}
	}
	if max(rest, largest) < slowFactor {
		w.direct = fourier.NewFFT(n)
		return w
	}
	length := fft.Length(2*n - 1)
	w.convolve = fourier.NewCmplxFFT(length)
	w.chirp, w.padded = make([]complex128, n), make([]complex128, length)
	for k := range w.chirp {
		// The square modulo 2n, so that large ones lose no digits.
		sin, cos := math.Sincos(math.Pi * float64(int64(k)*int64(k)%int64(2*n)) / float64(n))
		w.chirp[k] = complex(cos, -sin)
		back := complex(cos, sin) / complex(float64(length), 0)
		w.padded[k] = back
		w.padded[(length-k)%length] = back
	}
	w.kernel = w.convolve.Coefficients(nil, w.padded)
	return w
}

// apart writes the coefficients of frequencies 0 to n/2 to dst.
func (w *waves) apart(dst []complex128, x []float64) {
	if w.direct != nil {
		w.direct.Coefficients(dst, x)
		return
	}
	for k, v := range x {
		w.padded[k] = complex(v, 0) * w.chirp[k]
	}
	w.chirped()
	for k := range dst {
		dst[k] = w.padded[k] * w.chirp[k]
	}
}

// together writes the series of these coefficients to x.
func (w *waves) together(x []float64, c []complex128) {
	if w.direct != nil {
		w.direct.Sequence(x, c)
		for i := range x {
			x[i] /= float64(w.n)
		}
		return
	}
	// The conjugate of the transform of the conjugate; of a real series half of them are known
	// by the others.
	for k := range w.n {
		v := complex(0, 0)
		if k < len(c) {
			v = complex(real(c[k]), -imag(c[k]))
		} else {
			v = c[w.n-k]
		}
		w.padded[k] = v * w.chirp[k]
	}
	w.chirped()
	for k := range x {
		x[k] = real(w.padded[k]*w.chirp[k]) / float64(w.n)
	}
}

// chirped convolves the first n padded values, with zeros after them, with the kernel.
func (w *waves) chirped() {
	clear(w.padded[w.n:])
	w.convolve.Coefficients(w.padded, w.padded)
	for i, v := range w.kernel {
		w.padded[i] *= v
	}
	w.convolve.Sequence(w.padded, w.padded)
}
