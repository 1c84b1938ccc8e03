// Command growth measures what methods cost as rows become more, prints it, and writes it into BENCHMARKS.md and, as a picture, into
// docs.
//
//	growth [-quick] [-o FILE]
//
// With -quick all is done on a few rows: a test of the machinery, whose figures mean nothing and go to build/BENCHMARKS.md and
// build/docs.
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
	"slices"
	"syscall"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/tests/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("growth", flag.ContinueOnError)
	flags.SetOutput(log)
	quick := flags.Bool("quick", false, "a smoke run: few rows, figures that mean nothing")
	path := flags.String("o", "", "the `file` whose table is written (default: BENCHMARKS.md of the module; build/BENCHMARKS.md with -quick)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there are no arguments beside flags; got %q", flags.Args())
	}
	root := testenv.Root()
	if root == "" {
		return errors.New("run it inside of Flatland's module")
	}
	source := filepath.Join(root, "BENCHMARKS.md")
	target := source
	report := &bench.GrowthReport{Machine: bench.Here(), Revision: bench.Revision(root), Ladder: bench.Ladder{
		Sizes: []int{1000, 2000, 5000, 10_000, 20_000, 50_000}, Limit: 30 * time.Second, Short: 5 * time.Second, Log: log}}
	if *quick {
		target = filepath.Join(root, "build", "BENCHMARKS.md")
		report.Ladder.Sizes = []int{600, 800} // more than there are landmarks
		report.Remark = "**A smoke run: it shows that the machinery works, and nothing else.**"
	}
	if *path != "" {
		target = *path
	}
	return measure(ctx, report, bench.Spectral, source, target, out)
}

// measure measures the methods, and writes what was found into the table of target and a picture beside it. A target that does not
// exist begins as source.
func measure(ctx context.Context, r *bench.GrowthReport, family []bench.Member, source, target string, out io.Writer) error {
	page, err := os.ReadFile(target)
	if errors.Is(err, os.ErrNotExist) {
		page, err = os.ReadFile(source)
	}
	if err != nil {
		return err
	}
	if _, err := r.Update(string(page)); err != nil { // before the minutes, not after them
		return fmt.Errorf("%s is left as it was: %w", target, err)
	}
	x, err := bench.SwissRoll(slices.Max(r.Ladder.Sizes))
	if err != nil {
		return err
	}
	for _, m := range family {
		g, err := r.Ladder.Measure(ctx, x, m)
		if err != nil {
			return err
		}
		r.Found = append(r.Found, g)
	}
	fmt.Fprintln(out, r)
	docs := filepath.Join(filepath.Dir(target), "docs")
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"growth.png", "growth.svg"} {
		if err := picture(r.Found).Save(filepath.Join(docs, name)); err != nil {
			return err
		}
	}
	text, err := r.Update(string(page))
	if err != nil {
		return err
	}
	if err := os.WriteFile(target, []byte(text), 0o644); err != nil {
		return err
	}
	return r.Failures()
}
