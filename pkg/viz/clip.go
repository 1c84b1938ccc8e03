package viz

// clipLine returns the parts of a line through the points that lie in the rectangle (Y.-D. Liang and B. A. Barsky, A New Concept and Method
// for Line Clipping, 1984).
func clipLine(points [][2]length, r rect) (parts [][][2]length) {
	var part [][2]length
	flush := func() {
		if len(part) > 1 {
			parts = append(parts, part)
		}
		part = nil
	}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		from, to, ok := clipSegment(a, b, r)
		if !ok {
			flush()
			continue
		}
		if len(part) == 0 || from != a {
			flush()
			part = append(part, from)
		}
		part = append(part, to)
		if to != b {
			flush()
		}
	}
	flush()
	return parts
}

func clipSegment(a, b [2]length, r rect) (from, to [2]length, ok bool) {
	first, last := 0.0, 1.0
	d := [2]length{b[0] - a[0], b[1] - a[1]}
	for _, side := range [4]struct{ along, room length }{
		{-d[0], a[0] - r.X}, {d[0], r.right() - a[0]}, {-d[1], a[1] - r.Y}, {d[1], r.bottom() - a[1]},
	} {
		switch {
		case side.along == 0:
			if side.room < 0 {
				return from, to, false
			}
		case side.along < 0:
			first = max(first, side.room/side.along)
		default:
			last = min(last, side.room/side.along)
		}
	}
	if first > last {
		return from, to, false
	}
	from, to = a, b
	if first > 0 {
		from = [2]length{a[0] + first*d[0], a[1] + first*d[1]}
	}
	if last < 1 {
		to = [2]length{a[0] + last*d[0], a[1] + last*d[1]}
	}
	return from, to, true
}

// clipPolygon returns the part of a polygon that lies in the rectangle (I. E. Sutherland and G. W. Hodgman, Reentrant Polygon Clipping, 1974).
func clipPolygon(corners [][2]length, r rect) [][2]length {
	for _, side := range [4]struct {
		axis  int
		sign  length
		limit length
	}{{0, 1, r.X}, {0, -1, r.right()}, {1, 1, r.Y}, {1, -1, r.bottom()}} {
		depth := func(p [2]length) length { return side.sign * (p[side.axis] - side.limit) }
		var kept [][2]length
		for i, b := range corners {
			a := corners[(i+len(corners)-1)%len(corners)]
			da, db := depth(a), depth(b)
			if (da < 0) != (db < 0) {
				t := da / (da - db)
				kept = append(kept, [2]length{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])})
			}
			if db >= 0 {
				kept = append(kept, b)
			}
		}
		corners = kept
	}
	return corners
}
