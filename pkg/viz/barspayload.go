package viz

// barsPayload is what the page's script draws bars of: their places on the sheet, and what they say.
type barsPayload struct {
	Names      []string      `json:"names"`
	Horizontal bool          `json:"horizontal,omitempty"`
	Value      string        `json:"valueName,omitempty"`
	Series     []barsOfGroup `json:"series"`
}

type barsOfGroup struct {
	Name  string     `json:"name,omitempty"`
	Entry int        `json:"entry"`
	Tint  int        `json:"tint"`
	Y     sixDigits  `json:"y"`
	Low   sixDigits  `json:"low,omitempty"`
	High  sixDigits  `json:"high,omitempty"`
	Bars  []place4   `json:"bars"`
	Lines [][]place4 `json:"whiskers,omitempty"`
	Texts []label    `json:"texts,omitempty"`
}

// place4 is a rectangle, or a line from one point to another.
type place4 [4]length

func (b *bars) data(f rect, g page) (any, error) {
	s, err := newSheet(nil, &light, height)
	if err != nil {
		return nil, err
	}
	numbered := b.numbered(s, f)
	p := &barsPayload{Names: b.names.names, Horizontal: b.g.Horizontal, Value: b.values.Name}
	for i, series := range b.series {
		g := barsOfGroup{Name: series.Name, Entry: g.entry(series.Name), Tint: b.tints[i].index(), Y: series.Y, Low: series.Low, High: series.High}
		for j, v := range series.Y {
			at := b.place(f, i, j)
			g.Bars = append(g.Bars, place4{round(at.rect.X), round(at.rect.Y), round(at.rect.W), round(at.rect.H)})
			if at.whisker {
				var w []place4
				for _, l := range at.lines() {
					w = append(w, place4{round(l[0][0]), round(l[0][1]), round(l[1][0]), round(l[1][1])})
				}
				g.Lines = append(g.Lines, w)
			}
			if numbered {
				l := at.number(v)
				l.X, l.Y = round(l.X), round(l.Y)
				g.Texts = append(g.Texts, l)
			}
		}
		p.Series = append(p.Series, g)
	}
	return p, nil
}
