package nbtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"
)

// kernelName is the name under which GoNB installs itself; notebooks name it as their kernel.
const kernelName = "gonb"

// Install installs the GoNB kernel into a Jupyter data folder (JUPYTER_DATA_DIR, such as ~/.local/share/jupyter), so that the notebooks of a
// Jupyter server that uses this folder import o.Modules without a path cell. The kernel keeps the network. Of the options, Modules and Env
// count. It is an error of type [*MissingError] when GoNB is not there.
func Install(ctx context.Context, dir string, o Options) error {
	o, err := o.resolve(ctx)
	if err != nil {
		return err
	}
	t, err := findTools(ctx, o.Modules[0])
	if err != nil {
		return err
	}
	// Go removes the tools of a module from its cache when they were not used for days, which is no place for what a kernel calls.
	if t.cached {
		if t.goimports, err = copied(filepath.Join(dir, "kernels", kernelName), t.goimports); err != nil {
			return err
		}
	}
	// The kernel looks for goimports and gopls on PATH, and Jupyter fills in the rest of it.
	path := filepath.Dir(t.goimports) + string(os.PathListSeparator) + "${PATH}"
	return install(ctx, dir, t, o.Modules, append([]string{"PATH=" + path, "GOFLAGS=" + goflags(ctx)}, escaped(o.Env)...))
}

// copied puts a program into a folder, which it makes, and returns its new path.
func copied(folder, program string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	code, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(folder, filepath.Base(program))
	return path, os.WriteFile(path, code, 0o755)
}

// install has GoNB write its kernel.json, and adds the environment. Values may refer to Jupyter's own environment as ${NAME}.
func install(ctx context.Context, dir string, t tools, modules, env []string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	gonb := exec.CommandContext(ctx, t.gonb, "--install", "--force_deps", "--raw_error", "-go_work="+strings.Join(modules, ","))
	gonb.Env = append(os.Environ(), "JUPYTER_DATA_DIR="+dir)
	if said, err := gonb.CombinedOutput(); err != nil {
		return fmt.Errorf("nbtest: installing the kernel with %s (v0.11.4 is needed): %w\n%s", gonb, err, said)
	}
	path := filepath.Join(dir, "kernels", kernelName, "kernel.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("nbtest: the kernel did not install itself: %w", err)
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("nbtest: %s: %w", path, err)
	}
	vars := map[string]string{}
	for _, v := range env {
		key, value, _ := strings.Cut(v, "=")
		vars[key] = value
	}
	spec["env"] = vars
	if text, err = json.MarshalIndent(spec, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// escaped protects the values of environment variables from Jupyter, which fills in what looks like a reference to another.
func escaped(env []string) []string {
	out := make([]string, len(env))
	for i, v := range env {
		key, value, _ := strings.Cut(v, "=")
		out[i] = key + "=" + strings.ReplaceAll(value, "$", "$$")
	}
	return out
}

// goflags are the user's own, without those that a workspace refuses, and with the two that suit cells: a program without symbol tables links
// in half the time, and a panic's stack keeps its lines without them; and there is no repository to stamp it with.
func goflags(ctx context.Context) string {
	set, _ := exec.CommandContext(ctx, "go", "env", "GOFLAGS").Output() // none, if go does not say
	kept := []string{}
	for _, flag := range quotedFields(string(set)) {
		if !strings.HasPrefix(strings.TrimLeft(flag, `-'"`), "mod") { // -mod and -modfile
			kept = append(kept, flag)
		}
	}
	return strings.Join(append(kept, "-buildvcs=false", "'-ldflags=-s -w'"), " ")
}

// quotedFields cuts GOFLAGS at spaces as Go does: a flag with a space in it stands in quotes, which stay.
func quotedFields(text string) []string {
	quote := rune(0)
	return strings.FieldsFunc(text, func(r rune) bool {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		}
		return quote == 0 && unicode.IsSpace(r)
	})
}

// offline is the environment that keeps the kernel, Go and the cells from the network as far as an environment can: Go downloads nothing,
// neither modules nor toolchains, and a program that honours proxies is sent to a port that nobody serves.
func offline() []string {
	env := []string{
		"GOPROXY=off", "GOPRIVATE=", "GONOPROXY=none", "GONOSUMDB=*", "GOVCS=*:off", "GOTOOLCHAIN=local", "NO_PROXY=", "no_proxy=",
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env = append(env, name+"=http://127.0.0.1:9", strings.ToLower(name)+"=http://127.0.0.1:9")
	}
	return env
}
