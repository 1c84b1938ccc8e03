package viz

// Linked returns the chart linked with those that are given the same name on a page: where they show the same number of rows, a point that
// is hovered over is marked in all, beside its thumbnail, and points selected in one are selected in all, while the others fade. It holds for
// [Scatter] and what draws its points, and for [Scatter3D]; the panels of one [Grid] are linked without a name. An empty name links with no
// other chart.
//
//	viz.Scatter(pca, p).Linked("digits").Show()  // in one cell
//	viz.Scatter(tsne, p).Linked("digits").Show() // in another
func (c *Chart) Linked(name string) *Chart {
	d := *c
	d.link = name
	return &d
}

// linkedRows returns how many rows a plot shows that may be selected, or zero.
func linkedRows(p plot) int {
	switch p := p.(type) {
	case *scatter:
		return len(p.x)
	case *moving:
		return len(p.x)
	case *space:
		if p.name == "scatter3d" {
			return len(p.scatter.x)
		}
	}
	return 0
}
