// Command dimensions prints what the estimators of pkg/intrinsic find on manifolds of known dimension, beside what scikit-dimension
// and the authors of GeoMLE find on samples of theirs.
//
//	dimensions [-manifold PATTERN] [-seeds N]
//
// It fails where ours departs from theirs by more than chance and the conventions explain.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/flatland-go/flatland/internal/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "dimensions:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("dimensions", flag.ContinueOnError)
	flags.SetOutput(log)
	pattern := flags.String("manifold", "", "only the manifolds whose name matches this regular `expression`")
	seeds := flags.Int("seeds", 3, "samples of each")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *seeds < 2 {
		return fmt.Errorf("two or more seeds, and no arguments beside flags; got %d and %q", *seeds, flags.Args())
	}
	wanted, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	root := testenv.Root()
	if root == "" {
		return errors.New("run it inside of Flatland's module")
	}
	tables, err := tables(root, wanted)
	if err != nil {
		return err
	}
	var departures []error
	for _, t := range tables {
		if err := t.measure(ctx, *seeds); err != nil {
			return err
		}
		fmt.Fprintln(out, t)
		departures = append(departures, t.departures()...)
	}
	return errors.Join(departures...)
}
