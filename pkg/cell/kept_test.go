package cell

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeptResultsAreListed(t *testing.T) {
	dir := own(t)
	if all := Kept(); len(all) != 0 || !strings.Contains(all.String(), "0 results") {
		t.Errorf("an empty store lists %v", all)
	}
	Fit(Mean{}, rows())
	Estimate(Mean{Power: 2}, rows())
	Compare(Mean{}, rows(), rows())
	Keep(On(1), func(context.Context) ([]byte, error) { return make([]byte, 3000), nil })
	if err := os.WriteFile(filepath.Join(dir, "old"+keptEnding), []byte("flatland kept 1\n..."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "foreign"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	days := map[string]time.Duration{"cell.Keep": time.Minute, "cell.Mean, 2 × 2": time.Hour, "cell.Mean, 2 × 2, 2 × 2": 5 * 24 * time.Hour, unreadable: 100 * time.Hour}
	for _, r := range Kept() {
		used := now.Add(-days[r.What])
		if err := os.Chtimes(r.path, used, used); err != nil {
			t.Fatal(err)
		}
	}
	all := Kept()
	var names []string
	for _, r := range all {
		names = append(names, r.What)
		info, err := os.Stat(r.path)
		if err != nil || info.Size() != r.Bytes || info.Size() == 0 {
			t.Errorf("%+v: %v", r, err)
		}
		if old := now.Sub(r.Made); r.What != unreadable && old > time.Minute {
			t.Errorf("%s was made %v ago", r.What, old)
		}
	}
	if got, want := strings.Join(names, "; "), "cell.Keep; cell.Mean, 2 × 2; cell.Mean, 2 × 2; unreadable; cell.Mean, 2 × 2, 2 × 2"; got != want {
		t.Errorf("listed are %s, want %s", got, want)
	}
	if s := all.String(); !strings.HasPrefix(s, "kept                     size      age  last used\n") || !strings.Contains(s, "5 d ago\n5 results") || !strings.Contains(s, "KiB  0 s") {
		t.Errorf("the table is\n%s", s)
	}

	t.Setenv("FLATLAND_HEADLESS", "1")
	before := Kept().String()
	for _, r := range all {
		if err := os.Chtimes(r.path, now, now.Add(-time.Duration(len(r.What))*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if after := Kept().String(); after != before || strings.Contains(after, "ago") || !strings.Contains(after, "cell.Keep                3.03 KiB\n") {
		t.Errorf("a headless run lists\n%s\nand later\n%s", before, after)
	}
}

func TestForgetting(t *testing.T) {
	dir := own(t)
	fill := func() {
		Fit(Mean{}, rows())
		Estimate(Mean{Power: 2}, rows())
		Compare(Mean{}, rows(), rows())
		Keep(On(1), func(context.Context) (int, error) { return 1, nil })
	}
	for _, c := range []struct {
		what []string
		left int
		err  string
	}{
		{nil, 0, ""},
		{[]string{"cell.Keep"}, 3, ""},
		{[]string{"Mean", "cell.Keep"}, 0, ""},
		{[]string{"2 × 2, 2 × 2"}, 3, ""},
		{[]string{"dr.TSNE"}, 4, `cell.Forget: nothing that is kept is called "dr.TSNE"`},
		{[]string{"cell.Keep", "dr.TSNE"}, 4, `cell.Forget: nothing that is kept is called "dr.TSNE"`},
	} {
		fill()
		err := Forget(c.what...)
		if said := ""; err != nil && err.Error() != c.err || err == nil && c.err != said {
			t.Errorf("%q: %v, want %q", c.what, err, c.err)
		}
		if n := len(list(t, dir)); n != c.left {
			t.Errorf("%q: %d results are left, want %d", c.what, n, c.left)
		}
	}
}

func TestSizesAndAgesInWords(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "0.977 KiB", 1536: "1.50 KiB", 40 << 20: "40 MiB", 3 << 40: "3 TiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: got %q, want %q", bytes, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-time.Second: "0 s", 59 * time.Second: "59 s", time.Hour - 1: "59 min", 47 * time.Hour: "47 h", 48 * time.Hour: "2 d"} {
		if got := ago(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
