package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Config is how to measure.
type Config struct {
	Ours   []string                     // the command of Flatland's worker
	Peer   func(script string) []string // that of a peer's; of those in Go for none
	Log    io.Writer                    // what is being done, for who waits
	Rows   int                          // of each data set, at most; 0 for all
	Rule   func(slower float64) Repeat  // how often to measure; nil for ByTime
	Rest   time.Duration                // before each run, for threads of the last one that still spin
	Each   time.Duration                // that the runs of one case may take together
	Blocks int                          // of work, of some milliseconds each, by which the ceiling is measured
}

// Repeat is how often a case is measured.
type Repeat struct {
	Pairs int  // of runs of each side
	Drop  bool // the first pair, as one more warming up
}

// ByTime asks for five pairs of runs below 20 s, three below two minutes, one above.
func ByTime(slower float64) Repeat {
	switch {
	case slower < 20:
		return Repeat{Pairs: 5, Drop: true}
	case slower < 120:
		return Repeat{Pairs: 3}
	}
	return Repeat{Pairs: 1}
}

// Outcome is what was found for a case.
type Outcome struct {
	Case    Case
	Ours    Side
	Peer    Side
	OneCore Side // Flatland on one core, where the peer is serial
	Setting string
}

// Side is what was found for one side.
type Side struct {
	Err           error
	Hello         wire.Hello
	Seconds       []float64   // of each measured run; those of a pair have the same index
	Quality       [][]float64 // for each measure, the value of each seed
	Ready         float64     // seconds from the start of the process to its first answer, on a part of the data
	Idle, Largest int64       // resident bytes of a fresh process before and after its first run; 0 when unknown
}

// contender is a side while it is measured.
type contender struct {
	name    string
	side    *Side
	worker  *wire.Worker
	request wire.Request
	seeds   int // whose results are judged
	judged  int // of these
}

// match is a case while it is measured.
type match struct {
	Config
	Case
	in     []*mat32.Dense
	inputs []wire.Input
	folder string // for what the workers write
	sides  []*contender
}

// Measure measures a case. Errors of one side are in the outcome, and do not keep the other from being measured; the error
// returned is of the driver itself, or of ctx.
func (c Config) Measure(ctx context.Context, k Case) (*Outcome, error) {
	out := &Outcome{Case: k}
	in, err := k.Data(c.Rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.Name, err)
	}
	folder, err := os.MkdirTemp("", "flatland-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	m := &match{Config: c, Case: k, in: in, folder: folder}
	if err := m.write(); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.Each)
	defer cancel()

	our := m.enter(limited, "ours", c.Ours, &out.Ours, wire.Request{Run: k.Name, Options: k.Options}, k.Seeds)
	defer our.end()
	peer := m.enter(limited, "peer", c.Peer(k.Peer.Script), &out.Peer, wire.Request{Run: k.Peer.Function, Options: k.Options}, k.Peer.Seeds)
	defer peer.end()
	if k.Peer.Serial {
		one := *our // the same process, told to use one core
		one.name, one.side, one.request.Cores, one.seeds = "ours on one core", &out.OneCore, 1, 0
		out.OneCore.Err = out.Ours.Err
		m.sides = append(m.sides, &one)
	}
	if len(k.Peer.Settings) > 0 {
		peer.request.Options = with(k.Options, k.Peer.Settings[0].Options)
	}
	for _, s := range m.sides {
		s.warm(k.Prepared)
	}
	out.Setting = m.choose(peer)
	m.pairs()
	for _, s := range m.sides {
		for i := s.judged; i < s.seeds && s.side.Err == nil; i++ {
			m.run(s, i) // for its quality alone
		}
	}
	our.end()
	peer.end()
	our.memory(limited, c.Ours)
	peer.memory(limited, c.Peer(k.Peer.Script))
	for _, s := range m.sides {
		if s.side.Err != nil && limited.Err() != nil {
			s.side.Err = fmt.Errorf("the case was not done within %v", c.Each)
		}
		if s.side.Err != nil {
			fmt.Fprintf(c.Log, "%s: %s: %v\n", k.Name, s.name, s.side.Err)
		}
	}
	return out, ctx.Err()
}

// write writes the inputs, cut to the rows asked for.
func (m *match) write() error {
	for i, x := range m.in {
		if n, d := x.Dims(); m.Rows > 0 && n > m.Rows {
			m.in[i] = mat32.NewDense(m.Rows, d, x.Data()[:m.Rows*d])
		}
		input, err := wire.WriteInput(filepath.Join(m.folder, fmt.Sprintf("input%d", i)), m.in[i])
		if err != nil {
			return err
		}
		input.Stream = m.Stream
		m.inputs = append(m.inputs, input)
	}
	return nil
}

// enter starts a side.
func (m *match) enter(ctx context.Context, name string, command []string, side *Side, q wire.Request, seeds int) *contender {
	q.Inputs = m.inputs
	s := &contender{name: name, side: side, request: q, seeds: max(1, seeds)}
	start := time.Now()
	s.worker, side.Err = wire.Start(ctx, command)
	if side.Err == nil {
		side.Hello = s.worker.Hello
		side.Ready = time.Since(start).Seconds()
	}
	m.sides = append(m.sides, s)
	return s
}

func (s *contender) end() {
	if s.worker != nil {
		s.worker.Close()
	}
}

