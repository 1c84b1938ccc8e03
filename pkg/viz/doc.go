// Package viz answers: how do I look at it?
//
// One call gives a figure that can be read: with a legend, a caption, colours that most colour-blind readers can tell apart, and, where there
// is a browser, hover and a legend: a click on a name shows it alone and another all again, and with shift it hides or shows one. The keyboard
// reaches legend and tools, and readers who listen to a page hear what a chart shows.
//
//	Scatter     points of a map, coloured by class or number
//	Lines       numbers over numbers, with bands, logarithmic axes and rules
//	Dimensions  measured dimensions over the scale
//	Bars        numbers by name, in groups, with whiskers
//	Heatmap     a matrix
//	Ordered     a matrix with its rows and columns in order, and their trees
//	Images      pictures of rows, side by side
//	Network     a graph, its edges coloured by a number, in the plane or in Poincaré's disk
//	Scatter3D   points in three dimensions, which the reader turns
//	Network3D   a graph or mesh in three dimensions
//	Trajectories  curves with arrows, in the plane or in three dimensions
//	Connectivity  a graph of neighbours under the map of its rows, its edges bundled
//	Dendrogram  a hierarchy of clusters
//	Barcode     persistent homology as bars
//	PersistenceDiagram  the same as points, death over birth
//	Betti       how many classes of homology there are over the scale
//	Landscape   persistence landscapes, with the band of a mean
//	Poincare    what lies in the hyperbolic plane
//	Scree       how much of the variance each component explains
//	Spectra     eigenvalues on logarithmic axes, with power laws
//	Biplot      rows and columns of the data in two components
//	Loadings    what columns weigh in components
//	Shepard     distances on the map over distances in the data
//	CoRanking   ranks on the map against ranks in the data
//	RankCurves, RankScores  how well neighbourhoods are kept, over their size
//	LocalDimension  a map coloured by local estimates of the dimension
//	Density     how dense a map is
//	Diagnostic  one map coloured by all that tells whether to trust it
//	Confusion   which class was taken for which
//	Probes      what can be read from the layers of a network
//	PhasePortrait  a vector field of the plane, by streamlines
//	Animation   points that move from map to map: an optimisation, recorded by Record, or a parameter's choices
//	Displacement  two maps of the same rows, with lines from place to place
//	Grid        several of these, with common axes, colours and legend
//
//	viz.Library() // in the first cell
//	viz.Scatter(emb, viz.Points{Labels: d.Labels, Names: d.Names, Images: d}).Show()
//
// [Select] waits in a cell until its reader has marked rows in a chart, and returns them; [Live] shows a map while it is being made.
//
// A [Chart] is shown in a notebook as one output that holds the chart three times: as html, whose static picture a script replaces by the
// interactive chart; as a PNG; and as a line or two of text. A front end that runs no script (GitHub's preview, an untrusted notebook)
// keeps the picture.
//
// The drawing library, Apache ECharts, has an output of its own, which [Library] makes. Charts wait on the page until it arrives, so that
// cells may run in any order and any number of times. The same chart is always the same bytes.
//
// The interactive chart is light or dark as its page is, and a picture is light, unless [Chart.Themed] says otherwise.
//
// In a program outside a notebook Show prints the text, and [Chart.Save] writes a page, a PNG, an SVG or a PDF.
package viz
