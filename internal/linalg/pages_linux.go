package linalg

import (
	"syscall"
	"unsafe"
)

// inLargePages asks for large pages below a matrix that nobody has touched. The
// first touch of each small one costs a visit to the kernel, which for the few
// matrices of a decomposition can take as long as the arithmetic.
func inLargePages(v []float64) {
	const (
		page = 2 << 20
		huge = 14 // MADV_HUGEPAGE
	)
	if len(v)*8 < 2*page {
		return
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(v))) % page)
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*8)[skip:]
	// It is a hint: where there are no large pages, nothing changes.
	_ = syscall.Madvise(b[:len(b)/page*page], huge)
}
