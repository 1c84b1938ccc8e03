package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// page returns the page as it is before anything was measured.
func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testenv.Root(), "BENCHMARKS.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, name := range []string{"machine", "speed", "quality", "memory"} {
		if _, err := block(text, name); err != nil {
			t.Fatal(err)
		}
		text = replace(text, name, "")
	}
	return text
}

var here = Machine{Processor: "Abacus", Cores: 2, Go: "go1.26", Ceiling: []float64{1.9, 1.8, 1.95}}

func outcome(name string, ours, peer float64) *Outcome {
	return &Outcome{
		Case:    Case{Name: name, What: "a | b", Peer: Peer{Package: "fakelearn"}, Quality: []Measure{{Name: "loss", Format: "%.2f"}, {Name: "gain", Format: "%.0f"}}},
		Setting: "all cores",
		Ours:    Side{Seconds: []float64{ours, 2 * ours}, Quality: [][]float64{{0.5, 0.25, 0.75}, {3}}, Ready: 0.02, Idle: 3 << 20, Largest: 5 << 20},
		Peer:    Side{Seconds: []float64{peer, peer}, Hello: wire.Hello{Language: "Fake 1", Versions: map[string]string{"fakelearn": "1.2"}}},
	}
}

func TestPage(t *testing.T) {
	all := []Case{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	r := &Report{Machine: &here, Revision: "abc1234", Outcomes: []*Outcome{outcome("c", 2, 6), outcome("a", 0.001, 0.0005)}}
	text, err := r.Update(page(t), all, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"machine": "Measured on Abacus, 2 cores, go1.26.\n\nPeers: Fake 1, fakelearn 1.2.\n\n" +
			"The machine's own ceiling, 1 → 2 cores, on arithmetic that shares nothing: 1.90 (1.80 … 1.95) times as fast.",
		"speed": `
| case | what | peer | ours | peer | peer ÷ ours | ours on one core | peer ÷ that | pairs | revision |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| a | a \| b | fakelearn 1.2: all cores | 1.50 ms | 500 µs | 0.375 (0.250 … 0.500) |  |  | 2 | abc1234 |
| c | a \| b | fakelearn 1.2: all cores | 3.00 s | 6.00 s | 2.25 (1.50 … 3.00) |  |  | 2 | abc1234 |`[1:],
		"quality": `
| case | measure | ours | peer |
| --- | --- | ---: | ---: |
| a | loss | 0.50 (0.25 … 0.75) | – |
| a | gain | 3 | – |
| c | loss | 0.50 (0.25 … 0.75) | – |
| c | gain | 3 | – |`[1:],
		"memory": `
| case | ours, at rest | ours, largest | ours, ready | peer, at rest | peer, largest | peer, ready |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| a | 3 MiB | 5 MiB | 20.0 ms | – | – | – |
| c | 3 MiB | 5 MiB | 20.0 ms | – | – | – |`[1:],
	} {
		if got, _ := block(text, name); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
	}
	// What is written by hand stays, and writing the same again changes nothing.
	bare := text
	for _, name := range []string{"machine", "speed", "quality", "memory"} {
		bare = replace(bare, name, "")
	}
	if bare != page(t) {
		t.Error("the text around the tables has changed")
	}
	if again, err := r.Update(text, all, false); err != nil || again != text {
		t.Errorf("written again it is another: %v", err)
	}
}

func TestPageKeepsWhatWasNotMeasured(t *testing.T) {
	all := []Case{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	first := &Report{Machine: &here, Outcomes: []*Outcome{outcome("a", 1, 1), outcome("gone", 1, 1), outcome("c", 1, 1)}}
	text, err := first.Update(page(t), append(all, Case{Name: "gone"}), false)
	if err != nil {
		t.Fatal(err)
	}
	slower := here
	slower.Ceiling = []float64{1.5}
	failed := outcome("b", 1, 1)
	failed.Peer = Side{Err: errors.New("boom\nbang")}
	renewed := outcome("c", 4, 8)
	renewed.Peer.Hello = wire.Hello{Language: "Fake 2", Versions: map[string]string{"fakelib": "3.4"}}
	second := &Report{Machine: &slower, Outcomes: []*Outcome{renewed, failed}}
	text, err = second.Update(text, all, true)
	if err != nil {
		t.Fatal(err)
	}
	if machine, _ := block(text, "machine"); !strings.Contains(machine, "\n\nPeers: Fake 2, fakelearn 1.2, fakelib 3.4.\n\n") {
		t.Errorf("of the packages of all rows, it names\n%s", machine)
	}
	speed, _ := block(text, "speed")
	lines := strings.Split(speed, "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[2], "| a | a \\| b | fakelearn 1.2: all cores | 1.50 s |") ||
		!strings.Contains(lines[3], "| 1.50 s | failed: boom bang | – |") || !strings.HasPrefix(lines[4], "| c |") || !strings.Contains(lines[4], "| 6.00 s |") {
		t.Errorf("the table is\n%s", speed)
	}
	if quality, _ := block(text, "quality"); strings.Count(quality, "\n| a |") != 2 || strings.Contains(quality, "gone") {
		t.Errorf("the table is\n%s", quality)
	}

	// Figures of another machine, or of a smoke run, do not stand beside these.
	other := here
	other.Processor = "Difference engine"
	for _, r := range []*Report{
		{Machine: &other, Outcomes: []*Outcome{outcome("b", 1, 1)}},
		{Machine: &here, Remark: "A smoke run.", Outcomes: []*Outcome{outcome("b", 1, 1)}},
	} {
		if _, err := r.Update(text, all, true); err == nil || !strings.Contains(err.Error(), "measure all cases") {
			t.Errorf("got %v", err)
		}
		whole, err := r.Update(text, all, false)
		if err != nil {
			t.Fatal(err)
		}
		if memory, _ := block(whole, "memory"); strings.Count(memory, "\n") != 2 || !strings.Contains(memory, "\n| b |") {
			t.Errorf("a run of all cases keeps rows of another machine:\n%s", memory)
		}
		if machine, _ := block(whole, "machine"); strings.Contains(machine, "fakelib") {
			t.Errorf("it keeps packages of another machine:\n%s", machine)
		}
	}
}

func TestPageWithoutMarks(t *testing.T) {
	r := &Report{Machine: &here}
	for _, name := range []string{"machine", "speed", "quality", "memory"} {
		begin, end := marks(name)
		for _, mark := range []string{begin, end} {
			if _, err := r.Update(strings.Replace(page(t), mark, "", 1), nil, false); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("without %q: %v", mark, err)
			}
		}
	}
}

func TestDurations(t *testing.T) {
	for s, want := range map[float64]string{0.0000123: "12.3 µs", 0.01234: "12.3 ms", 0.9996: "1000 ms", 1.234: "1.23 s", 83.14: "83.1 s", 3600: "3600 s"} {
		if got := duration(s); got != want {
			t.Errorf("%v: %s, want %s", s, got, want)
		}
	}
}
