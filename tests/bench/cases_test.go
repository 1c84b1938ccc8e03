package bench

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
)

// Every row of the table can be measured: by the functions that are there, of a peer that is pinned.
func TestCasesAreComplete(t *testing.T) {
	folder := filepath.Join(testenv.Root(), "tests", "peers")
	var pins []byte
	for _, name := range []string{"requirements.in", "sources.txt", "debian.txt"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		pins = append(pins, text...)
	}
	names := map[string]bool{}
	for _, k := range Cases {
		if names[k.Name] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`).MatchString(k.Name) {
			t.Errorf("the name %q is not one of its own", k.Name)
		}
		names[k.Name] = true
		if k.What == "" || k.Data == nil || k.Ours == nil || len(k.Quality) == 0 || len(k.Peer.Settings) == 0 {
			t.Errorf("%s: a field is empty", k.Name)
		}
		if k.Peer.Go != nil { // linked in the version of go.mod
			if k.Peer.Script != "" || FindPeer(Cases)(k.Peer.Function) == nil {
				t.Errorf("%s: the function in Go is not found, or has a script as well", k.Name)
			}
			continue
		}
		script, err := os.ReadFile(filepath.Join(folder, k.Peer.Script))
		if err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(script), "@benchworker.function\ndef "+k.Peer.Function+"(") {
			t.Errorf("%s: %s has no function %s", k.Name, k.Peer.Script, k.Peer.Function)
		}
		for _, s := range k.Peer.Settings {
			name := k.Peer.chosen(s.Name).Package
			if !strings.Contains(string(script), `"`+name+`"`) || !strings.Contains(string(pins), "\n"+name+"==") {
				t.Errorf("%s: %s is not served by its script, or not pinned", k.Name, name)
			}
		}
	}
	for name := range names {
		if Find(Cases)(name) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// The whole table runs on a few rows, with Flatland standing in for the peers: then both sides have the same quality, but where the
// peer has one function for several of ours: the first of them stands in.
func TestEveryCaseRuns(t *testing.T) {
	testenv.Unraced(t)
	c := testConfig("cases", "")
	c.Rows, c.Rule = 100, func(float64) Repeat { return Repeat{Pairs: 1} }
	c.Peer = as
	const seeds = 2 // show what five do
	for _, k := range Cases {
		k.Seeds, k.Peer.Seeds = min(k.Seeds, seeds), min(k.Peer.Seeds, seeds)
		t.Run(k.Name, func(t *testing.T) {
			o := measured(t, c, k)
			if o.Ours.Err != nil || o.Peer.Err != nil || o.OneCore.Err != nil {
				t.Fatal(o.Ours.Err, o.Peer.Err, o.OneCore.Err)
			}
			first := slices.IndexFunc(Cases, func(c Case) bool { return c.Peer.Script == k.Peer.Script && c.Peer.Function == k.Peer.Function })
			same := reflect.ValueOf(Cases[first].Ours).Pointer() == reflect.ValueOf(k.Ours).Pointer()
			for i, m := range k.Quality {
				if len(o.Ours.Quality[i]) != max(1, k.Seeds) || same && !m.Varies && o.Ours.Quality[i][0] != o.Peer.Quality[i][0] {
					t.Errorf("%s: %v and %v", m.Name, o.Ours.Quality[i], o.Peer.Quality[i])
				}
			}
		})
	}
}
