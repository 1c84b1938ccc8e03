package bench

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Report is what a run puts into BENCHMARKS.md.
type Report struct {
	Machine  *Machine
	Revision string // of Flatland
	Remark   string // on all figures, for example that they are of a smoke run
	Outcomes []*Outcome
}

// table is one of those in BENCHMARKS.md. The first cell of every row is the name of its case.
type table struct {
	name  string
	heads []string
	right int // columns from this one on hold numbers
	rows  func(o *Outcome, r *Report) [][]string
}

var tables = []table{
	{"speed", []string{"case", "what", "peer", "ours", "peer", "peer ÷ ours", "ours on one core", "peer ÷ that", "pairs", "revision"}, 3, speed},
	{"quality", []string{"case", "measure", "ours", "peer"}, 2, judged},
	{"memory", []string{"case", "ours, at rest", "ours, largest", "ours, ready", "peer, at rest", "peer, largest", "peer, ready"}, 1, memory},
}

func speed(o *Outcome, r *Report) [][]string {
	one, ratio := "", ""
	if o.Case.Peer.Serial {
		one, ratio = seconds(&o.OneCore), ratios(&o.Peer, &o.OneCore)
	}
	name := o.Case.Peer.chosen(o.Setting).Package
	peer := strings.TrimSpace(name + " " + o.Peer.Hello.Versions[name])
	if o.Setting != "" {
		peer += ": " + o.Setting
	}
	return [][]string{{o.Case.Name, o.Case.What, peer, seconds(&o.Ours), seconds(&o.Peer), ratios(&o.Peer, &o.Ours), one, ratio,
		fmt.Sprint(min(len(o.Ours.Seconds), len(o.Peer.Seconds))), r.Revision}}
}

func judged(o *Outcome, _ *Report) (rows [][]string) {
	for m, measure := range o.Case.Quality {
		value := func(s *Side) string {
			if m >= len(s.Quality) || len(s.Quality[m]) == 0 {
				return "–"
			}
			return spread(s.Quality[m], func(v float64) string { return fmt.Sprintf(measure.Format, v) })
		}
		rows = append(rows, []string{o.Case.Name, measure.Name, value(&o.Ours), value(&o.Peer)})
	}
	return rows
}

func memory(o *Outcome, _ *Report) [][]string {
	size := func(bytes int64) string {
		if bytes == 0 {
			return "–"
		}
		return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20))
	}
	ready := func(s *Side) string {
		if s.Ready == 0 {
			return "–"
		}
		return duration(s.Ready)
	}
	return [][]string{{o.Case.Name, size(o.Ours.Idle), size(o.Ours.Largest), ready(&o.Ours), size(o.Peer.Idle), size(o.Peer.Largest), ready(&o.Peer)}}
}

// seconds returns the median time of a side, or why there is none.
func seconds(s *Side) string {
	if s.Err != nil {
		return "failed: " + s.Err.Error()
	}
	if len(s.Seconds) == 0 {
		return "–"
	}
	return duration(median(s.Seconds))
}

// ratios returns how many times as long a took as b, pair by pair.
func ratios(a, b *Side) string {
	var r []float64
	for i := range min(len(a.Seconds), len(b.Seconds)) {
		r = append(r, a.Seconds[i]/b.Seconds[i])
	}
	if len(r) == 0 || a.Err != nil || b.Err != nil {
		return "–"
	}
	return spread(r, significant)
}

