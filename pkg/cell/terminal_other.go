//go:build !unix

package cell

import "os"

// columns reports no terminal: where its width cannot be asked for, a progress line that wraps would do more harm than good.
func columns(*os.File) int { return 0 }
