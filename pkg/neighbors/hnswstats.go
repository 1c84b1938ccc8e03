package neighbors

// HNSWStats describes the world that an HNSWIndex is.
type HNSWStats struct {
	Levels     []int     // how many rows stand on each level, from the ground up
	MeanLinks  []float64 // how many links a row of each level has on it
	InDegree   []int     // of every row: how many rows link to it at the ground; hubs have many
	Duplicates int       // rows that are kept beside an equal one, without links
	Lost       int       // rows that could not be reached from the entry before they were linked again
}

// Reachable returns the share of the linked rows that could be reached from the
// entry along links at the ground, before the others were linked again.
func (s *HNSWStats) Reachable() float64 {
	return 1 - float64(s.Lost)/float64(max(len(s.InDegree)-s.Duplicates, 1))
}

// Stats counts levels and links, in O(n·M).
func (ix *HNSWIndex) Stats() *HNSWStats {
	l := ix.links
	s := &HNSWStats{Levels: make([]int, l.top+1), MeanLinks: make([]float64, l.top+1), InDegree: make([]int, len(l.level)),
		Duplicates: len(l.level) - l.count(), Lost: ix.lost}
	l.each(func(_ int32, level int, slots []int32) {
		s.Levels[level]++
		links := linked(slots)
		s.MeanLinks[level] += float64(len(links))
		if level == 0 {
			for _, j := range links {
				s.InDegree[j]++
			}
		}
	})
	for level, rows := range s.Levels {
		s.MeanLinks[level] /= float64(rows)
	}
	return s
}
