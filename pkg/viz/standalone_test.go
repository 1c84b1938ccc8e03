package viz

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// TestStandalone: the output carries the library while the notebook runs, and is saved as that of the same chart without it.
func TestStandalone(t *testing.T) {
	code := filepath.Join(t.TempDir(), "echarts.min.js")
	if err := os.WriteFile(code, []byte("exports.version = 'of a test'"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FLATLAND_ECHARTS", code)
	library, err := LibraryHTML()
	if err != nil {
		t.Fatal(err)
	}
	plain := digits(allDigits)
	alone := plain.Standalone()
	without, with := bundle(t, plain), bundle(t, alone)
	if got := with.Data["text/html"].(string); got != without.Data["text/html"].(string)+library {
		t.Error("the output is not the chart's with the library behind it")
	}
	saved := with.Metadata[jupyter.MarkKey].(map[string]string)["saved"]
	if !strings.HasPrefix(saved, `<div data-flatland="scatter"`) || strings.Contains(saved, "flatland.scan =") || outputBytes(saved, with.Data["image/png"].([]byte), with.Data["text/plain"].(string)) > keptBytes {
		t.Errorf("it is saved as %.100q, in %d bytes", saved, len(saved))
	}
	page, err := plain.page()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), library); n != 1 {
		t.Errorf("a saved page carries the library %d times", n)
	}
	if again, err := alone.page(); err != nil || string(again) != string(page) {
		t.Errorf("the page of a chart that stands alone is another: %v", err)
	}
	t.Setenv("FLATLAND_ECHARTS", t.TempDir())
	if _, err := alone.HTML(); err == nil || !strings.Contains(err.Error(), "FLATLAND_ECHARTS") {
		t.Errorf("where there is no library: %v", err)
	}
	if _, err := alone.bundle(); err == nil {
		t.Error("where there is no library the chart is shown without")
	}
	if _, err := plain.HTML(); err != nil {
		t.Errorf("a chart that does not stand alone asks for the library: %v", err)
	}
}
