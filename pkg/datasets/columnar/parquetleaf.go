package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

const exact = 1 << 53 // integers up to it are numbers

// describeLeaf finds out what the values of a column are, and how they become numbers.
func describeLeaf(c *schema.Column, f *field, l *leaf) {
	f.form, f.what = unread, "values of the type "+c.PhysicalType().String()
	logical := c.LogicalType()
	if logical == nil || !logical.IsValid() || logical.IsNone() {
		logical = c.ConvertedType().ToLogicalType(schema.DecimalMetadata{})
	}
	scale := 1.
	switch t := logical.(type) {
	case schema.TimestampLogicalType:
		scale, f.unit = perSecond(t.TimeUnit()), "seconds since 1970-01-01"
		if t.IsAdjustedToUTC() {
			f.unit += " UTC"
		}
	case schema.TimeLogicalType:
		scale, f.unit = perSecond(t.TimeUnit()), "seconds since midnight"
	case schema.DateLogicalType:
		scale, f.unit = 1./86400, "seconds since 1970-01-01"
	case schema.IntervalLogicalType:
		f.what = "intervals of months, days and milliseconds"
		return
	case schema.NullLogicalType:
		f.form, l.number = number, func(any, int) float64 { return math.NaN() }
		return
	}
	decimal, isDecimal := logical.(schema.DecimalLogicalType)
	if isDecimal {
		scale = math.Pow10(int(decimal.Scale()))
	}
	integer, isInteger := logical.(schema.IntLogicalType)
	unsigned := isInteger && !integer.IsSigned()
	switch c.PhysicalType() {
	case parquet.Types.Boolean:
		f.form, l.number = boolean, func(values any, k int) float64 {
			if values.([]bool)[k] {
				return 1
			}
			return 0
		}
	case parquet.Types.Int32:
		f.form = number
		if unsigned {
			l.number = func(values any, k int) float64 { return float64(uint32(values.([]int32)[k])) }
		} else {
			l.number = func(values any, k int) float64 { return float64(values.([]int32)[k]) / scale }
		}
	case parquet.Types.Int64:
		f.form, l.large = number, scale == 1
		if unsigned {
			l.number = func(values any, k int) float64 { return float64(uint64(values.([]int64)[k])) }
		} else {
			l.number = func(values any, k int) float64 { return float64(values.([]int64)[k]) / scale }
		}
	case parquet.Types.Int96: // old times: nanoseconds of a Julian day
		f.form, f.unit = number, "seconds since 1970-01-01"
		l.number = func(values any, k int) float64 {
			v := values.([]parquet.Int96)[k]
			day := float64(binary.LittleEndian.Uint32(v[8:])) - 2440588
			return day*86400 + float64(binary.LittleEndian.Uint64(v[:8]))/1e9
		}
	case parquet.Types.Float:
		f.form, l.number = number, func(values any, k int) float64 { return float64(values.([]float32)[k]) }
	case parquet.Types.Double:
		f.form, l.number = number, func(values any, k int) float64 { return values.([]float64)[k] }
	case parquet.Types.ByteArray:
		switch logical.(type) {
		case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
			f.form = text
		case schema.DecimalLogicalType:
			f.form, l.number = number, func(values any, k int) float64 { return bigEndian(values.([]parquet.ByteArray)[k]) / scale }
		default:
			f.what = "bytes"
		}
	case parquet.Types.FixedLenByteArray:
		_, half := logical.(schema.Float16LogicalType)
		switch {
		case half && c.TypeLength() == 2:
			f.form, l.number = number, func(values any, k int) float64 {
				return float64(float16.FromLEBytes(values.([]parquet.FixedLenByteArray)[k]).Float32())
			}
		case isDecimal:
			f.form, l.number = number, func(values any, k int) float64 { return bigEndian(values.([]parquet.FixedLenByteArray)[k]) / scale }
		default:
			f.what = "bytes"
		}
	}
}

