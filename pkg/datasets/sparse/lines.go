package sparse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
)

const (
	blockSize = 512 << 10
	// So many blocks are read ahead while as many are parsed.
	batchSize = 16
	// No line is longer, of a file that is what it should be.
	longestLine = 256 << 20
)

// fault says what is wrong with a line of a block.
type fault struct {
	line   int // counted from 0 at the block's first
	reason string
}

func faultf(line int, format string, args ...any) *fault {
	return &fault{line: line, reason: fmt.Sprintf(format, args...)}
}

// batch is what was read at a time: blocks of whole lines, and why there are no more.
type batch struct {
	blocks [][]byte
	err    error
}

// parsed is what a block holds.
type parsed[T any] struct {
	value T
	lines int
	fault *fault
}

// eachBlock reads the rest of f, whose next line has the given number, in blocks of whole lines. parse is called for them on many
// goroutines, and returns the value of a block and the number of its lines; take is called with the values in the order of the
// file, on the caller's goroutine, and with the number of the block's first line. The error is of the first line that is wrong,
// of f's reading, ctx's or take's.
func eachBlock[T any](ctx context.Context, f *source.File, line int, parse func(text []byte) (T, int, *fault), take func(value T, line int) error) error {
	stop, halt := context.WithCancel(ctx)
	batches, spent := make(chan batch), make(chan batch, 2)
	spent <- batch{}
	spent <- batch{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		readBatches(stop, f, batches, spent)
	}()
	defer func() {
		halt()
		<-done
	}()
	results := make([]parsed[T], batchSize)
	for {
		var b batch
		select {
		case b = <-batches:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := par.Blocks(ctx, len(b.blocks), 1, func(k, _ int) {
			r := &results[k]
			r.value, r.lines, r.fault = parse(b.blocks[k])
		})
		if err != nil {
			return err
		}
		for k := range b.blocks {
			r := &results[k]
			if r.fault != nil {
				return f.ErrorAt(line+r.fault.line, "", "%s", r.fault.reason)
			}
			if err := take(r.value, line); err != nil {
				return err
			}
			line += r.lines
			*r = parsed[T]{}
		}
		if b.err != nil {
			if errors.Is(b.err, io.EOF) {
				return nil
			}
			return b.err
		}
		spent <- b
	}
}

// readBatches sends the rest of f; the last batch carries io.EOF or what went wrong. It fills the blocks of spent batches again.
func readBatches(ctx context.Context, f *source.File, batches chan<- batch, spent <-chan batch) {
	var rest []byte // of a line that the last block began
	for {
		var b batch
		select {
		case b = <-spent:
		case <-ctx.Done():
			return
		}
		blocks := b.blocks[:cap(b.blocks)]
		b.blocks = b.blocks[:0]
		for k := 0; k < batchSize && b.err == nil; k++ {
			var text []byte
			if k < len(blocks) {
				text = blocks[k]
			}
			text, rest, b.err = readBlock(f, text, rest)
			b.blocks = append(b.blocks, text)
		}
		last := b.err != nil
		select {
		case batches <- b:
		case <-ctx.Done():
			return
		}
		if last {
			return
		}
	}
}

// readBlock fills the memory of block with rest and what follows it in f up to the end of a line, and returns what it read
// beyond that.
func readBlock(f *source.File, block, rest []byte) (text, after []byte, err error) {
	if block == nil {
		block = make([]byte, 0, blockSize)
	}
	block = append(block[:0], rest...)
	for {
		if len(block) == cap(block) {
			if len(block) >= longestLine {
				return nil, nil, f.Errorf("a line is longer than %d MiB: it is no such file", longestLine>>20)
			}
			block = append(block, make([]byte, len(block))...)[:len(block)]
		}
		for len(block) < cap(block) && err == nil {
			var n int
			n, err = f.Read(block[len(block):cap(block)])
			block = block[:len(block)+n]
		}
		switch {
		case errors.Is(err, io.EOF):
			return block, nil, io.EOF
		case err != nil:
			return block[:bytes.LastIndexByte(block, '\n')+1], nil, f.Wrap(err)
		}
		if end := bytes.LastIndexByte(block, '\n') + 1; end > 0 {
			return block[:end], append(rest[:0], block[end:]...), nil
		}
	}
}
