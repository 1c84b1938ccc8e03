package viz

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// streams returns the uncompressed streams of a PDF, in order, after checking that its table of objects points at them.
func streams(t *testing.T, file []byte) (all [][]byte) {
	t.Helper()
	_, tail, _ := bytes.Cut(file, []byte("\nstartxref\n"))
	line, _, _ := bytes.Cut(tail, []byte("\n"))
	start, err := strconv.Atoi(string(line))
	if err != nil || !bytes.HasPrefix(file[start:], []byte("xref\n0 ")) || !bytes.HasSuffix(file, []byte("%%EOF\n")) {
		t.Fatalf("the table of objects is not at %q", line)
	}
	for i, m := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(file[start:], -1) {
		at, err := strconv.Atoi(string(m[1]))
		if err != nil || !bytes.HasPrefix(file[at:], fmt.Appendf(nil, "%d 0 obj\n", i+1)) {
			t.Fatalf("object %d is not at %s", i+1, m[1])
		}
		object, _, _ := bytes.Cut(file[at:], []byte("\nendobj\n"))
		says, data, found := bytes.Cut(object, []byte("\nstream\n"))
		if !found {
			continue
		}
		length := regexp.MustCompile(`/Length (\d+) >>`).FindSubmatch(says)
		n, err := strconv.Atoi(string(length[1]))
		if err != nil || string(data[n:]) != "\nendstream" {
			t.Fatalf("the stream of object %d has not %s bytes", i+1, length[1])
		}
		r, err := zlib.NewReader(bytes.NewReader(data[:n]))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, plain)
	}
	return all
}

// TestSavePDF: the file has no date, its letters say what they are, and it is the same each time.
func TestSavePDF(t *testing.T) {
	dir := t.TempDir()
	c := Lines(Series{Name: "naïve − H₀ ≈ λ", Y: []float64{-1, 2, 3}, Low: []float64{-2, 1, 2}, High: []float64{0, 3, 4}}).Titled("Über alles")
	var files [2][]byte
	for i := range files {
		path := filepath.Join(dir, "chart.PDF")
		if err := c.Save(path); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	file := files[0]
	if !bytes.Equal(file, files[1]) {
		t.Error("the same chart gives other bytes")
	}
	if !bytes.HasPrefix(file, []byte("%PDF-1.7\n")) || bytes.Contains(file, []byte("Date")) || len(file) > 40<<10 {
		t.Errorf("%d bytes, beginning with %.20q", len(file), file)
	}
	if !bytes.Contains(file, []byte("/MediaBox [0 0 480 360]")) || !bytes.Contains(file, []byte("/Title <FEFF00DC006200650072")) {
		t.Error("no size or no title")
	}
	all := streams(t, file)
	if len(all) != 2*2+1 { // each weight's outlines and letters, and the page
		t.Fatalf("%d streams", len(all))
	}
	letters := string(all[1]) + string(all[3])
	for _, r := range "naïve−₀≈λÜ " {
		if !strings.Contains(letters, "<"+utf16Hex(string(r))+">") {
			t.Errorf("no letter says that it is %q", r)
		}
	}
	page := string(all[4])
	for _, want := range []string{"/A51 gs", "0 0.447 0.698 rg", " c\n", "[<", "S\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Count(page, "q\n")-strings.Count(page, "Q\n") != 0 {
		t.Error("the page saves its state more or less often than it brings it back")
	}
}

// TestPDFImage: cells of no colour shine through.
func TestPDFImage(t *testing.T) {
	c := Heatmap(lattice(6), Cells{})
	file, err := c.pdf()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("/Subtype /Image")) || bytes.Contains(file, []byte("/SMask")) {
		t.Error("a heatmap without an image, or with a mask")
	}
	if _, err := (&Chart{err: errTypeface}).pdf(); !errors.Is(err, errTypeface) {
		t.Error(err)
	}
}

// TestSubset: the letters that are asked for have the outlines and widths they had, also those made of others; the rest has none.
func TestSubset(t *testing.T) {
	whole, err := opentype.Parse(liberationsansregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	var b sfnt.Buffer
	glyph := func(f *sfnt.Font, r rune) sfnt.GlyphIndex {
		g, err := f.GlyphIndex(&b, r)
		if err != nil || g == 0 {
			t.Fatalf("no glyph for %q: %v", r, err)
		}
		return g
	}
	var used []sfnt.GlyphIndex
	for _, r := range "aÜé−" {
		used = append(used, glyph(whole, r))
	}
	small, err := subset(liberationsansregular.TTF, used)
	if err != nil {
		t.Fatal(err)
	}
	if sum(small) != 0xB1B0AFBA {
		t.Errorf("the file's sum is %#x", sum(small))
	}
	// A reader of sfnt asks for tables that a PDF has no use for; they are those of the whole.
	part, err := opentype.Parse(withNames(t, small, liberationsansregular.TTF))
	if err != nil {
		t.Fatal(err)
	}
	const em = fixed.Int26_6(2048)
	outline := func(f *sfnt.Font, g sfnt.GlyphIndex) string {
		segments, err := f.LoadGlyph(&b, g, em, nil)
		if err != nil {
			t.Fatal(err)
		}
		width, err := f.GlyphAdvance(&b, g, em, font.HintingNone)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(width, segments)
	}
	for _, g := range used {
		if got, want := outline(part, g), outline(whole, g); got != want || len(want) < 20 {
			t.Errorf("glyph %d is %s, want %s", g, got, want)
		}
	}
	if segments, err := part.LoadGlyph(&b, glyph(whole, 'Q'), em, nil); err != nil || len(segments) > 0 {
		t.Errorf("a letter that nobody asked for has an outline of %d segments, %v", len(segments), err)
	}
	for name, font := range map[string][]byte{"nothing": nil, "half": liberationsansregular.TTF[:5000], "text": []byte(strings.Repeat("text", 100))} {
		if _, err := subset(font, used); !errors.Is(err, errTypeface) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withNames returns the font with the tables of another that it lacks.
func withNames(t *testing.T, font, other []byte) []byte {
	t.Helper()
	be := binary.BigEndian
	type table struct {
		name string
		data []byte
	}
	read := func(f []byte) (all []table) {
		for i := range int(be.Uint16(f[4:])) {
			record := f[12+16*i:]
			at, size := be.Uint32(record[8:]), be.Uint32(record[12:])
			all = append(all, table{string(record[:4]), f[at : at+size]})
		}
		return all
	}
	all := read(font)
	for _, o := range read(other) {
		if o.name == "OS/2" || o.name == "name" || o.name == "post" || o.name == "cmap" {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b table) int { return strings.Compare(a.name, b.name) })
	out := be.AppendUint32(nil, 0x00010000)
	out = append(be.AppendUint16(out, uint16(len(all))), make([]byte, 6)...)
	at := 12 + 16*len(all)
	for _, s := range all {
		out = append(out, s.name...)
		out = append(out, 0, 0, 0, 0)
		out = be.AppendUint32(be.AppendUint32(out, uint32(at)), uint32(len(s.data)))
		at += (len(s.data) + 3) &^ 3
	}
	for _, s := range all {
		out = append(out, s.data...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out
}
