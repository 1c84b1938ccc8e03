package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Machine is what figures depend on beside the code.
type Machine struct {
	Processor string
	Cores     int
	Go        string
	Ceiling   []float64 // how many times as fast all cores are as one, on work that shares nothing
}

// ceiling is how the ceiling is asked of Flatland's worker.
const ceiling = "ceiling"

// Here describes this machine, but for its ceiling.
func Here() *Machine {
	return &Machine{Processor: processor(), Cores: runtime.GOMAXPROCS(0), Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH}
}

// Machine describes this one, and measures its ceiling.
func (c Config) Machine(ctx context.Context) (*Machine, error) {
	m := Here()
	worker, err := wire.Start(ctx, c.Ours)
	if err != nil {
		return nil, err
	}
	defer worker.Close()
	const pairs = 5
	for i := range pairs + 1 { // the first is for warming up
		var seconds [2]float64
		for s, cores := range []int{1, m.Cores} {
			time.Sleep(c.Rest)
			reply, err := worker.Run(wire.Request{Run: ceiling, Options: wire.Options{"blocks": c.Blocks}, Cores: cores})
			if err != nil {
				return nil, err
			}
			seconds[s] = reply.Seconds
		}
		if i > 0 {
			m.Ceiling = append(m.Ceiling, seconds[0]/seconds[1])
		}
	}
	return m, nil
}

// identity is one line that says whether figures can stand beside each other.
func (m *Machine) identity() string {
	return fmt.Sprintf("%s, %d cores, %s", m.Processor, m.Cores, m.Go)
}

// processor returns the model of the processor where the system tells it, or else the architecture.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}
