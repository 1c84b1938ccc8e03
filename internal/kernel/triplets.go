package kernel

// Triplets32 adds what triplets of points of the plane exert to the forces on them: part
// holds of every point its place and the force on it, two numbers each. Those of a row are
// groups of a near point and some far ones, in rows, with a weight w for every far one: of
// a = 1+|p−q|² for the near point q, b for the far one and c = w/(a+b)², the near one pulls
// at p by b·c·(p−q), the far one pushes by a·c·(p−q), and they are moved the other way. The
// numbers of points are not checked. Groups of four far points are the fastest.
func Triplets32(part []float32, rows []int32, weights []float32, row, far int) {
	const lanes = 4
	groups := len(weights) / far
	if groups == 0 {
		return
	}
	rows, weights = rows[:groups*(1+far)], weights[:groups*far]
	_ = part[4*row+3]
	if avx2 && far == lanes {
		triplets32AVX2(part, rows, weights, row)
		return
	}
	triplets32Go(part, rows, weights, row, far)
}

func triplets32Go(part []float32, rows []int32, weights []float32, row, far int) {
	own := part[4*row:][:4]
	px, py := own[0], own[1]
	var fx, fy float32
	for len(weights) >= far {
		near := part[4*uint(rows[0]):][:4]
		dx, dy := px-near[0], py-near[1]
		a := 1 + dx*dx + dy*dy
		var pull float32
		for s, k := range rows[1 : 1+far] {
			other := part[4*uint(k):][:4]
			ex, ey := px-other[0], py-other[1]
			b := 1 + ex*ex + ey*ey
			c := weights[s] / ((a + b) * (a + b))
			pull += b * c
			push := a * c
			ex *= push
			ey *= push
			fx -= ex
			fy -= ey
			other[2] += ex
			other[3] += ey
		}
		dx *= pull
		dy *= pull
		fx += dx
		fy += dy
		near[2] -= dx
		near[3] -= dy
		rows, weights = rows[1+far:], weights[far:]
	}
	own[2] += fx
	own[3] += fy
}
