package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/flatland-go/flatland/tests/bench/wire"
)

// The tests need no Python: this test binary is the workers, too. Started with the name of a role, it plays it.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "role" {
		if err := play(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else every worker takes a second to end under the race detector
	os.Exit(m.Run())
}

// as is the command of a worker that plays role.
func as(role string) []string {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return []string{self, "role", role}
}

// roles are how a worker can be: what it answers to its n-th request, after a hello.
var roles = map[string]func(n int, q wire.Request) string{
	// The seconds that the test asks for: "ours", or "peer" and "setting".
	"ours":  func(n int, q wire.Request) string { return timed("ours", n, q) },
	"peer":  func(n int, q wire.Request) string { return timed("peer", n, q) },
	"shape": func(n int, q wire.Request) string { return result(q, 1, 3, 3*8) },
	"short": func(n int, q wire.Request) string { return result(q, q.Inputs[0].Rows, 1, 4) },
	"crash": func(n int, q wire.Request) string {
		if n < 2 {
			return timed("peer", n, q)
		}
		fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\nMemoryError: boom")
		os.Exit(3)
		return ""
	},
	"garbage": func(int, wire.Request) string { return "Warning: something is deprecated" },
	"extra":   func(int, wire.Request) string { return `{"seconds": 1, "minutes": 2}` },
	"nan":     func(int, wire.Request) string { return `{"seconds": NaN}` },
	"instant": func(int, wire.Request) string { return `{"seconds": 0}` },
	"refuse":  func(int, wire.Request) string { return `{"error": "ImportError: no such module"}` },
	"hang":    func(int, wire.Request) string { time.Sleep(time.Hour); return "" },
}

// greetings are the hellos that are not the usual one.
var greetings = map[string]string{
	"rude":   "Hello?",
	"future": `{"protocol": 99}`,
	"dumb":   "",
}

func play(role string) error {
	greeting, ok := greetings[role]
	switch {
	case ok && greeting == "":
		fmt.Fprintln(os.Stderr, "ModuleNotFoundError: No module named 'peer'")
		os.Exit(1)
	case !ok && roles[role] == nil:
		return wire.Serve(context.Background(), os.Stdin, os.Stdout, wire.Hello{Language: role}, stand(role))
	case !ok:
		greeting = fmt.Sprintf(`{"protocol": %d, "language": "Fake 1", "versions": {"fakelearn": "1.2.3"}}`, wire.Protocol)
	}
	fmt.Println(greeting)
	lines := bufio.NewScanner(os.Stdin)
	for n := 0; lines.Scan(); n++ {
		var q wire.Request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		fmt.Println(roles[role](n, q))
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// stand returns the functions of the role "cases", Flatland's real side, and of "script peer", where Flatland's functions stand in for
// those of a peer.
func stand(role string) func(string) wire.Func {
	if role == "cases" {
		return Find(Cases)
	}
	return func(name string) wire.Func {
		for _, k := range Cases {
			if k.Peer.Script+" "+k.Peer.Function == role+" "+name {
				return k.Ours
			}
		}
		return nil
	}
}

// timed notes that side was asked, and answers with the next of the seconds that the test wrote for it.
func timed(side string, n int, q wire.Request) string {
	note, err := os.OpenFile(q.Options["notes"].(string), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(note, "%s %d rows, seed %d, cores %d, setting %v, judged %t\n",
		side, q.Inputs[0].Rows, q.Seed, q.Cores, q.Options["setting"], q.Out != "")
	note.Close()
	list := q.Options[side].([]any)
	seconds := list[min(n, len(list)-1)].(float64)
	if extra, ok := q.Options["slower"].(float64); ok {
		seconds *= extra
	}
	return fmt.Sprintf(`{"seconds": %v, "values": {"answer": %d}}`, seconds, 40+q.Seed)
}

// result answers with an array of the shape given whose file has so many bytes.
func result(q wire.Request, rows, columns, bytes int) string {
	if q.Out == "" {
		return `{"seconds": 1}`
	}
	path := filepath.Join(q.Out, "answer")
	if err := os.WriteFile(path, binary.LittleEndian.AppendUint64(make([]byte, bytes-4), 0)[:bytes], 0o644); err != nil {
		panic(err)
	}
	reply, err := json.Marshal(wire.Reply{Seconds: 1, Arrays: []wire.Array{{Name: "answer", Path: path, Type: "float64", Rows: rows, Columns: columns}}})
	if err != nil {
		panic(err)
	}
	return string(reply)
}
