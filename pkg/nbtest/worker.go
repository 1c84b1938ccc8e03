package nbtest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

//go:embed run.py
var script string

// A worker is a Python process that runs script: it starts the kernel, passes cells to it and outputs back, and writes the page. It judges
// nothing.
type worker struct {
	process *exec.Cmd
	input   io.WriteCloser
	events  chan event // closed when the process has ended or fallen silent
	said    tail       // on stderr, by Python and by the kernel
	kernel  int        // the process group of the kernel, which Jupyter starts outside of the worker's; 0 if none runs
}

// A command is what a worker is told to do.
type command struct {
	Do       string   `json:"do"` // "isolate", "execute" or "export"
	Notebook string   `json:"notebook,omitempty"`
	Folder   string   `json:"folder,omitempty"` // in which the cells run
	Kernel   string   `json:"kernel,omitempty"`
	Patience float64  `json:"patience,omitempty"` // seconds the kernel may take to start and to deliver an output
	Quiet    []string `json:"quiet"`              // lines sent to the kernel before the first cell
	HTML     string   `json:"html,omitempty"`
	Title    string   `json:"title,omitempty"`
	Formulas bool     `json:"formulas"`
}

// An event is what a worker tells.
type event struct {
	Event   string            `json:"event"`
	Index   int               `json:"index"` // of a cell
	Outputs []json.RawMessage `json:"outputs"`
	Status  string            `json:"status"` // of a cell that has ended; "" when a later cell has changed its outputs
	Seconds float64           `json:"seconds"`
	Program string            `json:"program"` // that a cell which complains was compiled from
	Group   int               `json:"group"`
	Error   string            `json:"error"`
}

// startWorker starts a worker. With an attr of its own process group it can be ended whole.
func startWorker(python string, env []string, dir string, attr *syscall.SysProcAttr) (*worker, error) {
	w := &worker{process: exec.Command(python, "-c", script), events: make(chan event)}
	w.process.Env, w.process.Dir, w.process.SysProcAttr, w.process.Stderr = env, dir, attr, &w.said
	w.process.WaitDelay = 5 * time.Second
	input, err := w.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	w.input = input
	go func() {
		defer close(w.events)
		decoder := json.NewDecoder(output)
		for {
			var e event
			if decoder.Decode(&e) != nil {
				return
			}
			w.events <- e
		}
	}()
	return w, nil
}

func (w *worker) tell(c command) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = w.input.Write(append(text, '\n'))
	return err
}

// next waits for the next event, at most until the deadline, unless that is zero. It remembers the kernel's process group.
func (w *worker) next(ctx context.Context, deadline time.Time) (event, error) {
	var late <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case e, ok := <-w.events:
		switch {
		case !ok:
			return e, w.broke("ended without an answer")
		case e.Event == "failed":
			return e, w.broke(e.Error)
		case e.Event == "kernel":
			w.kernel = e.Group
		}
		return e, nil
	case <-late:
		return event{}, errLate
	case <-ctx.Done():
		return event{}, ctx.Err()
	}
}

// errLate says that a deadline has passed.
var errLate = errors.New("nbtest: time is up")

func (w *worker) broke(how string) error {
	return fmt.Errorf("nbtest: Python, which drives Jupyter, failed: %s\n%s", how, w.said.String())
}

// expect waits for the event of that name and passes over others.
func (w *worker) expect(ctx context.Context, name string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		e, err := w.next(ctx, deadline)
		if err != nil || e.Event == name {
			return err
		}
	}
}

// end lets the worker finish, or, when it has been told to hurry or does not, ends it with everything it has started. Nothing stays behind.
func (w *worker) end(hurry bool) {
	_ = w.input.Close()
	ended := make(chan struct{})
	go func() {
		for range w.events { // unread events would keep the process from ending
		}
		close(ended)
	}()
	if !hurry {
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			hurry = true
		}
	}
	if hurry {
		killGroup(w.process.Process.Pid)
	}
	killGroup(w.kernel) // has ended with the worker, unless the worker was ended, or a cell left a process behind
	<-ended
	_ = w.process.Wait() // how it ended says nothing that its events have not said
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailBytes; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(t.text, nil))
}
