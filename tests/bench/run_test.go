package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

func testConfig(ours, peer string) Config {
	return Config{Ours: as(ours), Peer: func(string) []string { return as(peer) }, Log: new(strings.Builder), Each: time.Minute, Blocks: 8}
}

// fakeCase is a case of 600 rows whose workers take the seconds given, run after run; the first of a peer are for warming up.
func fakeCase(t *testing.T, ours, peer []float64) (k Case, notes func() []string) {
	path := filepath.Join(t.TempDir(), "notes")
	return Case{
			Name:    "fake",
			Data:    func(int) ([]*mat32.Dense, error) { return []*mat32.Dense{mat32.NewDense(600, 1, nil)}, nil },
			Options: wire.Options{"notes": path, "ours": ours, "peer": peer},
			Peer:    Peer{Package: "fakelearn"},
			Quality: []Measure{number("answer", "answer", "%.0f")},
		}, func() []string {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Split(strings.TrimSpace(string(b)), "\n")
		}
}

func measured(t *testing.T, c Config, k Case) *Outcome {
	t.Helper()
	o, err := c.Measure(context.Background(), k)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// The order of everything that the workers are asked, when the first pair decides that there are three.
func TestSidesTakeTurns(t *testing.T) {
	k, notes := fakeCase(t, []float64{9, 4, 2, 5}, []float64{9, 24, 10, 20})
	k.Seeds, k.Peer.Seeds = 2, 1
	o := measured(t, testConfig("ours", "peer"), k)
	want := []string{
		"ours 500 rows, seed 0, cores 0, setting <nil>, judged false", // warm
		"peer 500 rows, seed 0, cores 0, setting <nil>, judged false",
		"ours 600 rows, seed 1, cores 0, setting <nil>, judged true",
		"peer 600 rows, seed 1, cores 0, setting <nil>, judged true",
		"ours 600 rows, seed 2, cores 0, setting <nil>, judged true",
		"peer 600 rows, seed 1, cores 0, setting <nil>, judged false",
		"ours 600 rows, seed 1, cores 0, setting <nil>, judged false",
		"peer 600 rows, seed 1, cores 0, setting <nil>, judged false",
		"ours 600 rows, seed 1, cores 0, setting <nil>, judged false", // memory
		"peer 600 rows, seed 1, cores 0, setting <nil>, judged false",
	}
	if got := notes(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if o.Ours.Err != nil || o.Peer.Err != nil {
		t.Fatal(o.Ours.Err, o.Peer.Err)
	}
	if !slices.Equal(o.Ours.Seconds, []float64{4, 2, 5}) || !slices.Equal(o.Peer.Seconds, []float64{24, 10, 20}) {
		t.Errorf("took %v and %v", o.Ours.Seconds, o.Peer.Seconds)
	}
	if got := ratios(&o.Peer, &o.Ours); got != "5.00 (4.00 … 6.00)" {
		t.Errorf("ratio %s", got)
	}
	if !slices.Equal(o.Ours.Quality[0], []float64{41, 42}) || !slices.Equal(o.Peer.Quality[0], []float64{41}) {
		t.Errorf("answers %v and %v: one for each seed", o.Ours.Quality, o.Peer.Quality)
	}
	if o.Peer.Hello.Versions["fakelearn"] != "1.2.3" {
		t.Errorf("versions %v", o.Peer.Hello.Versions)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil {
		for _, s := range []*Side{&o.Ours, &o.Peer} {
			if s.Idle < 1<<20 || s.Largest < s.Idle {
				t.Errorf("memory %d, then %d bytes", s.Idle, s.Largest)
			}
		}
	}
}

// Where something is prepared, the sides warm up on all rows.
func TestPreparationDoesNotCount(t *testing.T) {
	k, notes := fakeCase(t, []float64{100, 4}, []float64{200, 24})
	k.Prepared = true
	o := measured(t, testConfig("ours", "peer"), k)
	if got := notes()[:2]; !strings.HasPrefix(got[0], "ours 600 rows, seed 0") || !strings.HasPrefix(got[1], "peer 600 rows, seed 0") {
		t.Errorf("asked first\n%s", strings.Join(got, "\n"))
	}
	if !slices.Equal(o.Ours.Seconds, []float64{4, 4, 4}) || !slices.Equal(o.Peer.Seconds, []float64{24, 24, 24}) {
		t.Errorf("took %v and %v", o.Ours.Seconds, o.Peer.Seconds)
	}
}

// How often is decided by the slower side; short runs begin with one more that does not count.
func TestRepeats(t *testing.T) {
	for _, c := range []struct {
		ours, peer float64
		pairs      int
		first      float64 // the peer's first time that counts
	}{
		{0.1, 19.9, 5, 3},
		{19.9, 0.1, 5, 3},
		{20, 1, 3, 1},
		{1, 119, 3, 119},
		{120, 1, 1, 1},
		{1, 5000, 1, 5000},
	} {
		k, _ := fakeCase(t, []float64{0, c.ours, 1}, []float64{0, c.peer, 3})
		k.Options["ours"].([]float64)[0], k.Options["peer"].([]float64)[0] = 1, 1
		o := measured(t, testConfig("ours", "peer"), k)
		if len(o.Ours.Seconds) != c.pairs || len(o.Peer.Seconds) != c.pairs || o.Peer.Seconds[0] != c.first {
			t.Errorf("%v s and %v s first: then %v and %v, want %d pairs", c.ours, c.peer, o.Ours.Seconds, o.Peer.Seconds, c.pairs)
		}
	}
}

// Seeds that the pairs did not reach are judged afterwards, and their times do not count.
func TestEverySeedIsJudged(t *testing.T) {
	k, _ := fakeCase(t, []float64{1, 200}, []float64{1, 300})
	k.Seeds, k.Peer.Seeds = 5, 3
	o := measured(t, testConfig("ours", "peer"), k)
	if !slices.Equal(o.Ours.Quality[0], []float64{41, 42, 43, 44, 45}) || !slices.Equal(o.Peer.Quality[0], []float64{41, 42, 43}) {
		t.Errorf("answers %v and %v", o.Ours.Quality[0], o.Peer.Quality[0])
	}
	if len(o.Ours.Seconds) != 1 || len(o.Peer.Seconds) != 1 {
		t.Errorf("%d and %d times, want one pair", len(o.Ours.Seconds), len(o.Peer.Seconds))
	}
}

func TestTheFastestSettingCounts(t *testing.T) {
	k, notes := fakeCase(t, []float64{1}, []float64{1})
	k.Peer.Settings = []Setting{
		{Name: "slow", Options: wire.Options{"setting": "slow", "slower": 3}},
		{Name: "fast", Options: wire.Options{"setting": "fast", "slower": 2}},
		{Name: "slowest", Options: wire.Options{"setting": "slowest", "slower": 4}},
	}
	o := measured(t, testConfig("ours", "peer"), k)
	if o.Setting != "fast" || !slices.Equal(o.Peer.Seconds, []float64{2, 2, 2, 2, 2}) {
		t.Errorf("chose %q, which took %v", o.Setting, o.Peer.Seconds)
	}
	tries := map[string]int{}
	for _, note := range notes() {
		if strings.HasPrefix(note, "peer 600") {
			_, setting, _ := strings.Cut(note, "setting ")
			setting, _, _ = strings.Cut(setting, ",")
			tries[setting]++
		}
	}
	if tries["slow"] != 2 || tries["slowest"] != 2 || tries["fast"] != 2+6+1 {
		t.Errorf("runs by setting: %v", tries)
	}
}

func TestSerialPeersMeetOneCoreToo(t *testing.T) {
	k, notes := fakeCase(t, []float64{1, 1, 1, 4}, []float64{8})
	k.Peer.Serial = true
	c := testConfig("ours", "peer")
	c.Rule = func(float64) Repeat { return Repeat{Pairs: 1} }
	o := measured(t, c, k)
	if got := ratios(&o.Peer, &o.Ours) + ", " + ratios(&o.Peer, &o.OneCore); got != "8.00, 2.00" {
		t.Errorf("ratios %s", got)
	}
	if want := "ours 600 rows, seed 1, cores 1, setting <nil>, judged false"; notes()[5] != want {
		t.Errorf("asked %q, want %q", notes()[5], want)
	}
}

// Whatever a peer does, the driver ends, says what it was, and has measured Flatland.
func TestBadPeers(t *testing.T) {
	for role, want := range map[string]string{
		"crash":   "exit status 3): MemoryError: boom",
		"garbage": `"Warning: something is deprecated", which is not what the protocol asks for`,
		"extra":   "minutes",
		"nan":     "not what the protocol asks for",
		"instant": "took 0 s",
		"refuse":  "ImportError: no such module",
		"rude":    `"Hello?"`,
		"future":  "protocol 99, want 1",
		"dumb":    "No module named 'peer'",
		"shape":   `the output "answer" has shape 1 × 3, want 600 × 1`,
		"short":   `the output "answer" has 4 bytes, want 600 × 1 values of float64`,
		"hang":    "not done within 500ms",
	} {
		t.Run(role, func(t *testing.T) {
			k, _ := fakeCase(t, []float64{1}, []float64{1})
			c := testConfig("ours", role)
			if role == "shape" || role == "short" {
				k.Quality[0].Of = func(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
					if _, ok := r.Values["answer"]; ok { // ours
						return 1, nil
					}
					n, d := in[0].Dims()
					_, err := r.Matrix("answer", n, d)
					return 0, err
				}
			}
			if role == "hang" {
				c.Each = 500 * time.Millisecond
			}
			start := time.Now()
			o := measured(t, c, k)
			if o.Peer.Err == nil || !strings.Contains(o.Peer.Err.Error(), want) {
				t.Errorf("the error is %v, want one that says %s", o.Peer.Err, want)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if role == "hang" {
				return
			}
			if o.Ours.Err != nil || len(o.Ours.Seconds) != 5 {
				t.Errorf("ours: %v, %v", o.Ours.Err, o.Ours.Seconds)
			}
			row := speed(o, &Report{})[0]
			if row[3] != "1.00 s" || !strings.HasPrefix(row[4], "failed: ") || row[5] != "–" {
				t.Errorf("the row is %q", row)
			}
		})
	}
}

func TestCommandsThatAreNotThere(t *testing.T) {
	k, _ := fakeCase(t, []float64{1}, []float64{1})
	c := testConfig("ours", "peer")
	c.Peer = func(string) []string { return []string{filepath.Join(t.TempDir(), "python")} }
	if o := measured(t, c, k); !errors.Is(o.Peer.Err, os.ErrNotExist) || o.Ours.Err != nil {
		t.Errorf("errors %v and %v", o.Peer.Err, o.Ours.Err)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	k, _ := fakeCase(t, []float64{1}, []float64{1})
	if _, err := testConfig("ours", "hang").Measure(ctx, k); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestCeiling(t *testing.T) {
	m, err := testConfig("cases", "").Machine(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Ceiling) != 5 || m.Processor == "" || !strings.HasPrefix(m.Go, "go1.") {
		t.Errorf("%+v", m)
	}
	for _, v := range m.Ceiling {
		if !(v > 0) {
			t.Errorf("ceiling %v", m.Ceiling)
		}
	}
}