func perSecond(u schema.TimeUnitType) float64 {
	switch u {
	case schema.TimeUnitMillis:
		return 1e3
	case schema.TimeUnitMicros:
		return 1e6
	}
	return 1e9
}

// bigEndian returns a number in two's complement.
func bigEndian(b []byte) float64 {
	if len(b) == 0 {
		return 0
	}
	v := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	out, _ := new(big.Float).SetInt(v).Float64()
	return out
}

// chunk reads a column of a row group.
type chunk struct {
	*leaf
	values file.ColumnChunkReader

	definition, repetition []int16
	at, levels             int // of the levels that were read
	next, count            int // and of the values
	batch                  any // a slice of the physical type
}

const batchLevels = 1 << 12

// fill reads a batch of levels and values. It reports whether there was one.
func (c *chunk) fill() (bool, error) {
	if !c.values.HasNext() {
		return false, c.values.Err()
	}
	if c.definition == nil {
		c.definition, c.repetition = make([]int16, batchLevels), make([]int16, batchLevels)
	}
	var levels int64
	var n int
	var err error
	switch r := c.values.(type) {
	case *file.BooleanColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.Int32ColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.Int64ColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.Int96ColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.Float32ColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.Float64ColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.ByteArrayColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	case *file.FixedLenByteArrayColumnChunkReader:
		levels, n, err = readBatch(c, r.ReadBatch)
	default:
		return false, fmt.Errorf("values of the type %T", c.values)
	}
	if err != nil {
		return false, err
	}
	if levels <= 0 || levels > batchLevels || n > int(levels) || n < 0 {
		return false, errors.New("a page has other numbers of values than it says")
	}
	c.at, c.levels, c.next, c.count = 0, int(levels), 0, n
	return true, nil
}

func readBatch[T any](c *chunk, read func(int64, []T, []int16, []int16) (int64, int, error)) (int64, int, error) {
	if c.batch == nil {
		c.batch = make([]T, batchLevels)
	}
	return read(batchLevels, c.batch.([]T), c.definition, c.repetition)
}

// read appends up to n rows to a column, and returns how many there were.
func (c *chunk) read(to *column, n int) (int, error) {
	rows := 0
	for {
		if c.at == c.levels {
			more, err := c.fill()
			if err != nil || !more {
				return rows, err
			}
		}
		if !c.repeated && c.count == c.levels && to.form != text { // nothing is missing
			k := min(n-rows, c.levels-c.at)
			for range k {
				c.number1(to)
			}
			c.at += k
			rows += k
			if rows == n {
				return rows, nil
			}
			continue
		}
		for ; c.at < c.levels; c.at++ {
			defined := c.defined
			if c.defined > 0 {
				defined = c.definition[c.at]
			}
			if !c.repeated {
				if rows == n {
					return rows, nil
				}
				rows++
				if err := c.value(to, defined); err != nil {
					return rows, err
				}
				continue
			}
			if c.repetition[c.at] == 0 {
				if rows == n {
					return rows, nil
				}
				rows++
				length := int32(0)
				if defined < c.element-1 {
					length = -1
				}
				to.lengths = append(to.lengths, length)
			} else if rows == 0 {
				return rows, errors.New("a list goes on in another row group")
			}
			if defined >= c.element {
				to.lengths[len(to.lengths)-1]++
				if err := c.value(to, defined); err != nil {
					return rows, err
				}
			}
		}
	}
}

// value appends the next value, or that it is missing.
func (c *chunk) value(to *column, defined int16) error {
	if defined < c.defined {
		to.miss()
		return nil
	}
	if c.next >= c.count {
		return errors.New("a page has fewer values than it says")
	}
	if to.form == text {
		to.say(c.batch.([]parquet.ByteArray)[c.next])
		c.next++
		return nil
	}
	c.number1(to)
	return nil
}

// number1 appends the next value, of which there is one.
func (c *chunk) number1(to *column) {
	v := c.number(c.batch, c.next)
	c.next++
	if c.large && (v > exact || v < -exact) {
		to.large = true
	}
	to.put(v)
}