// spread prints the median, and the smallest and the largest where there are several that print differently.
func spread(v []float64, print func(float64) string) string {
	middle, least, most := print(median(v)), print(slices.Min(v)), print(slices.Max(v))
	if least == most {
		return middle
	}
	return fmt.Sprintf("%s (%s … %s)", middle, least, most)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// duration prints seconds to three digits.
func duration(s float64) string {
	switch {
	case math.IsNaN(s):
		return "failed"
	case s < 1e-3:
		return significant(s*1e6) + " µs"
	case s < 1:
		return significant(s*1e3) + " ms"
	}
	return significant(s) + " s"
}

// significant prints three digits, and more of what is before the point.
func significant(v float64) string {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%.*f", max(0, 2-int(math.Floor(math.Log10(v)))), v)
}

// Update returns document with the figures of the report in place of those of the cases that were measured. Rows of the others,
// which all lists in their order, stay when they were measured on the same machine in the same way. When they were not, and keep
// is set, that is an error; else they go. What is not between the marks is never changed.
func (r *Report) Update(document string, all []Case, keep bool) (string, error) {
	identity := "Measured on " + r.Machine.identity() + "." + strings.TrimSuffix(" "+r.Remark, " ")
	before, err := block(document, "machine")
	if err != nil {
		return "", err
	}
	same := slices.Contains(strings.Split(before, "\n"), identity)
	if !same && keep && before != "" {
		return "", fmt.Errorf("its other figures are not of this machine and this kind of run (%s); measure all cases", identity)
	}
	if !same {
		before = ""
	}
	document = replace(document, "machine", r.machine(identity, before))
	for _, t := range tables {
		kept, err := block(document, t.name)
		if err != nil {
			return "", err
		}
		if !same {
			kept = ""
		}
		document = replace(document, t.name, t.text(r, kept, all))
	}
	return document, nil
}

const peersBegin, peersEnd = "Peers: ", "."

// machine describes the machine and the libraries, those as well that before names: of what was measured then.
func (r *Report) machine(identity, before string) string {
	versions := map[string]string{}
	for line := range strings.Lines(before) {
		list, ok := strings.CutPrefix(strings.TrimSpace(line), peersBegin)
		if !ok {
			continue
		}
		for entry := range strings.SplitSeq(strings.TrimSuffix(list, peersEnd), ", ") {
			name, version, _ := strings.Cut(entry, " ")
			versions[name] = version
		}
	}
	for _, o := range r.Outcomes {
		if name, version, _ := strings.Cut(o.Peer.Hello.Language, " "); name != "" {
			versions[name] = version
		}
		maps.Copy(versions, o.Peer.Hello.Versions)
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		list = append(list, strings.TrimSpace(name+" "+versions[name]))
	}
	text := identity + "\n\n"
	if len(list) > 0 {
		text += peersBegin + strings.Join(list, ", ") + peersEnd + "\n\n"
	}
	return text + fmt.Sprintf("The machine's own ceiling, 1 → %d cores, on arithmetic that shares nothing: %s times as fast.",
		r.Machine.Cores, spread(r.Machine.Ceiling, significant))
}

// text returns the table: the new rows, and those kept of the cases that were not measured, in the order of all.
func (t *table) text(r *Report, kept string, all []Case) string {
	rows := map[string][]string{} // printed, by case
	for line := range strings.Lines(kept) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| ") {
			rows[name] = append(rows[name], strings.TrimSpace(line))
		}
	}
	for _, o := range r.Outcomes {
		rows[o.Case.Name] = nil
		for _, cells := range t.rows(o, r) {
			rows[o.Case.Name] = append(rows[o.Case.Name], printed(cells))
		}
	}
	lines := []string{printed(t.heads), "|" + strings.Repeat(" --- |", t.right) + strings.Repeat(" ---: |", len(t.heads)-t.right)}
	for _, k := range all {
		lines = append(lines, rows[k.Name]...)
	}
	return strings.Join(lines, "\n")
}

// printed returns a row of a table in Markdown.
func printed(cells []string) string {
	clean := make([]string, len(cells))
	for i, c := range cells {
		clean[i] = strings.ReplaceAll(strings.Join(strings.Fields(c), " "), "|", "\\|")
	}
	return "| " + strings.Join(clean, " | ") + " |"
}

func marks(name string) (begin, end string) {
	return "<!-- " + name + ": written by make bench -->\n", "<!-- end of " + name + " -->"
}

// block returns what stands between the marks of name.
func block(document, name string) (string, error) {
	begin, end := marks(name)
	_, rest, ok := strings.Cut(document, begin)
	text, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("the lines %q and %q are not there in this order", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return strings.TrimSpace(text), nil
}

// replace puts text between the marks of name, which are there.
func replace(document, name, text string) string {
	begin, end := marks(name)
	before, rest, _ := strings.Cut(document, begin)
	_, after, _ := strings.Cut(rest, end)
	return before + begin + text + "\n" + end + after
}

// String returns the tables of the cases that were measured.
func (r *Report) String() string {
	var all []Case
	for _, o := range r.Outcomes {
		all = append(all, o.Case)
	}
	var parts []string
	for _, t := range tables {
		parts = append(parts, t.text(r, "", all))
	}
	return strings.Join(parts, "\n\n")
}
