package cell

import (
	"fmt"
	"math"
	"time"

	"github.com/flatland-go/flatland/pkg/watch"
)

const (
	// paceWindow is how far back the rate looks: work that slows down, as its clusters grow, is judged by what it does now.
	paceWindow = 5 * time.Second
	// rateAfter and leftAfter are how long a stage is watched before its rate, and what remains of it, are believed.
	rateAfter = time.Second
	leftAfter = 2 * time.Second
)

// A pace is how fast a stage goes: when its count was seen to move.
type pace struct {
	stage string
	total int
	began time.Time
	moves []move
}

type move struct {
	at   time.Time
	done int
}

// look returns the rate of the event's stage, in units a second, and how long the rest will take at it; 0 for what is not known yet.
func (p *pace) look(now time.Time, e watch.Event) (rate float64, left time.Duration) {
	n := len(p.moves)
	if n == 0 || e.Stage != p.stage || e.Total != p.total || e.Done < p.moves[n-1].done {
		*p = pace{stage: e.Stage, total: e.Total, began: now, moves: []move{{now, e.Done}}}
		return 0, 0
	}
	if e.Done > p.moves[n-1].done {
		p.moves = append(p.moves, move{now, e.Done})
	}
	for len(p.moves) > 3 && now.Sub(p.moves[0].at) > paceWindow { // slow units need a longer look
		p.moves = p.moves[1:]
	}
	first, last := p.moves[0], p.moves[len(p.moves)-1]
	units := float64(last.done - first.done)
	if units == 0 || now.Sub(p.began) < rateAfter {
		return 0, 0
	}
	rate = units / last.at.Sub(first.at).Seconds()
	if since := now.Sub(first.at).Seconds(); rate*since > units+1 { // the next unit takes longer than those before
		rate = (units + 1) / since
	}
	if e.Total <= 0 || now.Sub(p.began) < leftAfter {
		return rate, 0
	}
	rest := float64(e.Total-last.done)/rate - now.Sub(last.at).Seconds()
	return rate, time.Duration(math.Max(0, rest) * float64(time.Second))
}

// perSecond writes a rate to two digits or so.
func perSecond(rate float64) string {
	switch {
	case rate >= 1e6:
		return significant(rate/1e6, 2) + "M it/s"
	case rate >= 1e4:
		return significant(rate/1e3, 2) + "k it/s"
	}
	return significant(rate, 2) + " it/s"
}

// remaining writes a time that is no more exact than a reader needs.
func remaining(d time.Duration) string {
	switch s := int(math.Ceil(d.Seconds())); {
	case s < 60:
		return fmt.Sprintf("%d s left", s)
	case s < 3600:
		return fmt.Sprintf("%d min left", (s+59)/60)
	default:
		return fmt.Sprintf("%d h %d min left", s/3600, s%3600/60)
	}
}

const (
	// sparkWidth is how many blocks a loss is drawn with.
	sparkWidth = 12
	// sparkMemory is how many losses of a stage are remembered: when there are more, every second is dropped.
	sparkMemory = 20 * sparkWidth
)

// remembered returns the losses, thinned where they are many. What it is given stays as it is: the bar may be looking at it.
func remembered(losses []float64) []float64 {
	if len(losses) < sparkMemory {
		return losses
	}
	thinned := make([]float64, 0, sparkMemory)
	for i := len(losses) % 2; i < len(losses); i += 2 {
		thinned = append(thinned, losses[i])
	}
	return thinned
}

// spark draws numbers as blocks, from the lowest to the highest, in a line of at most sparkWidth; fewer than three say nothing.
func spark(values []float64) string {
	if len(values) < 3 {
		return ""
	}
	width := min(sparkWidth, len(values))
	low, high := math.Inf(1), math.Inf(-1)
	means := make([]float64, width)
	for i := range means {
		from, to := i*len(values)/width, (i+1)*len(values)/width
		for _, v := range values[from:to] {
			means[i] += v / float64(to-from)
		}
		low, high = math.Min(low, means[i]), math.Max(high, means[i])
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, width)
	for i, v := range means {
		line[i] = blocks[0]
		if high-low > 0 && high-low <= math.MaxFloat64 {
			line[i] = blocks[int(math.Round((v-low)/(high-low)*float64(len(blocks)-1)))]
		}
	}
	return string(line)
}
