package nbtest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/internal/testenv"
)

func TestMarkKeyIsTheOneThatIsSet(t *testing.T) {
	if markKey != jupyter.MarkKey {
		t.Errorf("nbtest looks for the mark %q, internal/jupyter leaves %q", markKey, jupyter.MarkKey)
	}
}

// picture is a PNG in base64 that has something to show.
func picture(t testing.TB) string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = uint8(random.Uint32())
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func chart(t testing.TB) *Output {
	picture := picture(t)
	return &Output{
		Kind: "display_data",
		Data: map[string]any{
			"text/html":  `<div><img src="data:image/png;base64,` + picture + `"></div><script>queue.push({"took":"12ms"})</script>`,
			"image/png":  picture,
			"text/plain": "scatter of 3 points",
		},
		Metadata: map[string]any{markKey: map[string]any{"kind": "chart", "chart": "scatter"}},
	}
}

func stream(name, text string) *Output { return &Output{Kind: "stream", Name: name, Text: text} }

func page(html string) *Output {
	return &Output{Kind: "display_data", Data: map[string]any{"text/html": html}}
}

func claimed() *Output {
	return &Output{
		Kind:     "display_data",
		Data:     map[string]any{"text/plain": "A17  Li et al. 2018, Objective Landscapes"},
		Metadata: map[string]any{markKey: map[string]any{"kind": "claim", "system": "A17", "paper": "Li et al. 2018, Objective Landscapes", "of": "nn.MLP", "found": "10", "theirs": "ten"}},
	}
}

// clean is a notebook with which nothing is wrong: a library, words, a chart, a table, a chart that the tag promises, a planned error, a claim.
func clean(t testing.TB) *Notebook {
	code := func(source string, tags []any, outputs ...*Output) *Cell {
		return &Cell{Kind: "code", Source: source, Metadata: map[string]any{"tags": tags}, Outputs: outputs}
	}
	table := &Output{
		Kind:     "display_data",
		Data:     map[string]any{"text/plain": "a b", "text/html": "<table><tr><td>the 8s and 3s of 1990s</td></tr></table>"},
		Metadata: map[string]any{markKey: map[string]any{"kind": "table"}},
	}
	library := &Output{
		Kind: "display_data",
		Data: map[string]any{"text/html": "<script>define.amd " + strings.Repeat("x", 2*maxOutput) + "</script>", "text/plain": "library"},
		Metadata: map[string]any{markKey: map[string]any{
			"kind": "library", "saved": `<script src="https://cdn.example/echarts.js" integrity="sha384-x"></script>`,
		}},
	}
	n := &Notebook{
		Cells: []*Cell{
			{Kind: "markdown", Source: "# Title, 12 ms"},
			code("import (\n\t\"fmt\"\n\tv \"example.org/viz\"\n)\n%%\nv.Library()", nil, library),
			code("func data() int { return 1 }\n%%\nfmt.Println(data())\nv.Scatter(data()).Show()", nil, stream("stdout", "1 of 8s, at 0.95 s.d.\n✓ d = 10\n"), chart(t), claimed()),
			code("%%\nif err := v.Table().Show(); err != nil {\n\tpanic(err)\n}", nil, table),
			code("%%\npicture()", []any{"chart"}, chart(t)),
			code("%%\npanic(1)", []any{"raises-exception"}, stream("stderr", "panic: 1\nexit status 2\n"), &Output{Kind: "error", Rest: map[string]any{"evalue": "exit status 2"}}),
			code("", nil),
		},
		Rest: map[string]any{"nbformat": 4, "nbformat_minor": 5},
	}
	for i, c := range n.Cells {
		if c.runs() {
			c.Count = i
		}
	}
	return n
}

// verdict judges a notebook as if it had just been run. change may change what the run says about itself.
func verdict(t testing.TB, n *Notebook, change func(*trial)) []Problem {
	t.Helper()
	tr := inspection("story.ipynb", n)
	tr.private = []string{"/home/somebody/module"}
	if change != nil {
		change(tr)
	}
	tidy(tr.notebook)
	saved, err := forSaving(tr.notebook)
	if err != nil {
		t.Fatal(err)
	}
	text, err := saved.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	tr.saved, tr.size = saved, len(text)
	return tr.judge(nil)
}

