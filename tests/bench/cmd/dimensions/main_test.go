package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// A roll and a paraboloid: every estimator agrees with scikit-dimension's, and where one is made to lie, it is said.
func TestEstimatorsAgree(t *testing.T) {
	testenv.Unraced(t)
	all, err := tables(testenv.Root(), regexp.MustCompile("^(M7|Mp1)$"))
	if err != nil {
		t.Fatal(err)
	}
	peer := all[0]
	if len(peer.rows) != 2 {
		t.Fatalf("%d manifolds", len(peer.rows))
	}
	if err := peer.measure(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	if departures := peer.departures(); len(departures) > 0 {
		t.Error(errors.Join(departures...))
	}
	for _, r := range peer.rows {
		for _, c := range peer.columns {
			if ours, theirs := r.ours[c.name], r.theirs[c.name]; ours.samples != 2 || theirs.samples == 0 {
				t.Errorf("%s on %s: %d samples of ours, %d of theirs", c.name, r.manifold.Name, ours.samples, theirs.samples)
			}
		}
	}
	lying := peer.rows[0].ours["MLE"]
	lying.mean *= 1.06 // the arithmetic mean for the harmonic
	peer.rows[0].ours["MLE"] = lying
	if departures := peer.departures(); len(departures) != 1 {
		t.Errorf("another convention is not seen: %v", departures)
	}
	if text := peer.String(); strings.Count(text, "!") != 2 { // one explains it
		t.Errorf("the table shows no departure:\n%s", text)
	}
}

func TestAllowed(t *testing.T) {
	exact := &table{}
	three := values{mean: 10, deviation: .3, samples: 3}
	if got, want := exact.allowed(column{}, three, three), 4*.3*math.Sqrt(2./3)+.1; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v is allowed, want %v", got, want)
	}
	scattered := &table{scatter: .1} // theirs, who do not say
	one := values{mean: 10, samples: 1}
	if got, want := scattered.allowed(column{}, one, one), 4*math.Sqrt2+.1; math.Abs(got-want) > 1e-12 {
		t.Errorf("%v is allowed of a tenth, want %v", got, want)
	}
	whole := values{mean: 2, samples: 3}
	if got := exact.allowed(column{slack: stalled}, whole, whole); got != .52 {
		t.Errorf("%v is allowed of a search that stalled", got)
	}
	if got := stalled(values{mean: 2.3}); got != 0 {
		t.Errorf("%v is allowed of one that did not", got)
	}
}

// Every manifold of the tables can be drawn.
func TestTablesResolve(t *testing.T) {
	all, err := tables(testenv.Root(), regexp.MustCompile(""))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || len(all[0].rows) != 24 || len(all[1].rows) != 37 {
		t.Error("manifolds are missing")
	}
	for _, wrong := range [][]string{{"-manifold", "("}, {"-seeds", "1"}, {"more"}, {"-unknown"}} {
		var log bytes.Buffer
		if err := run(context.Background(), wrong, &log, &log); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
}
