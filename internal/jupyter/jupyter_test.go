//go:build unix

package jupyter

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// The cells below run as processes of their own, as in a notebook: TestMain turns the test binary into the cell that cellVariable names.
const cellVariable = "FLATLAND_TEST_CELL"

var cells = map[string]func() error{
	"many": func() error {
		var wait sync.WaitGroup
		failed := make(chan error, 40)
		for i := range 40 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				failed <- Display(Bundle{Data: map[string]any{"text/plain": fmt.Sprint("output ", i)}})
			}()
		}
		wait.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"bundle": func() error {
		return Display(Bundle{
			Data: map[string]any{
				"text/html": "<b>x</b>",
				"image/png": []byte{0x89, 'P', 'N', 'G'},
				"application/vnd.vegalite.v5+json": map[string]any{
					"data": []any{1, 2.5, "three", true, map[string]any{"deep": []float64{1}}},
				},
			},
			Metadata: map[string]any{MarkKey: map[string]string{"kind": "chart", "chart": "scatter"}},
		})
	},
	"update": func() error {
		for _, s := range []string{"0 %", "50 %", "100 %"} {
			if err := Update("bar", Bundle{Data: map[string]any{"text/plain": s}}); err != nil {
				return err
			}
		}
		return nil
	},
	"beside gonbui": func() error {
		gonbui.DisplayMarkdown("before")
		if err := Display(Bundle{Data: map[string]any{"text/plain": "ours"}}); err != nil {
			return err
		}
		gonbui.DisplayMarkdown("after")
		return Sync()
	},
	"bad value": func() error {
		err := Display(Bundle{Data: map[string]any{"application/json": map[string]any{"a": []any{1, struct{ X int }{}}}}})
		var bad *ValueError
		if !errors.As(err, &bad) {
			return fmt.Errorf("got %v, want a *ValueError", err)
		}
		if want := "application/json.a[1]"; bad.Key != want {
			return fmt.Errorf("got key %q, want %q", bad.Key, want)
		}
		return Display(Bundle{Data: map[string]any{"text/plain": "still connected"}})
	},
	"outside": func() error {
		b := Bundle{Data: map[string]any{"text/plain": "x"}}
		if Connected() {
			return errors.New("connected without a pipe")
		}
		if err := errors.Join(Display(b), Update("id", b), Sync()); err != nil {
			return fmt.Errorf("outside a notebook nothing should happen: %w", err)
		}
		if Update("", b) == nil {
			return errors.New("Update accepted an empty id")
		}
		if Display(Bundle{}) == nil {
			return errors.New("Display accepted an empty bundle")
		}
		return nil
	},
	"listen": func() error {
		const address = "/flatland/test"
		heard := make(chan string, 4)
		gonbui.OnCommValueUpdate = func(message *protocol.CommValue) { heard <- message.Address }
		said, stop, err := Listen(address)
		if err != nil {
			return err
		}
		for _, want := range []any{true, 2.5, "three", []any{4.0, "five"}, map[string]any{"six": 6.0}} {
			select {
			case got := <-said:
				if !reflect.DeepEqual(got, want) {
					return fmt.Errorf("the page said %#v, heard was %#v", want, got)
				}
			case <-time.After(5 * time.Second):
				return fmt.Errorf("not heard: %#v", want)
			}
		}
		if other := <-heard; other != "/somebody/else" {
			return fmt.Errorf("GoNB's own listeners heard %q", other)
		}
		stop()
		stop()
		if len(listeners.at) > 0 {
			return fmt.Errorf("still listening at %v", listeners.at)
		}
		return Sync()
	},
	"unconnected": func() error { return Display(Bundle{Data: map[string]any{"text/plain": "x"}}) },
}

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(cellVariable); ok {
		if err := cells[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0) // at once, as a cell does: nothing may be left in the pipe
	}
	os.Exit(m.Run())
}

// kernel runs the named cell and returns what a GoNB kernel would have received by the time the cell's process ended.
func kernel(t *testing.T, cell string) []protocol.DisplayData {
	t.Helper()
	registerOnce.Do(register)
	dir := t.TempDir()
	there, back := filepath.Join(dir, "there"), filepath.Join(dir, "back")
	for _, fifo := range []string{there, back} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), cellVariable+"="+cell, protocol.GONB_PIPE_ENV+"="+there, protocol.GONB_PIPE_BACK_ENV+"="+back)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	received := make(chan []protocol.DisplayData, 1)
	go func() {
		var all []protocol.DisplayData
		defer func() { received <- all }()
		in, err := os.Open(there)
		if err != nil {
			return
		}
		defer in.Close()
		out, err := os.OpenFile(back, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer out.Close()
		decode, encode := gob.NewDecoder(in), gob.NewEncoder(out)
		for {
			var d protocol.DisplayData
			if err := decode.Decode(&d); err != nil {
				if err != io.EOF {
					t.Errorf("the kernel could not read the pipe: %v", err)
				}
				return
			}
			if c, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue); ok && c.Address == protocol.GonbuiSyncAddress {
				if err := encode.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: c.Value}); err != nil {
					return
				}
				continue
			}
			if asked, ok := d.Data[protocol.MIMECommSubscribe].(protocol.CommSubscription); ok && !asked.Unsubscribe {
				for _, v := range []protocol.CommValue{
					{Address: asked.Address, Value: true}, {Address: asked.Address, Value: 2.5}, {Address: "/somebody/else", Value: "no"},
					{Address: asked.Address, Value: "three"}, {Address: asked.Address, Value: []any{4.0, "five"}},
					{Address: asked.Address, Value: map[string]any{"six": 6.0}},
				} {
					if err := encode.Encode(&v); err != nil {
						return
					}
				}
			}
			all = append(all, d)
		}
	}()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the cell failed: %v\n%s", err, &stderr)
	}
	select {
	case all := <-received:
		return all
	case <-time.After(5 * time.Second):
		t.Fatal("the cell never opened the pipe")
		return nil
	}
}

