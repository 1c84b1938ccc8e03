package cell

import (
	"context"
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/watch"
)

const (
	// progressDelay keeps work that is soon over from flashing a bar.
	progressDelay = 400 * time.Millisecond
	// progressPeriod is the time between two updates, five a second.
	progressPeriod = 200 * time.Millisecond
)

// bar is the one progress bar of the process. Work inside other work, or beside it, shares it.
var bar progress

// A progress shows the latest event of whatever is under way. The work only leaves its event here: drawing, which may wait for the kernel,
// happens elsewhere.
type progress struct {
	mu     sync.Mutex
	titles []*string // of the works under way, the innermost last
	latest state
	stop   chan struct{} // closed to end the drawing; nil when nothing is drawn
	gone   chan struct{} // closed when the drawing has been wiped out
}

// A state is what the bar says: of what is done, how much, how fast, and how its loss went.
type state struct {
	title  string
	event  watch.Event
	rate   float64       // units a second; 0 where it is not known yet
	left   time.Duration // until the stage is done; 0 where it is not known yet
	losses []float64     // of the stage so far
}

// then returns the state after an event.
func (s state) then(e watch.Event) state {
	if e.Stage != s.event.Stage || e.Total != s.event.Total || e.Done < s.event.Done {
		s.losses = nil
	}
	if e.Loss-e.Loss == 0 && e.Loss != 0 { // a stage that counts alone leaves its loss at zero or NaN
		s.losses = remembered(append(s.losses, e.Loss))
	} else if n := len(s.losses); n > 0 { // the work looks at its loss now and then only
		e.Loss = s.losses[n-1]
	}
	s.event = e
	return s
}

// watch returns a context whose events the bar shows until done is called.
func (p *progress) watch(ctx context.Context, title string) (watched context.Context, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := &title
	p.titles = append(p.titles, name)
	p.latest = state{title: title, event: watch.Event{Loss: math.NaN()}}
	if p.stop == nil {
		if s := screenFor(os.Stderr); s != nil {
			p.stop, p.gone = make(chan struct{}), make(chan struct{})
			go p.draw(s, p.stop, p.gone)
		}
	}
	watched = watch.With(ctx, func(e watch.Event) {
		if e.Note != "" { // a remark, which says nothing of how far the work is
			return
		}
		e.Layout = nil // may only be called while the event is reported
		p.mu.Lock()
		if p.latest.title != title {
			p.latest = state{title: title}
		}
		p.latest = p.latest.then(e)
		p.mu.Unlock()
	})
	return watched, func() { p.finish(name) }
}

func (p *progress) finish(name *string) {
	p.mu.Lock()
	i := slices.Index(p.titles, name)
	p.titles = slices.Delete(p.titles, i, i+1)
	wipe := func() {}
	if n := len(p.titles); n > 0 {
		p.latest = state{title: *p.titles[n-1], event: watch.Event{Loss: math.NaN()}}
	} else {
		wipe = p.end()
	}
	p.mu.Unlock()
	wipe()
}

// hide wipes the bar out.
func (p *progress) hide() {
	p.mu.Lock()
	wipe := p.end()
	p.mu.Unlock()
	wipe()
}

// end ends the drawing and returns what waits for it. The lock is held while it is called, not while it waits.
func (p *progress) end() (wipe func()) {
	stop, gone := p.stop, p.gone
	p.stop, p.gone = nil, nil
	if stop == nil {
		return func() {}
	}
	close(stop)
	return func() { <-gone }
}

// draw shows the latest state on s until stop is closed.
func (p *progress) draw(s screen, stop, gone chan struct{}) {
	defer close(gone)
	select {
	case <-stop:
		return
	case <-time.After(progressDelay):
	}
	tick := time.NewTicker(progressPeriod)
	defer tick.Stop()
	shown := ""
	var speed pace
	for {
		p.mu.Lock()
		now := p.latest
		p.mu.Unlock()
		now.rate, now.left = speed.look(time.Now(), now.event)
		if text := now.String(); text != shown {
			s.show(now)
			shown = text
		}
		select {
		case <-stop:
			s.wipe()
			return
		case <-tick.C:
		}
	}
}

// String returns the state in one line.
func (s state) String() string {
	if line := spark(s.losses); line != "" {
		return s.words() + " " + line
	}
	return s.words()
}

func (s state) words() string {
	var b strings.Builder
	b.WriteString(s.title)
	if s.event.Stage != "" {
		b.WriteString(" · " + s.event.Stage)
	}
	if s.event.Total > 0 {
		fmt.Fprintf(&b, "  %d/%d", s.event.Done, s.event.Total)
	} else if s.event.Done > 0 {
		fmt.Fprintf(&b, "  %d", s.event.Done)
	}
	if s.rate > 0 {
		b.WriteString(", " + perSecond(s.rate))
	}
	if s.left > 0 {
		b.WriteString(", " + remaining(s.left))
	}
	if l := s.event.Loss; l-l == 0 && l != 0 {
		b.WriteString(", loss " + strconv.FormatFloat(l, 'g', 4, 64))
	}
	return b.String()
}

// A screen is where the bar is drawn.
type screen interface {
	show(state)
	wipe()
}

// screenFor returns the screen of this process: an output of the cell in a notebook, else a line of the terminal, else none. A headless
// run has none: of an output that is updated the last state stays in the saved notebook, even an empty one.
func screenFor(stderr *os.File) screen {
	switch {
	case jupyter.Headless():
		return nil
	case jupyter.Connected():
		return &output{id: fmt.Sprintf("flatland-progress-%d-%d", os.Getpid(), time.Now().UnixNano())}
	case columns(stderr) > 0:
		return line{stderr}
	}
	return nil
}

// An output is a display of the notebook that is updated in place.
type output struct {
	id    string
	mute  bool // the kernel does not answer
	drawn bool
}

func (o *output) show(s state) {
	attributes := "" // a bar without a value shows that something goes on
	if s.event.Total > 0 {
		attributes = fmt.Sprintf(` value="%d" max="%d"`, s.event.Done, s.event.Total)
	}
	line := spark(s.losses)
	if line != "" { // blocks are as wide as they are high
		line = ` <span style="font-size:60%">` + line + `</span>`
	}
	// One line, whatever its length: what is below must not jump.
	o.update(`<div style="white-space:nowrap;overflow:hidden"><progress style="width:6em"`+attributes+`></progress> `+html.EscapeString(s.words())+line+`</div>`, s.String())
}

// wipe leaves an output that shows nothing: the kernel has no message to remove one.
func (o *output) wipe() {
	if o.drawn {
		o.update("", "")
	}
}

func (o *output) update(page, plain string) {
	if o.mute {
		return
	}
	err := jupyter.Update(o.id, jupyter.Bundle{
		Data:     map[string]any{"text/html": page, "text/plain": plain},
		Metadata: mark("progress"),
	})
	o.mute, o.drawn = err != nil, true
}

// A line is the last line of a terminal.
type line struct{ f *os.File }

// eraseLine goes to the line's beginning and erases it.
const eraseLine = "\r\x1b[K"

func (l line) show(s state) {
	text := []rune(s.String())
	if width := columns(l.f) - 1; width > 0 && len(text) > width {
		text = text[:width]
	}
	fmt.Fprint(l.f, eraseLine+string(text))
}

func (l line) wipe() { fmt.Fprint(l.f, eraseLine) }
