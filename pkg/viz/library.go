package viz

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/flatland-go/flatland/internal/jupyter"
)

// pageScripts are the parts of the script that draws charts with ECharts. Each is a file for one idea, and all are one function's body, so that
// they see each other's names and nobody else does.
//
//go:embed page
var pageScripts embed.FS

// firstScripts and lastScript have their place because they do something when they run; the others only say what things are.
var (
	firstScripts = []string{"library.js", "plot.js"}
	lastScript   = "watch.js"
)

// runtimeScript is a function of the sources of the drawing library, as JavaScript.
var runtimeScript = sync.OnceValue(func() string {
	entries, _ := pageScripts.ReadDir("page") // in the order of their names
	names := slices.Clone(firstScripts)
	for _, e := range entries {
		if name := e.Name(); name != lastScript && !slices.Contains(firstScripts, name) {
			names = append(names, name)
		}
	}
	var b strings.Builder
	b.WriteString("((sources) => {\n")
	for _, name := range append(names, lastScript) {
		code, err := pageScripts.ReadFile("page/" + name)
		if err != nil {
			panic(err) // a name in firstScripts or lastScript that is no file's
		}
		b.Write(code)
	}
	b.WriteString("})")
	return b.String()
})

// Library gives the notebook what its interactive charts are drawn with: Apache ECharts, and the little script that feeds it. Call it once,
// in the first cell; charts that come before it are drawn when it arrives, and without it charts stay pictures. Where every output has a
// page of its own (Google Colab) no output reaches another: there [Chart.Standalone] lets a chart carry it.
//
// ECharts is looked for in these places, and packed into the output (0.5 MB), so that the notebook's page needs no network:
//
//  1. where the environment variable FLATLAND_ECHARTS points: a directory that holds the npm package or its file, or the file
//     echarts.min.js itself;
//  2. flatland/echarts in the user's data directory: XDG_DATA_HOME, or .local/share in the home directory;
//  3. .tools/node_modules of the working directory or of the nearest parent that has it, where Flatland's set-up puts it.
//
// Found in none of them, it is loaded by the page from a content delivery network, in a pinned version with an integrity hash. A notebook
// is saved with that instead of the packed files: the output's metadata carries the html to keep as "saved", beside its kind, "library".
//
// Like [Chart.Show], Library fails the cell by a panic when FLATLAND_ECHARTS points to no such file or the kernel does not answer;
// [LoadLibrary] returns the error. Outside a notebook it does nothing.
func Library() {
	if err := LoadLibrary(); err != nil {
		panic(err)
	}
}

// LoadLibrary is [Library] for programs that handle its error.
func LoadLibrary() error {
	if !jupyter.Connected() {
		return nil
	}
	out, err := libraryOutput()
	if err != nil {
		return err
	}
	return jupyter.Display(out.bundle())
}

// LibraryHTML returns what Library displays as a piece of a page, for pages made outside a notebook, with the same errors. A page needs it
// once, anywhere.
func LibraryHTML() (string, error) {
	out, err := libraryOutput()
	return out.html, err
}

// An output is what Library displays.
type output struct {
	html  string // with the files of this machine in it, where there are any
	saved string // without
	text  string
}

func (o output) bundle() jupyter.Bundle {
	return jupyter.Bundle{
		Data:     map[string]any{"text/html": o.html, "text/plain": o.text},
		Metadata: map[string]any{jupyter.MarkKey: map[string]string{"kind": "library", "saved": o.saved}},
	}
}

// A source tells the page's script where it gets a script: packed in the page, or from a URL.
type source struct {
	Name      string `json:"name"`
	Packed    string `json:"gz,omitempty"` // gzip in base64
	URL       string `json:"url,omitempty"`
	Integrity string `json:"integrity,omitempty"`
}

func libraryOutput() (output, error) {
	code, err := echarts.find()
	if err != nil {
		return output{}, err
	}
	remote := source{Name: echarts.name, URL: echarts.url(), Integrity: echarts.integrity}
	here := remote
	if code != nil {
		packed, err := pack64(code)
		if err != nil {
			return output{}, err
		}
		here = source{Name: echarts.name, Packed: packed}
	}
	out := output{text: "Flatland's charts are drawn with " + echarts.name + "."}
	if out.html, err = loader(here); err != nil {
		return output{}, err
	}
	out.saved, err = loader(remote)
	return out, err
}

// packedScript is the page's script as gzip in base64, less than half as long.
var packedScript = sync.OnceValues(func() (string, error) { return pack64([]byte(uncommented(runtimeScript()))) })

// loader returns a script element that unpacks the page's script and starts it with the given source.
func loader(from source) (string, error) {
	list, err := json.Marshal([]source{from})
	if err != nil {
		return "", fmt.Errorf("viz: %w", err)
	}
	packed, err := packedScript()
	if err != nil {
		return "", err
	}
	return `<script>
(async (sources) => {
const bytes = Uint8Array.from(atob("` + packed + `"), (c) => c.charCodeAt(0));
const code = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
new Function("return " + code)()(sources);
})(` + string(list) + ");\n</script>\n", nil
}

// uncommented drops the lines of a script that are comments, and the space before the others.
func uncommented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "//") {
			b.WriteString(text + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func pack64(code []byte) (string, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", fmt.Errorf("viz: %w", err)
	}
	if _, err := w.Write(code); err != nil {
		return "", fmt.Errorf("viz: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("viz: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
