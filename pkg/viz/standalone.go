package viz

// Standalone returns the chart as an output that needs no other: it carries what [Library] gives a notebook. It is for front ends where every
// output is a page of its own, such as Google Colab, and for an output that goes elsewhere by itself.
//
//	viz.Scatter(emb, viz.Points{}).Standalone().Show()
//
// It takes 0.5 MB more, or 0.1 MB where no ECharts is found on this machine and the page loads it from the network. A notebook is saved
// with the chart alone. Display, Show and HTML then also return the error of [LoadLibrary].
func (c *Chart) Standalone() *Chart {
	d := *c
	d.alone = true
	return &d
}

// carrying returns the chart's page with the library, if it carries that.
func (c *Chart) carrying(page string) (string, error) {
	if !c.alone {
		return page, nil
	}
	library, err := LibraryHTML()
	return page + library, err
}
