package viz

import "testing"

func TestEdgesEndAtTheRimsOfNodes(t *testing.T) {
	s := &space{}
	near, far := sight{x: 0, scale: 1}, sight{x: 100, scale: 0.5}
	if from, to, visible := s.ends(sceneItem{edge: 0}, near, far, 10); from != [2]length{4.5, 0} || to != [2]length{97.75, 0} || !visible {
		t.Errorf("an edge from %v to %v", from, to)
	}
	if _, _, visible := s.ends(sceneItem{edge: 0}, near, sight{x: 6, scale: 1}, 10); visible {
		t.Error("between nodes that overlap there is an edge")
	}
	if from, to, visible := s.ends(sceneItem{edge: -1}, near, far, 10); from != [2]length{} || to != [2]length{100, 0} || !visible {
		t.Errorf("a piece of a course from %v to %v", from, to)
	}
}