// warm runs s on a part of the data, or all of it: libraries are loaded, compiled and have started their threads after that.
func (s *contender) warm(all bool) {
	const rows = 500
	if s.side.Err != nil {
		return
	}
	q := s.request
	q.Inputs = slices.Clone(q.Inputs)
	for i := range q.Inputs {
		if !all {
			q.Inputs[i].Rows = min(q.Inputs[i].Rows, rows)
		}
	}
	// A part may be too small for what the whole is not.
	var refusal *wire.Refusal
	start := time.Now()
	defer func() { s.side.Ready += time.Since(start).Seconds() }()
	if _, err := s.worker.Run(q); err != nil && !errors.As(err, &refusal) {
		s.side.Err = err
	}
}

// choose tries the settings of the peer, if there are several, and keeps the fastest. Each has two runs, and the better counts.
func (m *match) choose(peer *contender) string {
	const tries = 2
	settings := m.Case.Peer.Settings
	if len(settings) == 0 {
		return ""
	}
	best, least := settings[0], math.Inf(1)
	for i := 0; len(settings) > 1 && i < tries*len(settings); i++ {
		if peer.side.Err != nil {
			return ""
		}
		setting := settings[i%len(settings)]
		peer.request.Options = with(m.Options, setting.Options)
		time.Sleep(m.Rest)
		reply, err := peer.worker.Run(peer.request)
		if err != nil {
			peer.side.Err = fmt.Errorf("%s: %w", setting.Name, err)
			return ""
		}
		fmt.Fprintf(m.Log, "%s: %s %s\n", m.Name, setting.Name, duration(reply.Seconds))
		if reply.Seconds < least {
			best, least = setting, reply.Seconds
		}
	}
	peer.request.Options = with(m.Options, best.Options)
	return best.Name
}

// with returns the options of both.
func with(a, b wire.Options) wire.Options {
	both := wire.Options{}
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}

// pairs lets the sides take turns, as often as the rule asks for after the first turn of each.
func (m *match) pairs() {
	first := m.turns(0)
	repeat := m.repeat(first)
	turns := [][]float64{first}
	if repeat.Drop {
		turns = nil
	}
	done := 1
	for ; len(turns) < repeat.Pairs; done++ {
		turns = append(turns, m.turns(done))
	}
	for _, turn := range turns {
		for i, s := range m.sides {
			if !math.IsNaN(turn[i]) {
				s.side.Seconds = append(s.side.Seconds, turn[i])
			}
		}
	}
}

// turns measures every side once, for the i-th time, and returns the seconds.
func (m *match) turns(i int) []float64 {
	seconds := make([]float64, len(m.sides))
	found := make([]string, len(m.sides))
	for j, s := range m.sides {
		seconds[j] = m.run(s, i)
		found[j] = s.name + " " + duration(seconds[j])
	}
	fmt.Fprintf(m.Log, "%s: %s\n", m.Name, strings.Join(found, ", "))
	return seconds
}

// run measures s once, and judges its result when the seed is new. It returns the seconds, NaN after an error.
func (m *match) run(s *contender, i int) float64 {
	if s.side.Err != nil {
		return math.NaN()
	}
	q := s.request
	q.Seed = uint64(i%max(1, s.seeds)) + 1
	judge := s.judged < s.seeds
	if judge {
		q.Out = m.folder
	}
	time.Sleep(m.Rest)
	reply, err := s.worker.Run(q)
	if err == nil && judge {
		err = s.judge(m.in, m.Quality, reply)
	}
	if err != nil {
		s.side.Err = err
		return math.NaN()
	}
	return reply.Seconds
}

func (s *contender) judge(in []*mat32.Dense, measures []Measure, reply *wire.Reply) error {
	if s.side.Quality == nil {
		s.side.Quality = make([][]float64, len(measures))
	}
	for i, measure := range measures {
		v, err := measure.Of(in, s.request.Options, reply)
		if err != nil {
			return fmt.Errorf("%s: %w", measure.Name, err)
		}
		s.side.Quality[i] = append(s.side.Quality[i], v)
	}
	s.judged++
	return nil
}

// repeat asks the rule, given the first runs.
func (c Config) repeat(first []float64) Repeat {
	slowest := 0.
	for _, seconds := range first {
		if seconds > slowest { // not NaN
			slowest = seconds
		}
	}
	if c.Rule == nil {
		return ByTime(slowest)
	}
	return c.Rule(slowest)
}

// memory measures the memory of a fresh process that does one run.
func (s *contender) memory(ctx context.Context, command []string) {
	if s.side.Err != nil {
		return
	}
	worker, err := wire.Start(ctx, command)
	if err != nil {
		s.side.Err = err
		return
	}
	defer worker.Close()
	s.side.Idle = worker.Memory()
	q := s.request
	q.Seed = 1
	if _, err := worker.Run(q); err != nil {
		s.side.Err = err
		return
	}
	s.side.Largest = worker.Memory()
}

// FindPeer returns a function that returns a function of the peers in Go, or nil.
func FindPeer(cases []Case) func(name string) wire.Func {
	functions := map[string]wire.Func{}
	for _, k := range cases {
		if k.Peer.Go != nil {
			functions[k.Peer.Function] = k.Peer.Go
		}
	}
	return func(name string) wire.Func { return functions[name] }
}

// Find returns a function that returns Flatland's function of a case, or nil.
func Find(cases []Case) func(name string) wire.Func {
	functions := map[string]wire.Func{ceiling: ours.Ceiling}
	for _, k := range cases {
		functions[k.Name] = k.Ours
	}
	return func(name string) wire.Func { return functions[name] }
}
