package mat32

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Fingerprint returns 32 hexadecimal digits that identify the shape and values
// of x: equal values give equal fingerprints whatever type holds them (a
// float64 matrix of values that float32 holds exactly equals its Dense copy),
// −0 counts as 0, and all NaN are one. It is the first half of a SHA-256, costs
// O(n·d) and keeps nothing.
func Fingerprint(x mat.Matrix) string {
	n, d := x.Dims()
	h := sha256.New()
	var head [16]byte
	binary.LittleEndian.PutUint64(head[:8], uint64(n))
	binary.LittleEndian.PutUint64(head[8:], uint64(d))
	h.Write(head[:])
	row := make([]float64, d)
	out := make([]byte, 8*d)
	for i := range n {
		for j, v := range Row(row, i, x) {
			if v == 0 {
				v = 0 // −0
			}
			bits := math.Float64bits(v)
			if v != v {
				bits = math.Float64bits(math.NaN())
			}
			binary.LittleEndian.PutUint64(out[8*j:], bits)
		}
		h.Write(out)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
