package similarity

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Matrix measures all pairs of a list of representations, such as the layers of a network:
// those of one list Among themselves, or Between two.
//
//	m, err := similarity.Matrix{Names: names}.Among(ctx, layers...)
//	viz.Heatmap(m, viz.Cells{Rows: m.Rows, Columns: m.Columns, Name: m.Name})
//
// What concerns one representation alone, such as its factors or its neighbours, is done
// once, not once for every pair, by measures that can: those of kernels, canonical
// correlations, shapes, dissimilarities, neighbours and regression. Those that are the same
// both ways measure each pair once. Every value is, but for rounding, what Compare gives
// for the pair.
//
// The cost is that of the measure for each pair, less what is done once; memory is what the
// measure keeps of all representations at once, for CKA their rows in their precision.
type Matrix struct {
	// Measure compares two representations. Default CKA{}, linear and biased.
	Measure Measure

	// Names are those of the layers, of down where there are two lists, and Across of the
	// others. Default their numbers, from 0.
	Names, Across []string
}

const matrixMethod = "similarity.Matrix"

// Resolve returns the options with defaults filled in, whatever n and d are.
func (m Matrix) Resolve(n, d int) (Matrix, error) {
	if m.Measure == nil {
		m.Measure = CKA{}
	}
	return m, nil
}

// Pairs is what Matrix returns, and a mat.Matrix of the values.
type Pairs struct {
	Name          string            // of the measure
	Convention    string            // of the measure, for the first pair
	Rows, Columns []string          // the names of the layers
	Scores        [][]measure.Score // of every row and column, without PerRow; of what is the same both ways, [j][i] is [i][j]
}

// Dims returns how many layers there are down and across.
func (p *Pairs) Dims() (rows, columns int) { return len(p.Rows), len(p.Columns) }

// At returns the value of layer i compared, as x, with layer j, as y.
func (p *Pairs) At(i, j int) float64 { return p.Scores[i][j].Value }

// T returns the transpose.
func (p *Pairs) T() mat.Matrix { return mat.Transpose{Matrix: p} }

// Layers returns Rows and Columns.
func (p *Pairs) Layers() (rows, columns []string) { return p.Rows, p.Columns }

// Caption says under a chart what the values are.
func (p *Pairs) Caption() string { return p.Name + ": " + p.Convention }

// Table returns what a cell.Table takes: the header, and a row of values for every layer.
func (p *Pairs) Table() (header []string, rows [][]any) {
	header = append([]string{p.Name}, p.Columns...)
	for i, name := range p.Rows {
		row := []any{name}
		for j := range p.Columns {
			row = append(row, p.At(i, j))
		}
		rows = append(rows, row)
	}
	return header, rows
}

// String returns a small table, of the first layers where there are many.
func (p *Pairs) String() string {
	const most = 12
	var b strings.Builder
	rows, columns := p.Dims()
	fmt.Fprintf(&b, "%s of %d × %d layers  %s\n  %-12s", p.Name, rows, columns, p.Convention, "")
	for _, name := range p.Columns[:min(most, columns)] {
		fmt.Fprintf(&b, "  %8.8s", name)
	}
	for i, name := range p.Rows[:min(most, rows)] {
		fmt.Fprintf(&b, "\n  %-12.12s", name)
		for j := range min(most, columns) {
			fmt.Fprintf(&b, "  %8.4g", p.At(i, j))
		}
	}
	if rows > most || columns > most {
		fmt.Fprintf(&b, "\n  and %d rows and %d columns more", max(0, rows-most), max(0, columns-most))
	}
	return b.String()
}

// Among measures every layer against every layer, itself included. Across is ignored.
//
// Errors: *mat32.ParamError for no layers or names that are not one for each; those of the
// measure, naming the layer or the pair; and one that wraps ctx.Err().
func (m Matrix) Among(ctx context.Context, layers ...mat.Matrix) (*Pairs, error) {
	list, err := named("Names", m.Names, layers)
	if err != nil {
		return nil, err
	}
	return m.measured(ctx, list, list, true)
}

// Between measures every layer of down, as x, against every layer of across, as y. Errors
// are those of Among.
func (m Matrix) Between(ctx context.Context, down, across []mat.Matrix) (*Pairs, error) {
	x, err := named("Names", m.Names, down)
	if err != nil {
		return nil, err
	}
	y, err := named("Across", m.Across, across)
	if err != nil {
		return nil, err
	}
	return m.measured(ctx, x, y, false)
}

