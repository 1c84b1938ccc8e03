package ours

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

var texts preparation[[]byte]

// Rips computes the barcodes of in[0] from a text of it, which it reads as a part of the work.
func Rips(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	text, err := texts.of(in[0], func() ([]byte, error) {
		var b []byte
		n, _ := in[0].Dims()
		for i := range n {
			for _, v := range in[0].Row(i) {
				b = append(strconv.AppendFloat(b, float64(v), 'g', -1, 32), ' ')
			}
			b[len(b)-1] = '\n'
		}
		return b, nil
	})
	if err != nil {
		return wire.Result{}, err
	}
	x, err := readPoints(text)
	if err != nil {
		return wire.Result{}, err
	}
	r := topology.Rips{MaxDim: o.Int("dim")}
	if t, _ := o["threshold"].(string); t != "" {
		if r.Threshold, err = strconv.ParseFloat(t, 64); err != nil {
			return wire.Result{}, err
		}
	}
	p, err := r.Compute(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	bars, total := 0, 0.
	for _, d := range p.Diagrams[1:] {
		bars += len(d)
		for _, b := range d.Finite() {
			total += b.Length()
		}
	}
	return wire.Result{Values: map[string]float64{"bars": float64(bars), "total": total, "memory": largest()}}, nil
}

// readPoints reads rows of numbers.
func readPoints(text []byte) (*mat32.Dense, error) {
	var values []float32
	rows := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); rows++ {
		for word := range strings.FieldsSeq(lines.Text()) {
			v, err := strconv.ParseFloat(word, 32)
			if err != nil {
				return nil, err
			}
			values = append(values, float32(v))
		}
	}
	if rows == 0 || len(values)%rows != 0 {
		return nil, fmt.Errorf("%d values in %d rows", len(values), rows)
	}
	return mat32.NewDense(rows, len(values)/rows, values), nil
}

// largest returns the largest memory that this process has had, in MiB; 0 where the system does not tell.
func largest() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(text, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kilobytes / 1024
		}
	}
	return 0
}
