package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxLine = 1 << 20
	goodbye = 5 * time.Second // that a worker has to end after its last run
)

// Worker is a process that measures.
type Worker struct {
	Hello

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  *bufio.Scanner
	said   *tail
	closed bool
}

// Start starts command as a worker and waits for its hello. The process is killed when ctx is done.
func Start(ctx context.Context, command []string) (*Worker, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = goodbye
	w := &Worker{cmd: cmd, said: new(tail)}
	cmd.Stderr = w.said
	var err error
	if w.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.lines = bufio.NewScanner(stdout)
	w.lines.Buffer(nil, maxLine)
	if err := w.read(&w.Hello); err != nil {
		w.Close()
		return nil, err
	}
	if w.Protocol != Protocol {
		w.Close()
		return nil, fmt.Errorf("the worker speaks protocol %d, want %d", w.Protocol, Protocol)
	}
	return w, nil
}

// Run asks for one run. After an error that is not a *Refusal the worker is of no more use.
func (w *Worker) Run(q Request) (*Reply, error) {
	b, err := line(q)
	if err != nil {
		return nil, err
	}
	if _, err := w.stdin.Write(b); err != nil {
		return nil, w.died(err)
	}
	var reply Reply
	if err := w.read(&reply); err != nil {
		return nil, err
	}
	if reply.Error != "" {
		return nil, &Refusal{reply.Error}
	}
	if !(reply.Seconds > 0) {
		return nil, fmt.Errorf("the worker says that it took %v s", reply.Seconds)
	}
	return &reply, nil
}

// Refusal is an error that a worker reported, and survived.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// read decodes the next line. A line that is not what the protocol says is quoted in the error.
func (w *Worker) read(v any) error {
	if !w.lines.Scan() {
		err := w.lines.Err()
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return w.died(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(w.lines.Bytes()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("the worker said %.80q, which is not what the protocol asks for: %w", w.lines.Text(), err)
	}
	return nil
}

// died says how the process ended, and what it said last.
func (w *Worker) died(err error) error {
	if ended := w.Close(); ended != nil {
		err = ended
	}
	if last := w.said.last(); last != "" {
		return fmt.Errorf("the worker ended (%w): %s", err, last)
	}
	return fmt.Errorf("the worker ended: %w", err)
}

// Memory returns the largest resident set that the process has had, in bytes, or 0 where the system does not tell. It is read
// from the system by process: rusage of a child begins at the size of its parent.
func (w *Worker) Memory() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(text, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// Close ends the worker: by the end of its input, or else by force. It returns the error that the process ended with.
func (w *Worker) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.stdin.Close()
	defer time.AfterFunc(goodbye, func() { w.cmd.Process.Kill() }).Stop()
	for w.lines.Scan() { // Wait must not come before the end of its output
	}
	return w.cmd.Wait()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	const most = 4 << 10
	t.text = t.text[max(0, len(t.text)-most):]
	return len(b), nil
}

// last returns the last line that says something: of a Python traceback, the error.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