// layer is a representation and its name.
type layer struct {
	name string
	rows mat.Matrix
}

func (m Matrix) measured(ctx context.Context, down, across []layer, same bool) (*Pairs, error) {
	m, _ = m.Resolve(0, 0)
	p := &Pairs{Scores: make([][]measure.Score, len(down))}
	for i, l := range down {
		p.Rows, p.Scores[i] = append(p.Rows, l.name), make([]measure.Score, len(across))
	}
	for _, l := range across {
		p.Columns = append(p.Columns, l.name)
	}
	compare := func(i, j int) (measure.Score, error) { return m.Measure.Compare(ctx, down[i].rows, across[j].rows) }
	if one, ok := m.Measure.(preparer); ok {
		x, y, err := prepareAll(ctx, one, down, across, same)
		if err != nil {
			return nil, err
		}
		compare = func(i, j int) (measure.Score, error) { return x[i].against(ctx, y[j]) }
	}
	half := same && symmetric(m.Measure)
	stage := watch.Start(ctx, "pairs of layers: rows", len(down))
	for i := range down {
		for j := range across {
			if half && j < i {
				p.Scores[i][j] = p.Scores[j][i]
				continue
			}
			s, err := compare(i, j)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %s as x, %s as y: %w", matrixMethod, down[i].name, across[j].name, err)
			}
			s.PerRow = nil
			p.Scores[i][j] = s
		}
		stage.Add(1)
	}
	p.Name, p.Convention = p.Scores[0][0].Name, p.Scores[0][0].Convention
	return p, nil
}

// named returns the layers with their names.
func named(field string, names []string, layers []mat.Matrix) ([]layer, error) {
	if len(layers) == 0 {
		return nil, &mat32.ParamError{Method: matrixMethod, Param: "layers", Value: 0, Want: "at least one"}
	}
	if len(names) != 0 && len(names) != len(layers) {
		return nil, &mat32.ParamError{Method: matrixMethod, Param: field, Value: len(names), Want: fmt.Sprintf("one for each of %d layers", len(layers))}
	}
	list := make([]layer, len(layers))
	for i, rows := range layers {
		list[i] = layer{fmt.Sprint(i), rows}
		if len(names) > 0 {
			list[i].name = names[i]
		}
		if rows == nil {
			return nil, fmt.Errorf("%s: layer %s: %w", matrixMethod, list[i].name, mat32.ErrEmpty)
		}
	}
	return list, nil
}

// prepareAll prepares every layer once. Each is checked as x and as y, against the widest of
// the others, for that is what needs most.
func prepareAll(ctx context.Context, m preparer, down, across []layer, same bool) (x, y []prepared, err error) {
	widest := func(layers []layer) layer {
		at, most := 0, 0
		for i, l := range layers {
			if _, d := l.rows.Dims(); d > most {
				at, most = i, d
			}
		}
		return layers[at]
	}
	left, right := widest(down), widest(across)
	for _, l := range across {
		if err := m.check(ctx, left.rows, l.rows); err != nil {
			return nil, nil, fmt.Errorf("%s: %s as x, %s as y: %w", matrixMethod, left.name, l.name, err)
		}
	}
	for _, l := range down {
		if same && symmetric(m) {
			break // which has been done
		}
		if err := m.check(ctx, l.rows, right.rows); err != nil {
			return nil, nil, fmt.Errorf("%s: %s as x, %s as y: %w", matrixMethod, l.name, right.name, err)
		}
	}
	stage := watch.Start(ctx, "layers", len(down))
	each := func(layers []layer) (list []prepared, err error) {
		for _, l := range layers {
			p, err := m.prepare(ctx, l.name, l.rows)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", matrixMethod, err)
			}
			list = append(list, p)
			stage.Add(1)
		}
		return list, nil
	}
	if x, err = each(down); err != nil || same {
		return x, x, err
	}
	stage = watch.Start(ctx, "layers across", len(across))
	y, err = each(across)
	return x, y, err
}

// symmetric reports whether x compared with y is y compared with x. Others are measured both
// ways.
func symmetric(m Measure) bool {
	switch m.(type) {
	case CKA, HSIC, CCA, SVCCA, Procrustes, ShapeDistance, RSA, MutualKNN, LCSKNN, EditKNN, MatchUnits:
		return true
	}
	return false
}