func TestCleanNotebookPasses(t *testing.T) {
	for _, p := range verdict(t, clean(t), nil) {
		t.Error(p)
	}
}

// Cells of clean, by what they do.
const (
	titleCell = iota
	libraryCell
	chartCell
	tableCell
	taggedCell
	raisingCell
)

// TestRules plants one offence at a time in a clean notebook: the rule in question, and no other, must find it, in its cell.
func TestRules(t *testing.T) {
	testenv.Unraced(t)
	set := func(cell int, outputs ...*Output) func(*Notebook) {
		return func(n *Notebook) { n.Cells[cell].Outputs = outputs }
	}
	add := func(cell int, outputs ...*Output) func(*Notebook) {
		return func(n *Notebook) { n.Cells[cell].Outputs = append(n.Cells[cell].Outputs, outputs...) }
	}
	damage := func(change func(*Output)) func(*Notebook) {
		return func(n *Notebook) {
			o := chart(t)
			change(o)
			n.Cells[taggedCell].Outputs = []*Output{o}
		}
	}
	source := func(cell int, text string) func(*Notebook) {
		return func(n *Notebook) { n.Cells[cell].Source = text }
	}
	ends := func(cell int, status string) func(*trial) { return func(t *trial) { t.status[cell] = status } }
	wide := strings.Repeat("0123456789", maxOutput/10)

	for name, fault := range map[string]struct {
		rule string
		cell int // as problems count them
		text string
		edit func(*Notebook)
		run  func(*trial)
	}{
		"error output":       {rule: "error", cell: tableCell + 1, text: "exit status 3", edit: add(tableCell, &Output{Kind: "error", Rest: map[string]any{"evalue": "exit status 3"}})},
		"kernel dies":        {rule: "error", cell: tableCell + 1, text: "kernel died", run: ends(tableCell, dead)},
		"runs too long":      {rule: "error", cell: tableCell + 1, text: "limit", run: ends(tableCell, overrun)},
		"fails silently":     {rule: "error", cell: tableCell + 1, text: "shows no error", run: ends(tableCell, failed)},
		"does not raise":     {rule: "error", cell: raisingCell + 1, text: "raises none", edit: set(raisingCell)},
		"panic called fine":  {rule: "stderr", cell: tableCell + 1, text: "panic: index", edit: add(tableCell, stream("stderr", "panic: index\n\ngoroutine 1\n"))},
		"exit called fine":   {rule: "stderr", cell: tableCell + 1, text: "exit status 3", edit: add(tableCell, stream("stderr", "exit status 3\n"))},
		"signal called fine": {rule: "stderr", cell: tableCell + 1, text: "signal: killed", edit: add(tableCell, stream("stderr", "signal: killed\n"))},
		"shell line fails":   {rule: "stderr", cell: libraryCell + 1, text: "no such file; exit status 2", edit: add(libraryCell, stream("stderr", "ls: no such file\nexit status 2\n"))},
		"never run":          {rule: "run", cell: tableCell + 1, text: "not run", run: ends(tableCell, unrun)},

		"no chart":         {rule: "chart", cell: chartCell + 1, text: "shows no chart", edit: set(chartCell)},
		"one of two":       {rule: "chart", cell: chartCell + 1, text: "calls Show 2 times and shows 1 chart", edit: source(chartCell, "%%\nx.Show()\nerr := y.Show()")},
		"maybe a chart":    {rule: "chart", cell: tableCell + 1, text: "calls Show and shows no chart", edit: func(n *Notebook) { source(tableCell, "%%\nfor range 3 {\n\tx.Show()\n}")(n); set(tableCell)(n) }},
		"tagged, no chart": {rule: "chart", cell: taggedCell + 1, text: "tagged chart", edit: set(taggedCell)},
		"tagged, a table":  {rule: "chart", cell: taggedCell + 1, text: "tagged chart", edit: func(n *Notebook) { n.Cells[taggedCell].Outputs = n.Cells[tableCell].Outputs }},
		"chart, no mark":   {rule: "chart", cell: taggedCell + 1, text: "tagged chart", edit: damage(func(o *Output) { o.Metadata = nil })},
		"chart, no png":    {rule: "chart", cell: taggedCell + 1, text: "no image/png", edit: damage(func(o *Output) { delete(o.Data, "image/png") })},
		"chart, tiny png":  {rule: "chart", cell: taggedCell + 1, text: "PNG of", edit: damage(func(o *Output) { o.Data["image/png"] = "iVBORw0KGgo=" })},
		"chart, torn png":  {rule: "chart", cell: taggedCell + 1, text: "does not decode", edit: damage(func(o *Output) { s := o.plain("image/png"); o.Data["image/png"] = s[:len(s)/8*4] })},
		"chart, no base64": {rule: "chart", cell: taggedCell + 1, text: "not base64", edit: damage(func(o *Output) { o.Data["image/png"] = "***" })},
		"chart, no words":  {rule: "chart", cell: taggedCell + 1, text: "no text/plain", edit: damage(func(o *Output) { o.Data["text/plain"] = " \n" })},
		"chart, no img":    {rule: "chart", cell: taggedCell + 1, text: "no text/html", edit: damage(func(o *Output) { o.Data["text/html"] = "<canvas>" })},

		"unchecked claim": {rule: "claim", cell: tableCell + 1, text: "claims A17", edit: add(tableCell, claimed())},

		"large output": {rule: "size", cell: tableCell + 1, text: "budget of one is 150 kB", edit: add(tableCell, stream("stdout", wide))},
		"very large output": {rule: "size", cell: tableCell + 1, text: "budget of one is 2000 kB", edit: func(n *Notebook) {
			n.Cells[tableCell].Metadata["tags"] = []any{"large-output"}
			o := chart(t)
			o.Data["text/html"] = o.plain("text/html") + "<script>" + strings.Repeat(wide, 15) + "</script>"
			add(tableCell, o)(n)
		}},
		"large without a picture": {rule: "size", cell: tableCell + 1, text: "when saved", edit: func(n *Notebook) {
			n.Cells[tableCell].Metadata["tags"] = []any{"large-output"}
			add(tableCell, stream("stdout", wide))(n)
		}},
		"large kept form": {rule: "size", cell: taggedCell + 1, text: "when saved", edit: damage(func(o *Output) {
			o.Metadata[markKey].(map[string]any)["saved"] = o.plain("text/html") + wide
		})},
		"very large chart": {rule: "size", cell: taggedCell + 1, text: "budget of one is 2000 kB", edit: damage(func(o *Output) {
			o.Metadata[markKey].(map[string]any)["saved"] = o.plain("text/html")
			o.Data["text/html"] = o.plain("text/html") + "<script>" + strings.Repeat(wide, 15) + "</script>"
		})},
		"large notebook": {rule: "size", cell: 0, text: "budget of a notebook", edit: func(n *Notebook) {
			for range 8 {
				n.Cells = append(n.Cells, &Cell{Kind: "markdown", Source: wide})
			}
		}},
		"many charts": {rule: "count", cell: taggedCell + 1, text: "chart 13", edit: func(n *Notebook) {
			for range maxCharts - 1 {
				add(taggedCell, chart(t))(n)
			}
		}},
		"library in a chart": {rule: "library", cell: taggedCell + 1, text: "carries a JavaScript library", edit: damage(func(o *Output) {
			o.Data["text/html"] = o.plain("text/html") + "<script>if(define.amd){}</script>"
		})},
		"packed library": {rule: "library", cell: taggedCell + 1, text: "carries a JavaScript library", edit: damage(func(o *Output) {
			o.Data["text/html"] = o.plain("text/html") + "<script>unpack('H4sI" + strings.Repeat("Ab9+/", longestPacked/4) + "')</script>"
		})},
		"library saved whole": {rule: "library", cell: libraryCell + 1, text: "carries a JavaScript library", edit: func(n *Notebook) {
			n.Cells[libraryCell].Outputs[0].Metadata[markKey].(map[string]any)["saved"] = "<script>define.amd</script>"
		}},

		"milliseconds":      {rule: "time", cell: tableCell + 1, text: `"12ms"`, edit: add(tableCell, stream("stdout", "fit: 12ms\n"))},
		"seconds":           {rule: "time", cell: tableCell + 1, text: `"1.23s"`, edit: add(tableCell, stream("stdout", "fit: 1.23s\n"))},
		"minutes":           {rule: "time", cell: tableCell + 1, text: `"3m2s"`, edit: add(tableCell, stream("stdout", "(3m2s)\n"))},
		"whole seconds":     {rule: "time", cell: tableCell + 1, text: `"took 3s"`, edit: add(tableCell, stream("stdout", "took 3s\n"))},
		"clock":             {rule: "time", cell: tableCell + 1, text: `"12:34:56"`, edit: add(tableCell, stream("stdout", "at 12:34:56\n"))},
		"time in a page":    {rule: "time", cell: tableCell + 1, text: `"2.5 s"`, edit: add(tableCell, page("<b>2.5&nbsp;s</b>"))},
		"time in an answer": {rule: "time", cell: tableCell + 1, text: `"40 seconds"`, edit: add(tableCell, &Output{Kind: "display_data", Data: map[string]any{"text/markdown": "in 40 seconds"}})},

		"a folder of here": {rule: "path", cell: tableCell + 1, text: "/home/somebody/module", edit: add(tableCell, stream("stdout", "read /home/somebody/module/x.csv\n"))},

		"script from afar":  {rule: "network", cell: tableCell + 1, text: "https://cdn.example/x.js", edit: add(tableCell, page(`<script defer src="https://cdn.example/x.js"></script>`))},
		"picture from afar": {rule: "network", cell: tableCell + 1, text: "//cdn.example/x.png", edit: add(tableCell, page(`<img src='//cdn.example/x.png'>`))},
		"import from afar":  {rule: "network", cell: tableCell + 1, text: "https://cdn.example/x.mjs", edit: add(tableCell, page(`<script type="module">import("https://cdn.example/x.mjs")</script>`))},

		"shadowed package": {rule: "shadow", cell: tableCell + 1, text: `declares fmt, which is also the name of the imported package "fmt"`, edit: source(tableCell, "func data2() {}\nvar a, fmt = 1, 2\n%%\nx.Show()")},
		"shadowed alias":   {rule: "shadow", cell: tableCell + 1, text: `"example.org/viz"`, edit: source(tableCell, "type v struct{}\n%%\nx.Show()")},
		"unreadable":       {rule: "shadow", cell: libraryCell + 1, text: "does not parse", edit: source(libraryCell, "%%\nx := := 1")},
	} {
		t.Run(name, func(t *testing.T) {
			n := clean(t)
			if fault.edit != nil {
				fault.edit(n)
			}
			problems := verdict(t, n, fault.run)
			if len(problems) != 1 {
				t.Fatalf("%d problems instead of one: %v", len(problems), problems)
			}
			p := problems[0]
			if p.Rule != fault.rule || p.Cell != fault.cell || !strings.Contains(p.Text, fault.text) {
				t.Errorf("got rule %s, cell %d; want rule %s, cell %d, text with %q:\n%s", p.Rule, p.Cell, fault.rule, fault.cell, fault.text, p)
			}
			if !strings.HasPrefix(p.String(), "story.ipynb: ") {
				t.Errorf("the message does not begin with the notebook's name: %s", p)
			}
		})
	}
}

