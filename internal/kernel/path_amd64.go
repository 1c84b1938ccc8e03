//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . ..

// avx2 says that the processor has the instructions and that the system saves
// their registers; cpu looks at both.
var avx2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI1

// avx512 says so for the tiles of matrix products, which have the same bits either
// way: the path is avx2.
var avx512 = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