func TestEveryOutputArrivesBeforeTheCellEnds(t *testing.T) {
	seen := map[any]bool{}
	for _, d := range kernel(t, "many") {
		seen[d.Data["text/plain"]] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d of 40 outputs arrived", len(seen))
	}
}

func TestBundle(t *testing.T) {
	got := kernel(t, "bundle")
	if len(got) != 1 {
		t.Fatalf("got %d messages, want 1", len(got))
	}
	d := got[0]
	if s := fmt.Sprint(d.Data); s != "map[application/vnd.vegalite.v5+json:map[data:[1 2.5 three true map[deep:[1]]]] image/png:[137 80 78 71] text/html:<b>x</b>]" {
		t.Errorf("data: %s", s)
	}
	if _, ok := d.Data["image/png"].([]byte); !ok {
		t.Errorf("image/png arrived as %T; only a []byte becomes base64", d.Data["image/png"])
	}
	mark, _ := d.Metadata[MarkKey].(map[string]string)
	if mark["kind"] != "chart" || mark["chart"] != "scatter" {
		t.Errorf("mark: %v", d.Metadata)
	}
	if d.DisplayID != "" {
		t.Errorf("Display set the id %q", d.DisplayID)
	}
}

func TestUpdate(t *testing.T) {
	got := kernel(t, "update")
	if len(got) != 3 {
		t.Fatalf("got %d messages, want 3", len(got))
	}
	for _, d := range got {
		if d.DisplayID != "bar" {
			t.Errorf("display id %q, want bar", d.DisplayID)
		}
	}
	if last := got[2].Data["text/plain"]; last != "100 %" {
		t.Errorf("last state %v", last)
	}
}

func TestSharesThePipeWithGonbui(t *testing.T) {
	var got []string
	for _, d := range kernel(t, "beside gonbui") {
		for _, v := range d.Data {
			got = append(got, v.(string))
		}
	}
	if s := strings.Join(got, ", "); s != "before, ours, after" {
		t.Errorf("got %s", s)
	}
}

func TestBadValueLeavesTheConnectionWhole(t *testing.T) {
	if got := kernel(t, "bad value"); len(got) != 1 || got[0].Data["text/plain"] != "still connected" {
		t.Errorf("got %v", got)
	}
}

func TestListen(t *testing.T) {
	var asked []protocol.CommSubscription
	for _, d := range kernel(t, "listen") {
		asked = append(asked, d.Data[protocol.MIMECommSubscribe].(protocol.CommSubscription))
	}
	want := []protocol.CommSubscription{{Address: "/flatland/test"}, {Address: "/flatland/test", Unsubscribe: true}}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("the kernel is asked %v, want %v", asked, want)
	}
}

func TestWhatIsNotHeardInTimeGivesWayToNewer(t *testing.T) {
	before := gonbui.OnCommValueUpdate
	defer func() { gonbui.OnCommValueUpdate, listeners.at = before, nil }()
	hear()
	c := make(chan any, 2)
	listeners.at = map[string]chan any{"here": c}
	for i := range 5 {
		gonbui.OnCommValueUpdate(&protocol.CommValue{Address: "here", Value: i})
	}
	if a, b := <-c, <-c; a != 3 || b != 4 {
		t.Errorf("kept %v and %v, want the last two, 3 and 4", a, b)
	}
}

func TestNoPageReachesAKernelWithoutAServer(t *testing.T) {
	connected := gonbui.IsNotebook
	defer func() { gonbui.IsNotebook = connected }()
	for _, c := range []struct {
		notebook     bool
		headless, id string
		want         string
	}{
		{true, "", "abc", "abc"},
		{true, "1", "abc", ""},
		{true, "", "", ""},
		{false, "", "abc", ""},
	} {
		gonbui.IsNotebook = c.notebook
		t.Setenv("FLATLAND_HEADLESS", c.headless)
		t.Setenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV, c.id)
		if got := Kernel(); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestMissingPipeIsAnError(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	missing := filepath.Join(t.TempDir(), "gone")
	cmd.Env = append(os.Environ(), cellVariable+"=unconnected", protocol.GONB_PIPE_ENV+"="+missing, protocol.GONB_PIPE_BACK_ENV+"="+missing)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no such file") {
		t.Errorf("error %v, output %q; want a failure that names the missing pipe", err, out)
	}
}

func TestWithinGivesUp(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	err := within(10*time.Millisecond, func() error { <-release; return nil })
	var silent *SilentError
	if !errors.As(err, &silent) || silent.Waited != 10*time.Millisecond {
		t.Errorf("got %v, want a *SilentError", err)
	}
	if err := within(time.Minute, func() error { return nil }); err != nil {
		t.Errorf("got %v from what finished in time", err)
	}
}

func TestOutsideANotebook(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, protocol.GONB_PIPE_ENV) {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, cellVariable+"=outside")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
