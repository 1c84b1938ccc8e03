package neighbors

import "math/bits"

// packer writes numbers of as many bits as they need, one after the other, lowest
// bit first.
type packer struct {
	out  []byte
	word uint64
	used int // bits of word
}

func (p *packer) put(v uint64, width int) {
	p.word |= v << p.used
	if p.used += width; p.used < 64 {
		return
	}
	for range 8 {
		p.out = append(p.out, byte(p.word))
		p.word >>= 8
	}
	p.used -= 64
	p.word = 0
	if p.used > 0 {
		p.word = v >> (width - p.used)
	}
}

// end fills the last byte with zeros, and returns all.
func (p *packer) end() []byte {
	for ; p.used > 0; p.used -= 8 {
		p.out = append(p.out, byte(p.word))
		p.word >>= 8
	}
	p.used, p.word = 0, 0
	return p.out
}

// unpacker reads what a packer wrote.
type unpacker struct {
	in    []byte
	at    int  // in bits
	short bool // more was asked for than there is
}

func (u *unpacker) take(width int) (v uint64) {
	if u.at+width > 8*len(u.in) {
		u.short = true
		return 0
	}
	for got := 0; got < width; {
		from := u.at & 7
		n := min(8-from, width-got)
		v |= uint64(u.in[u.at>>3]>>from) & (1<<n - 1) << got
		u.at += n
		got += n
	}
	return v
}

// ended reports whether all was read, and nothing but zeros is left of the last
// byte.
func (u *unpacker) ended() bool {
	return !u.short && len(u.in) == (u.at+7)/8 && (u.at&7 == 0 || u.in[u.at>>3]>>(u.at&7) == 0)
}

// width returns how many bits hold the numbers from 0 to most.
func width(most int) int { return max(1, bits.Len(uint(most))) }
