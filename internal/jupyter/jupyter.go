// Package jupyter speaks to the notebook a program runs in.
//
// It is the only importer of the GoNB kernel's client library, and speaks through it, rather than opening the kernel's pipe a second
// time, because the pipe is one gob stream: a program that also displays with gonbui would corrupt it otherwise.
//
// What is displayed is acknowledged by the kernel before Display returns. GoNB loses what is still in the pipe when a cell's program
// exits, so an output that was merely written may or may not appear.
//
// Outside a notebook every function does nothing and returns nil. All are safe for concurrent use.
package jupyter

import (
	"fmt"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// MarkKey is the metadata key under which everything Flatland displays says what it is. Its value is a map[string]string whose "kind" is
// "chart", "library", "progress", "table", "notice" or "claim"; a chart adds "chart" with the name of its sort ("scatter"), a claim its parts.
const MarkKey = "flatland"

// patience is how long the kernel may take to acknowledge a message. It answers within milliseconds; a kernel that is silent for longer
// has gone, and a cell must not wait for it for ever.
const patience = 10 * time.Second

// A Bundle is one output in all its forms; the front end shows the richest it knows.
type Bundle struct {
	// Data maps a MIME type to its content: a string, a []byte (which reaches the page as base64, so image/png is given as the bytes of
	// the file), or a JSON value made of the types that [Display] lists.
	Data map[string]any
	// Metadata is kept with the output in the saved notebook; its values are of the same types.
	Metadata map[string]any
}

// Connected reports whether the program runs as a cell of a GoNB notebook.
func Connected() bool { return gonbui.IsNotebook }

// Display shows b as an output of the running cell and waits until the kernel has it.
//
// Values may be strings, []byte, bool, int, float64, slices of string, int and float64, maps from string to string, int and float64,
// and []any and map[string]any of these. Any other type is a [*ValueError], found before anything is sent. A kernel that does not answer
// is a [*SilentError].
func Display(b Bundle) error { return send("", b) }

// Update shows b in place of the last output that was given the same id, which must not be empty; the first call creates it. It waits as
// Display does and has the same errors. A saved notebook keeps the last state only.
func Update(id string, b Bundle) error {
	if id == "" {
		return fmt.Errorf("jupyter: Update needs an id")
	}
	return send(id, b)
}

// Sync waits until the kernel has everything sent so far, also by others through gonbui. Display and Update have synced by themselves.
func Sync() error { return exchange(nil, true) }

func send(id string, b Bundle) error {
	if len(b.Data) == 0 {
		return fmt.Errorf("jupyter: a bundle without data shows nothing")
	}
	message := &protocol.DisplayData{
		Data:      make(map[protocol.MIMEType]any, len(b.Data)),
		Metadata:  b.Metadata,
		DisplayID: id,
	}
	for mime, v := range b.Data {
		if err := sendable(mime, v); err != nil {
			return err
		}
		message.Data[protocol.MIMEType(mime)] = v
	}
	for key, v := range b.Metadata {
		if err := sendable(key, v); err != nil {
			return err
		}
	}
	return exchange(message, true)
}

// line is the state of the one connection a process has.
var line struct {
	sync.Mutex
	broken error // the first failure; gonbui does not recover from one either
}

// exchange sends the message, if there is one, and may wait for the acknowledgement of everything sent before.
func exchange(message *protocol.DisplayData, wait bool) error {
	if !Connected() {
		return nil
	}
	line.Lock()
	broken := line.broken
	line.Unlock()
	if broken != nil {
		return broken
	}
	registerOnce.Do(register)
	err := within(patience, func() error {
		if message != nil {
			gonbui.SendData(message)
			if err := gonbui.Error(); err != nil { // Sync would wait for ever after a failed send
				return fmt.Errorf("jupyter: %w", err)
			}
		}
		if !wait {
			return nil
		}
		gonbui.Sync()
		if err := gonbui.Error(); err != nil {
			return fmt.Errorf("jupyter: %w", err)
		}
		return nil
	})
	if err != nil {
		line.Lock()
		line.broken = err
		line.Unlock()
	}
	return err
}

// within runs f and gives up waiting after the limit: gonbui blocks, without a way to cancel, on a pipe nobody reads.
func within(limit time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return &SilentError{Waited: limit}
	}
}

// A SilentError says that the kernel did not acknowledge an output; whether it was shown is unknown.
type SilentError struct{ Waited time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("jupyter: the kernel has not answered for %v", e.Waited)
}
