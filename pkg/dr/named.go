package dr

import (
	"errors"
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// named returns an error of a part of a method under the name of the method.
func named(method string, err error) error {
	var (
		param      *mat32.ParamError
		memory     *mat32.MemoryError
		degenerate *mat32.DegenerateError
	)
	switch {
	case errors.As(err, &param):
		c := *param
		c.Method = method
		return &c
	case errors.As(err, &memory):
		c := *memory
		c.Method = method
		return &c
	case errors.As(err, &degenerate):
		c := *degenerate
		c.Method = method
		return &c
	}
	return fmt.Errorf("%s: %w", method, err)
}
