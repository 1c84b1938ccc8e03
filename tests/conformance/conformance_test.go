package conformance

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// keep returns what breaks a promise; a check that panics is broken as well.
func (p promise) keep(e entry) (problems []error) {
	if p.rows && e.derived {
		return nil
	}
	if err := safely(func() error { problems = p.check(e); return nil }); err != nil {
		problems = append(problems, err)
	}
	for i, err := range problems {
		problems[i] = fmt.Errorf("%v: %s: %w", e, p.name, err)
	}
	return problems
}

func report(t *testing.T, problems []error) {
	t.Helper()
	for _, err := range problems {
		t.Error(err)
	}
}

// rooms walks the packages that users import.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	rooms, err := walk(testenv.Root(), "./pkg/...")
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

func TestEveryMethodHasARow(t *testing.T) {
	testenv.Unraced(t)
	rooms := rooms(t)
	report(t, pairs(rooms, table))
	for _, r := range table {
		report(t, r.cells())
		report(t, words(rooms, filepath.Join(testenv.Root(), "tests", "golden"), r))
	}
}

// Five seeds tell a claim from luck.
func TestClaimsHoldAndControlsFail(t *testing.T) {
	testenv.Unraced(t)
	const seeds = 5
	for _, r := range table {
		t.Run(r.method, func(t *testing.T) {
			problems, held, failed := r.judge(context.Background(), seeds)
			report(t, problems)
			t.Logf("%s: %.4g; %s: %.4g; the claim wants %v to %v", r.claim.says, held, r.control.says, failed, r.claim.from, r.claim.to)
		})
	}
}

func TestOptions(t *testing.T) {
	testenv.Unraced(t)
	for _, r := range table {
		t.Run(r.method, func(t *testing.T) {
			report(t, exactOptions(r))
			report(t, seeded(r))
		})
	}
}

// The short tests look for races, and the variants of a method share their
// goroutines: the first will do. So do Fit and Embed, and most promises.
func TestPromises(t *testing.T) {
	for _, r := range table {
		variants := r.variants
		if testing.Short() {
			variants = variants[:1]
		}
		for _, v := range variants {
			list, err := entries(r, v, 0)
			if err != nil {
				t.Error(err)
			}
			for _, e := range list {
				for _, p := range promises {
					if testing.Short() && (!p.races || e.name == "Embed" && !e.first) {
						continue
					}
					t.Run(e.String()+"/"+p.name, func(t *testing.T) { report(t, p.keep(e)) })
				}
			}
		}
	}
}
