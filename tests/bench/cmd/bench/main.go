// Command bench measures Flatland and its peers in turn, prints what it finds, and writes it into BENCHMARKS.md.
//
//	bench [-case PATTERN] [-quick] [-o FILE]
//	bench -worker
//	bench -peer
//
// With -case only the cases whose names match are measured, and the rows of the others stay. With -quick everything is done on a
// few rows, in two pairs: a test of the machinery, whose figures mean nothing and go to build/BENCHMARKS.md.
// With -worker it is Flatland's side, and with -peer that of the peers in Go; the driver starts both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/tests/bench"
	"github.com/flatland-go/flatland/tests/bench/theirs"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out, log io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(log)
	pattern := flags.String("case", "", "measure only the cases whose name matches this regular `expression`")
	quick := flags.Bool("quick", false, "a smoke run: few rows, two pairs, figures that mean nothing")
	path := flags.String("o", "", "the `file` whose tables are written (default: BENCHMARKS.md of the module; build/BENCHMARKS.md with -quick)")
	worker := flags.Bool("worker", false, "be Flatland's side")
	peer := flags.Bool("peer", false, "be the side of the peers in Go")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there are no arguments beside flags; got %q", flags.Args())
	}
	if *worker {
		return wire.Serve(ctx, in, out, wire.Hello{Language: runtime.Version()}, bench.Find(bench.Cases))
	}
	if *peer {
		language := strings.Replace(runtime.Version(), "go", "Go ", 1)
		return wire.Serve(ctx, in, out, wire.Hello{Language: language, Versions: theirs.Versions()}, bench.FindPeer(bench.Cases))
	}
	selected, err := choose(*pattern)
	if err != nil {
		return err
	}
	root := testenv.Root()
	if root == "" {
		return errors.New("run it inside of Flatland's module")
	}
	config, err := config(root, log)
	if err != nil {
		return err
	}
	report := &bench.Report{Revision: bench.Revision(root)}
	source := filepath.Join(root, "BENCHMARKS.md")
	if *path == "" {
		*path = source
	}
	if *quick {
		config.Rows, config.Rule = 300, func(float64) bench.Repeat { return bench.Repeat{Pairs: 2} }
		report.Remark = "**A smoke run on 300 rows of each data set, in two pairs: it shows that the machinery works, and nothing else.**"
		if *path == source {
			*path = filepath.Join(root, "build", "BENCHMARKS.md")
		}
	}
	return measure(ctx, config, report, selected, source, *path, out)
}

// choose returns the cases that match.
func choose(pattern string) ([]bench.Case, error) {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var selected []bench.Case
	for _, k := range bench.Cases {
		if expression.MatchString(k.Name) {
			selected = append(selected, k)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("no case matches %q", pattern)
	}
	return selected, nil
}

// config is how make bench measures.
func config(root string, log io.Writer) (bench.Config, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Config{}, err
	}
	python := filepath.Join(root, ".tools", "peers", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return bench.Config{}, fmt.Errorf("the peers are missing (%w): run docker/setup.sh peers", err)
	}
	return bench.Config{
		Ours: []string{self, "-worker"},
		Peer: func(script string) []string {
			if script == "" {
				return []string{self, "-peer"}
			}
			return []string{python, "-B", filepath.Join(root, "tests", "peers", script)}
		},
		Log:    log,
		Rest:   200 * time.Millisecond,
		Each:   time.Hour,
		Blocks: 128,
	}, nil
}

// measure measures the cases and writes what was found into the tables of source, as target.
func measure(ctx context.Context, c bench.Config, r *bench.Report, cases []bench.Case, source, target string, out io.Writer) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if r.Machine, err = c.Machine(ctx); err != nil {
		return err
	}
	some := len(cases) < len(bench.Cases) && source == target
	update := func() (string, error) {
		document, err := r.Update(string(text), bench.Cases, some)
		if err != nil {
			err = fmt.Errorf("%s is left as it was: %w", target, err)
		}
		return document, err
	}
	if _, err := update(); err != nil { // before the hours, not after them
		return err
	}
	failed := 0
	for _, k := range cases {
		o, err := c.Measure(ctx, k)
		if err != nil {
			return err
		}
		if o.Ours.Err != nil || o.Peer.Err != nil || o.OneCore.Err != nil {
			failed++
		}
		r.Outcomes = append(r.Outcomes, o)
	}
	fmt.Fprintln(out, r)
	document, err := update()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(target, []byte(document), 0o644); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed; %s says why", failed, len(cases), target)
	}
	return nil
}
