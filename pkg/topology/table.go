package topology

// table maps keys to numbers, by open addressing: at most half of it is full.
type table struct {
	slots []slot
	used  int
}

// slot holds a key plus one, so that an empty one is zero.
type slot struct {
	key   uint64
	value int32
}

func (t *table) reset() {
	clear(t.slots)
	t.used = 0
}

// home returns where the search for a key begins.
func (t *table) home(key uint64) uint64 {
	key *= 0x9E3779B97F4A7C15
	return (key ^ key>>29) & uint64(len(t.slots)-1)
}

func (t *table) find(key uint64) (int32, bool) {
	if t.used == 0 {
		return 0, false
	}
	for i := t.home(key); ; i = (i + 1) & uint64(len(t.slots)-1) {
		switch t.slots[i].key {
		case key + 1:
			return t.slots[i].value, true
		case 0:
			return 0, false
		}
	}
}

// put adds a key that is not there.
func (t *table) put(key uint64, value int32) {
	if 2*t.used >= len(t.slots) {
		old := t.slots
		t.slots = make([]slot, max(64, 2*len(old)))
		for _, s := range old {
			if s.key != 0 {
				t.place(s)
			}
		}
	}
	t.place(slot{key + 1, value})
	t.used++
}

func (t *table) place(s slot) {
	i := t.home(s.key - 1)
	for t.slots[i].key != 0 {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = s
}
