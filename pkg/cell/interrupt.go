package cell

import (
	"context"
	"os"
	"os/signal"
	"sync"
)

// Context returns the context of the running cell, one for the whole process. The notebook's interrupt button, or Ctrl-C in a terminal,
// cancels it; GoNB kills what still runs five seconds later. A second Ctrl-C ends the program at once.
func Context() context.Context { return interrupt() }

var interrupt = sync.OnceValue(func() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // gives the second interrupt its usual effect back
	return ctx
})
