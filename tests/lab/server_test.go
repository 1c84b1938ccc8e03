package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/nbtest"
)

// A server is a running JupyterLab.
type server struct {
	address, token string
	scratch        string // the folder that everything of it is in
	notebooks      string // in scratch
}

// start starts JupyterLab, with the kernel that Flatland's users install, on a free port of loopback. Its folders, the store of kept results
// included, are its own, and neither it nor its kernels reach the network. When the test ends so does the server, with all that it started.
func start(ctx context.Context, t *testing.T) server {
	t.Helper()
	tools, _ := testenv.Tools()
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	scratch := t.TempDir()
	s := server{token: hex.EncodeToString(secret), scratch: scratch, notebooks: filepath.Join(scratch, "notebooks")}
	env := os.Environ()
	for variable, folder := range map[string]string{
		"JUPYTER_DATA_DIR": "data", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython",
		"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "FLATLAND_STORE": "store", "TMPDIR": "tmp",
	} {
		path := filepath.Join(scratch, folder)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		env = append(env, variable+"="+path)
	}
	if err := os.Mkdir(s.notebooks, 0o755); err != nil {
		t.Fatal(err)
	}
	// The question whether to fetch news would stand before the notebook.
	quiet := filepath.Join(scratch, "settings", "@jupyterlab", "apputils-extension")
	if err := os.MkdirAll(quiet, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(quiet, "notification.jupyterlab-settings"), []byte(`{"fetchNews": "false", "checkForUpdates": false}`), 0o644); err != nil {
		t.Fatal(err)
	}
	const nowhere = "http://127.0.0.1:9" // a port that nobody serves
	env = append(env, "GOPROXY=off", "GOTOOLCHAIN=local", "HTTP_PROXY="+nowhere, "HTTPS_PROXY="+nowhere, "http_proxy="+nowhere, "https_proxy="+nowhere,
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "FLATLAND_HEADLESS=", "FLATLAND_ECHARTS="+filepath.Join(tools, "node_modules"))
	if err := nbtest.Install(ctx, filepath.Join(scratch, "data"), nbtest.Options{Modules: []string{testenv.Root()}}); err != nil {
		t.Fatal(err)
	}

	// Another program may take the port before the server does; then the server ends, and the next port is tried.
	for range 3 {
		port := freePort(t)
		s.address = fmt.Sprintf("http://127.0.0.1:%d", port)
		log, err := os.Create(filepath.Join(scratch, "server.log"))
		if err != nil {
			t.Fatal(err)
		}
		lab := exec.Command(filepath.Join(tools, "venv", "bin", "jupyter"), "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
			fmt.Sprintf("--port=%d", port), "--ServerApp.port_retries=0", "--IdentityProvider.token="+s.token, "--ServerApp.root_dir="+s.notebooks,
			"--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly")
		lab.Env, lab.Dir, lab.Stdout, lab.Stderr = env, scratch, log, log
		if err := lab.Start(); err != nil {
			t.Fatal(err)
		}
		_ = log.Close()
		ended := make(chan error, 1)
		go func() { ended <- lab.Wait() }()
		t.Cleanup(func() {
			if t.Failed() {
				text, _ := os.ReadFile(log.Name())
				t.Logf("the server says\n%s", text)
			}
			stop(t, lab, ended, scratch)
		})
		if s.answers(ctx, ended) {
			return s
		}
		if text, _ := os.ReadFile(log.Name()); !strings.Contains(string(text), "already in use") {
			t.Fatal("the server does not come up")
		}
	}
	t.Fatal("no port stays free")
	return s
}

// stop ends the server by its process id, as a service manager would, and makes sure that nothing of it, no kernel and no cell, is left.
func stop(t *testing.T, lab *exec.Cmd, ended chan error, scratch string) {
	_ = lab.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(15 * time.Second):
		t.Error("15 s after SIGTERM the server has not ended")
		_ = lab.Process.Kill()
		<-ended
	}
	for range 50 {
		if len(running(scratch)) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("still running: %q", running(scratch))
}

// running lists the commands of the processes that have the folder in their environment; where there is no /proc, none.
func running(scratch string) (commands []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), scratch) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			commands = append(commands, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return commands
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// status is the server's answer to a request, with the token or without, or 0 for none.
func (s server) status(ctx context.Context, path string, known bool) int {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address+path, nil)
	if err != nil {
		return 0
	}
	if known {
		request.Header.Set("Authorization", "token "+s.token)
	}
	direct := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy
	answer, err := direct.Do(request)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// answers waits until the server answers to its token, and reports false when it ends before.
func (s server) answers(ctx context.Context, ended chan error) bool {
	for {
		if s.status(ctx, "/api/status", true) == http.StatusOK {
			return true
		}
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-ctx.Done():
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// add copies a notebook, without its outputs, to the server.
func (s server) add(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var notebook map[string]any
	if err := json.Unmarshal(text, &notebook); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, c := range notebook["cells"].([]any) {
		if cell := c.(map[string]any); cell["cell_type"] == "code" {
			cell["outputs"], cell["execution_count"] = []any{}, nil
		}
	}
	if text, err = json.Marshal(notebook); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.notebooks, filepath.Base(path)), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// kept lists the files of the store of kept results. One that is written again is another file.
func (s server) kept(t *testing.T) map[string]os.FileInfo {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.scratch, "store"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]os.FileInfo)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".kept" {
			continue
		}
		if files[e.Name()], err = e.Info(); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
