package table_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/table"
)

// BenchmarkCSV reads numbers as the csv-cloud case of tests/bench has them, and those of all their digits.
func BenchmarkCSV(b *testing.B) {
	for _, c := range []struct {
		name   string
		digits int
	}{{"8 digits", 8}, {"17 digits", 17}} {
		r := rand.New(rand.NewPCG(1, 2))
		text := []byte("a,b,c,d,e,f,g,h\n")
		for range 40_000 {
			for j := range 8 {
				if j > 0 {
					text = append(text, ',')
				}
				text = strconv.AppendFloat(text, r.NormFloat64(), 'g', c.digits, 64)
			}
			text = append(text, '\n')
		}
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := (table.CSV{}).Read(context.Background(), bytes.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
