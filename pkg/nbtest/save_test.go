package nbtest

import (
	"slices"
	"strings"
	"testing"
)

// TestTidyForgetsTheRun gives one notebook as two runs of it might come: in other pieces and another order, with other numbers, times, folders
// and versions. Tidied, both are the same file.
func TestTidyForgetsTheRun(t *testing.T) {
	chart := chart(t)
	progress := &Output{Kind: "display_data", Data: map[string]any{"text/plain": "50%"}, Metadata: map[string]any{markKey: map[string]any{"kind": "progress"}}}
	raised := func(id string) *Output {
		return &Output{Kind: "error", Rest: map[string]any{
			"ename": "ERROR", "evalue": "# gonb_" + id + "\n./main.go:3: no", "traceback": []any{"# gonb_" + id, "/tmp/" + id + "/gonb_" + id + "/main.go:3"},
		}}
	}
	run := func(count int, version string, outputs ...*Output) *Notebook {
		return &Notebook{
			Cells: []*Cell{{
				Kind: "code", ID: "x", Source: "%%", Count: count, Outputs: outputs,
				Metadata: map[string]any{"tags": []any{"a"}, "execution": map[string]any{"iopub.execute_input": version}},
			}},
			Metadata: map[string]any{
				"title":         "kept",
				"kernelspec":    map[string]any{"name": "gonb", "display_name": "Go " + version},
				"language_info": map[string]any{"name": "go", "version": version},
			},
			Rest: map[string]any{"nbformat": 4},
		}
	}
	one := run(7, "go1.26.8", stream("stdout", "a"), chart, stream("stderr", "at  \x1b[7m[[ Cell [4] Line 2 ]]\x1b[0m /tmp/q/gonb_01234567/main.go:3\n"), stream("stdout", "b\n"), raised("01234567"))
	two := run(3, "go1.27", stream("stderr", "at /var/w/gonb_89abcdef/main.go:3\n"), progress, stream("stdout", "1%\r99%\rab\n"), raised("89abcdef"), chart)
	tidy(one)
	tidy(two)
	first, err := one.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	second, err := two.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("two runs give\n%s\nand\n%s", first, second)
	}
	for _, kept := range []string{`"title": "kept"`, `"id": "x"`, `"a"`, `"execution_count": 1`, `"at main.go:3`, `scatter of 3 points`, `# cell`} {
		if !strings.Contains(string(first), kept) {
			t.Errorf("%s is lost in\n%s", kept, first)
		}
	}
	var kinds []string
	for _, o := range one.Cells[0].Outputs {
		kinds = append(kinds, o.Kind+o.Name)
	}
	if want := []string{"streamstdout", "streamstderr", "display_data", "error"}; !slices.Equal(kinds, want) {
		t.Errorf("the outputs come as %v, want %v", kinds, want)
	}
}

func TestForSavingDropsWhatOnlyARunNeeds(t *testing.T) {
	n := clean(t)
	n.Cells[taggedCell].Metadata["tags"] = []any{"chart", "large-output"}
	tidy(n)
	before, err := n.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	saved, err := forSaving(n)
	if err != nil {
		t.Fatal(err)
	}
	after, err := n.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("the notebook itself was changed")
	}
	library := saved.Cells[libraryCell].Outputs[0]
	if len(library.Data) != 1 || !strings.HasPrefix(library.plain("text/html"), `<script src="https://cdn.example`) {
		t.Errorf("the library is saved as %v", library.Data)
	}
	if library.Mark("kind") != "library" || library.Mark("saved") != "" {
		t.Errorf("the library is saved with the mark %v", library.Metadata)
	}
	large := saved.Cells[taggedCell].Outputs[0]
	if html := large.plain("text/html"); strings.Contains(html, "script") || !strings.Contains(html, large.plain("image/png")) {
		t.Errorf("a large chart is saved as %.80s…", html)
	}
	if usual := saved.Cells[chartCell].Outputs[1].plain("text/html"); !strings.Contains(usual, "script") {
		t.Error("a usual chart loses its interactive part")
	}
}

// TestForSavingTakesTheSmallerChart: with no tag, and whatever the size of the chart that was shown.
func TestForSavingTakesTheSmallerChart(t *testing.T) {
	n := clean(t)
	o := n.Cells[chartCell].Outputs[1]
	small := o.plain("text/html")
	o.Metadata[markKey].(map[string]any)["saved"] = small
	o.Data["text/html"] = small + "<script>" + strings.Repeat("0123456789", 100_000) + "</script>"
	tidy(n)
	saved, err := forSaving(n)
	if err != nil {
		t.Fatal(err)
	}
	if kept := saved.Cells[chartCell].Outputs[1]; kept.plain("text/html") != small || kept.Mark("saved") != "" || kept.Mark("kind") != "chart" {
		t.Errorf("a large chart is saved as %.80s…, with the mark %v", kept.plain("text/html"), kept.Metadata)
	}
	if len(o.plain("text/html")) < 1_000_000 {
		t.Error("the notebook itself was changed")
	}
}

func TestOverwrite(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb": "a\nb", "1%\r2%\n": "2%\n", "1%\r2%": "2%", "a\r\nb\r\n": "a\nb\n", "x\n1\r2\r": "x\n2", "": "",
	} {
		if got := overwrite(text); got != want {
			t.Errorf("overwrite(%q) is %q, want %q", text, got, want)
		}
	}
}
