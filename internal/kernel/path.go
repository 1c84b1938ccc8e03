package kernel

// Path names the kernels in use. Results of one path have the same bits on
// every machine of an architecture; those of another may differ in the last
// digits.
func Path() string {
	if avx2 {
		return "avx2"
	}
	return "generic"
}