// TestProblemNamesTheLine takes what GoNB v0.11.4 says about a panic and about a compiler's complaint.
func TestProblemNamesTheLine(t *testing.T) {
	n := &Notebook{Cells: []*Cell{
		{Kind: "code", ID: "a", Count: 1, Source: "func f() {\n\tpanic(\"no\")\n}"},
		{Kind: "markdown"},
		{Kind: "code", ID: "b", Count: 2, Source: "%%\nfmt.Println(3)\nf()", Outputs: []*Output{
			stream("stderr", "panic: no\n\ngoroutine 1 [running]:\nmain.f(...)\n\t \x1b[7m[[ Cell [1] Line 2 ]]\x1b[0m /tmp/x/gonb_2cd3c784/main.go:6\nmain.main()\n\t /tmp/x/gonb_2cd3c784/main.go:12 +0xa5\n"),
			stream("stderr", "exit status 2\n"),
			{Kind: "error", Rest: map[string]any{"ename": "ERROR", "evalue": "exit status 2", "traceback": []any{"exit status 2"}}},
		}},
	}, Rest: map[string]any{"nbformat": 4}}
	program := "package main\n\nimport \"fmt\"\n\nfunc f() {\n\tpanic(\"no\")\n}\n\nfunc main() {\n\tflag.Parse()\nfmt.Println(3)\nf()\n\n}\n"
	keep := func(tr *trial) { tr.programs[2] = program }
	got := verdict(t, n, keep)
	want := "story.ipynb: cell 3 [2] #b (fmt.Println(3)): panic: no (at cell 1, line 2 `panic(\"no\")`) [error]"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("got  %v\nwant [%s]", got, want)
	}

	n.Cells[2].Source = "%%\ncheck(\"two\", 1)\ncheck(\"three\", 2)"
	n.Cells[2].Outputs[0] = stream("stderr", "✗ three in f: got 2, want 3\nexit status 1\n")
	got = verdict(t, n, nil)
	want = "story.ipynb: cell 3 [2] #b (check(\"two\", 1)): line 3 `check(\"three\", 2)`: ✗ three in f: got 2, want 3; exit status 1 [error]"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("got  %v\nwant [%s]", got, want)
	}

	n.Cells[2].Source = "%%\nx := undefined.Thing"
	n.Cells[2].Outputs = []*Output{{Kind: "error", Rest: map[string]any{
		"evalue": "# gonb_2cd3c784\n./main.go:15:1: declared and not used: x\n",
		"traceback": []any{
			"# gonb_2cd3c784",
			"Cell[2]: Line 2\n\nfunc main() {\n\tflag.Parse()\nx := undefined.Thing\n^\n\n\n\x1b[31mdeclared and not used: x\x1b[0m",
			"Cell[2]: Line 2\n\nfunc main() {\n\tflag.Parse()\nx := undefined.Thing\n     ^\n\n\nundefined: undefined", "",
		},
	}}}
	var said []string
	for _, p := range verdict(t, n, nil) {
		said = append(said, p.String())
	}
	place := "story.ipynb: cell 3 [2] #b (x := undefined.Thing): line 2 `x := undefined.Thing`: "
	wanted := place + "declared and not used: x [error]\n" + place + "undefined: undefined [error]"
	if strings.Join(said, "\n") != wanted {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), wanted)
	}
}

