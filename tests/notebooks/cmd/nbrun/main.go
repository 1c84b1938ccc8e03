// Command nbrun runs notebooks as the tests do: in a fresh kernel, with an empty store and no network. It judges them, and writes each
// notebook with its outputs, and its page, into the build folder.
//
//	nbrun [-save] [-html DIR] [-timeout D] [-times] NOTEBOOK…
//	nbrun -install-kernel JUPYTER_DATA_DIR
//
// It prints a line for each notebook, and the notebook's key numbers: what the cells tagged key-numbers print. It fails when a notebook does.
//
// With -install-kernel it runs nothing, and installs the kernel where a Jupyter server finds it, so that the server's notebooks import this
// module without a path cell.
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
	"strings"
	"syscall"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errProblems ends a run whose notebooks have been found wanting, after each problem was printed.
var errProblems = errors.New("nbrun: not all notebooks pass")

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("nbrun", flag.ContinueOnError)
	flags.SetOutput(log)
	save := flags.Bool("save", false, "write the outputs back into each notebook that passes")
	html := flags.String("html", "", "the `folder` for the executed notebooks and their pages (default: build in the module)")
	timeout := flags.Duration("timeout", 0, "how long the cells of one notebook may take together (default: 45s)")
	times := flags.Bool("times", false, "print what each cell took")
	kernel := flags.String("install-kernel", "", "install the kernel into this Jupyter data `folder`, and run nothing")
	flags.Usage = func() {
		fmt.Fprintln(log, "usage: nbrun [flags] NOTEBOOK…\n       nbrun -install-kernel JUPYTER_DATA_DIR")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *kernel != "" {
		if flags.NArg() > 0 {
			return errors.New("nbrun: -install-kernel runs no notebooks")
		}
		return nbtest.Install(ctx, *kernel, nbtest.Options{})
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return errors.New("nbrun: no notebook named")
	}
	runner, err := nbtest.Open(ctx, nbtest.Options{Build: *html, Timeout: *timeout, Save: *save})
	if err != nil {
		return err
	}
	defer runner.Close()
	passed := true
	for _, path := range flags.Args() {
		report, err := runner.Run(ctx, path)
		if err != nil {
			for _, p := range report.Problems { // known also when the page could not be written
				fmt.Fprintln(out, p)
			}
			return err
		}
		passed = passed && len(report.Problems) == 0
		print(out, report)
		if *times {
			fmt.Fprintln(out, report.Times())
		}
	}
	if !passed {
		return errProblems
	}
	return nil
}

// print writes a line for the notebook, its key numbers, and its problems.
func print(out io.Writer, r nbtest.Report) {
	verdict := "ok  "
	if len(r.Problems) > 0 {
		verdict = "FAIL"
	}
	fmt.Fprintf(out, "%s  %s  %.1fs in %d cells  %s\n", verdict, r.Notebook, r.Total.Seconds(), len(r.Cells), shown(r.Page))
	for _, line := range keyNumbers(r.Saved) {
		fmt.Fprintf(out, "      %s\n", line)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "      %s\n", p)
	}
	if len(r.Problems) > 0 {
		for _, note := range r.Notes {
			fmt.Fprintf(out, "      %s\n", note)
		}
	}
}

// shown is a path as the reader would type it.
func shown(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(short, "..") {
		return short
	}
	return path
}

// keyNumbers are the lines that the cells tagged key-numbers print or show.
func keyNumbers(n *nbtest.Notebook) (lines []string) {
	if n == nil {
		return nil
	}
	for _, c := range n.Cells {
		if !c.Tagged("key-numbers") {
			continue
		}
		for _, o := range c.Outputs {
			text := ""
			if o.Kind == "stream" && o.Name == "stdout" {
				text = o.Text
			} else if plain, ok := o.Data["text/plain"].(string); ok {
				text = plain
			}
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, " \n"); line != "" {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}
