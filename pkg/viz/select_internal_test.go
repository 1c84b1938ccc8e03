package viz

import (
	"context"
	"encoding/base64"
	"html"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRowsOfAnAnswer(t *testing.T) {
	for _, want := range [][]int{{}, {0}, {7, 8}, {1, 2, 3, 40, 63, 64, 1000}} {
		set := make([]byte, 126)
		for _, row := range want {
			set[row/8] |= 1 << (row % 8)
		}
		got, err := rowsOf(base64.StdEncoding.EncodeToString(set))
		if err != nil || !slices.Equal(got, want) || got == nil {
			t.Errorf("got %#v and %v, want %#v", got, err, want)
		}
	}
	if _, err := rowsOf("not base64!"); err == nil {
		t.Error("took what is no answer")
	}
}

func TestAnswersThatCellsWaitFor(t *testing.T) {
	type word struct {
		after time.Duration
		said  any
	}
	for name, c := range map[string]struct {
		words  []word
		cancel time.Duration
		rows   []int
		err    error
		took   time.Duration
	}{
		"no page":                 {err: &noPageError{pagePatience}, took: pagePatience},
		"a page that is late":     {words: []word{{pagePatience + time.Second, "here"}}, err: &noPageError{pagePatience}, took: pagePatience},
		"rows after an hour":      {words: []word{{time.Second, "here"}, {time.Hour, "rows Bg=="}}, rows: []int{1, 2}, took: time.Hour + time.Second},
		"rows without a greeting": {words: []word{{time.Second, "rows gA=="}}, rows: []int{7}, took: time.Second},
		"nobody answers":          {words: []word{{time.Second, "here"}}, cancel: time.Hour, err: context.Canceled, took: time.Hour},
		"an interrupt at once":    {cancel: time.Second, err: context.Canceled, took: time.Second},
		"skipped":                 {words: []word{{0, "here"}, {time.Minute, "skip"}}, err: errSkipped, took: time.Minute},
		"nonsense":                {words: []word{{0, 4.0}, {time.Second, "rows ?"}, {time.Second, "rows AQ=="}}, rows: []int{0}, took: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // a clock of its own
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancel > 0 {
					time.AfterFunc(c.cancel, cancel)
				}
				said := make(chan any, 16)
				var page sync.WaitGroup
				page.Go(func() {
					for _, w := range c.words {
						time.Sleep(w.after)
						said <- w.said
					}
				})
				defer page.Wait()
				began := time.Now()
				rows, err := await(ctx, said)
				if !slices.Equal(rows, c.rows) || (err == nil) != (c.err == nil) || err != nil && err.Error() != c.err.Error() {
					t.Errorf("got %v and %v, want %v and %v", rows, err, c.rows, c.err)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("waited %v, want %v", took, c.took)
				}
			})
		})
	}
}

func TestTheBarSaysWhereToAnswer(t *testing.T) {
	q := newQuestion("kernel-1")
	if got := html.UnescapeString(q.html()); !strings.Contains(got, `{"address":"`+q.address+`","kernel":"kernel-1"}`) {
		t.Errorf("the bar is %s", got)
	}
	if other := newQuestion("kernel-1"); other == q {
		t.Error("two questions have one address")
	}
}
