//go:build !amd64 || purego

package kernel

const avx2, avx512 = false, false
