package jupyter

import (
	"encoding/gob"
	"fmt"
	"sync"
)

// registerOnce registers, at the first message rather than at import, the two generic types that the kernel registers on its side and
// the protocol package does not, and who hears what the kernel says.
var registerOnce sync.Once

func register() {
	gob.Register(map[string]any{})
	gob.Register([]any{})
	hear()
}

// A ValueError says that a value cannot be sent to the kernel. gob would find the same only after the connection is spoilt for good.
type ValueError struct {
	Key  string // the MIME type or metadata key, with the path to the value inside it
	Type string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("jupyter: %s holds a %s, which the kernel cannot receive", e.Key, e.Type)
}

// sendable reports the first value inside v that the kernel has no type for.
func sendable(key string, v any) error {
	switch v := v.(type) {
	case string, []byte, bool, int, float64, []string, []int, []float64, map[string]string, map[string]int, map[string]float64:
		return nil
	case []any:
		for i, e := range v {
			if err := sendable(fmt.Sprintf("%s[%d]", key, i), e); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for k, e := range v {
			if err := sendable(key+"."+k, e); err != nil {
				return err
			}
		}
		return nil
	}
	return &ValueError{Key: key, Type: fmt.Sprintf("%T", v)}
}