func TestClaims(t *testing.T) {
	n := clean(t)
	want := []Claim{{System: "A17", Paper: "Li et al. 2018, Objective Landscapes", Of: "nn.MLP", Found: "10", Theirs: "ten", Count: chartCell}}
	if got := n.Claims(); !slices.Equal(got, want) {
		t.Errorf("claims %+v, want %+v", got, want)
	}
	if held := n.Cells[chartCell].Held(); held != 1 {
		t.Errorf("%d checks held, want 1", held)
	}
}

func TestWithoutLeavesOutTheRuleThatIsNamed(t *testing.T) {
	n := clean(t)
	n.Cells[tableCell].Outputs = append(n.Cells[tableCell].Outputs, stream("stdout", "12ms"))
	tr := inspection("story.ipynb", n)
	saved, err := forSaving(n)
	if err != nil {
		t.Fatal(err)
	}
	tr.saved = saved
	if found := tr.judge([]string{"time"}); len(found) != 0 {
		t.Errorf("left out, the rule still finds %v", found)
	}
	if err := checkRules([]string{"time", "tiem"}); err == nil || !strings.Contains(err.Error(), `"tiem"`) {
		t.Errorf("a misspelt rule is let pass: %v", err)
	}
}

func TestInspectJudgesAFile(t *testing.T) {
	n := clean(t)
	tidy(n)
	saved, err := forSaving(n)
	if err != nil {
		t.Fatal(err)
	}
	saved.Cells[tableCell].Count = 0
	text, err := saved.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "story.ipynb")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	problems, err := Inspect(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || problems[0].Rule != "run" || problems[0].Cell != tableCell+1 {
		t.Errorf("a notebook with one cell that was not run has the problems %v", problems)
	}
}

// TestLongestRun: what is packed begins its piece of base64; the same letters in the middle of a picture are chance.
func TestLongestRun(t *testing.T) {
	for text, want := range map[string]int{
		"":                           0,
		"unpack('H4sIAAAA')":         8,
		"H4sIAA==, H4sIAAAA+/":       10,
		"iVBORw0KGgoH4sIAAAAAAA":     0,
		"iVBORw0KGgoH4sIAA 'H4sIAB'": 6,
	} {
		if got := longestRun(text, "H4sI"); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
