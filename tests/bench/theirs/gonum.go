// Package theirs holds the side of peers in Go, one function a method, as package ours does.
package theirs

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Gonum is the path of gonum's module.
const Gonum = "gonum.org/v1/gonum"

// Versions returns those of the modules that are peers, as this program was linked with them.
func Versions() map[string]string {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == Gonum {
				versions[Gonum] = strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return versions
}

// GonumPCA finds all principal components and the rows in their coordinates. The matrix of float64 that gonum takes is made when the
// data are first asked for.
func GonumPCA(_ context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	x := doubled(in[0])
	var pc stat.PC
	if !pc.PrincipalComponents(x, nil) {
		return wire.Result{}, errors.New("gonum finds no principal components")
	}
	var vectors, z mat.Dense
	pc.VectorsTo(&vectors)
	n, d := x.Dims()
	centered := mat.DenseCopyOf(x)
	for j := range d {
		mean := stat.Mean(mat.Col(nil, j, x), nil)
		for i := range n {
			centered.Set(i, j, centered.At(i, j)-mean)
		}
	}
	z.Mul(centered, &vectors)
	return wire.Result{Arrays: []wire.Output{output("components", mat.DenseCopyOf(vectors.T())), output("map", &z)}}, nil
}

var doubles sync.Map // of *mat32.Dense: inputs live as long as the process

func doubled(x *mat32.Dense) *mat.Dense {
	if y, ok := doubles.Load(x); ok {
		return y.(*mat.Dense)
	}
	y := mat.DenseCopyOf(x)
	doubles.Store(x, y)
	return y
}

func output(name string, m *mat.Dense) wire.Output {
	n, d := m.Dims()
	return wire.Output{Name: name, Rows: n, Columns: d, Values: m.RawMatrix().Data}
}
