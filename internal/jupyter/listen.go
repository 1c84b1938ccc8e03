package jupyter

import (
	"os"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// What a page sends goes through the Jupyter server to the kernel, as a message of the kind that widgets use, and from there through the pipe
// to the running cell, if the cell has asked for the address. Asked the first time, GoNB gives the page a script that opens a socket for it,
// globalThis.gonb_comm; until that has happened, 3 s at most, it reads nothing else from the pipe.

// Headless reports whether nobody is looking: FLATLAND_HEADLESS is 1, as in a run whose outputs are saved.
func Headless() bool { return os.Getenv("FLATLAND_HEADLESS") == "1" }

// Kernel returns what a Jupyter server calls the kernel of the running cell, or "" where no page can reach it: outside a notebook, in a headless
// run, and where a program other than a Jupyter server started the kernel, as nbconvert and nbclient do.
func Kernel() string {
	if !Connected() || Headless() {
		return ""
	}
	return os.Getenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV)
}

// listeners are those whom pages may address.
var listeners struct {
	sync.Mutex
	at map[string]chan any
}

// Listen returns what pages send to the address until stop is called: a bool, float64, string, []any or map[string]any each. What comes faster
// than it is received may be lost, the oldest first. Listen returns before the kernel hears of it; other outputs may wait for that. After stop,
// which must be called before the cell ends and may be called again, the kernel passes nothing on once it has acknowledged another output.
// Only one may listen at an address.
func Listen(address string) (said <-chan any, stop func(), err error) {
	c := make(chan any, 16)
	listeners.Lock()
	if listeners.at == nil {
		listeners.at = map[string]chan any{}
	}
	listeners.at[address] = c
	listeners.Unlock()
	stop = sync.OnceFunc(func() {
		listeners.Lock()
		delete(listeners.at, address)
		listeners.Unlock()
		_ = subscribe(address, true) // a kernel that cannot be told has nothing to say either
	})
	if err := subscribe(address, false); err != nil {
		stop()
		return nil, nil, err
	}
	return c, stop, nil
}

func subscribe(address string, end bool) error {
	return exchange(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMECommSubscribe: &protocol.CommSubscription{Address: address, Unsubscribe: end},
	}}, false)
}

// hear passes what pages send on to our listeners, and the rest to who heard it before us: GoNB's own widgets.
func hear() {
	next := gonbui.OnCommValueUpdate
	gonbui.OnCommValueUpdate = func(message *protocol.CommValue) {
		listeners.Lock()
		c, ours := listeners.at[message.Address]
		listeners.Unlock()
		if !ours {
			if next != nil {
				next(message)
			}
			return
		}
		for { // alone: there is one reader of the pipe
			select {
			case c <- message.Value:
				return
			default:
			}
			select {
			case <-c:
			default:
			}
		}
	}
}
