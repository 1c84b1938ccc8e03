// Package nbtest answers: does the notebook still run, and does it still tell the truth?
//
// A test of three lines runs every notebook of a folder in a real GoNB kernel under Jupyter, one subtest each:
//
//	func TestNotebooks(t *testing.T) {
//		nbtest.Run(t, "../notebooks/*.ipynb", nbtest.Options{})
//	}
//
// It needs Python with nbclient and nbconvert, GoNB v0.11.4 and goimports, which it looks for in the .tools folder of the working directory or
// of a parent, on PATH, and among the tools of the module's go.mod; what is missing is named together with the command that installs it.
//
// # What a notebook may count on
//
// It runs in a copy of its folder (hidden files left out), in a fresh kernel with a Jupyter data folder of its own, and imports the module
// under test without a path cell. The store of kept results (FLATLAND_STORE) is empty. HOME is the user's, where Go's caches are; nothing else
// of the user's Jupyter is used, and nothing stays behind: every process is ended, every folder removed. GoNB's go get before each cell is
// turned off, which the workspace makes needless.
//
// The network is cut. On Linux, where the system permits it, Jupyter, the kernel and the cells get a network of their own that has only a
// loopback. Elsewhere the environment must do: GOPROXY=off, GOVCS=*:off, GOTOOLCHAIN=local, and HTTP(S)_PROXY at a port that nobody serves,
// which stops Go, and programs that honour proxies, and no other. A Report says which it was.
//
// Before the clock of a notebook starts, the packages that it imports are compiled, once, with the network: in an empty cache its first cell
// would otherwise compile gonum. What follows is measured from where a user sits, and logged for each cell: compiling, starting, running.
//
// # What it must keep
//
// A kernel's "ok" proves little: old kernels call a cell that panicked a success, and a shell line that fails never fails its cell. These are
// the rules, by the names that messages and Options.Without use:
//
//	error    no cell ends with an error, kills the kernel or runs past the limit; one tagged raises-exception must raise
//	stderr   no cell writes panic:, exit status, signal: or fatal error: to stderr
//	run      every code cell is run
//	chart    a cell that calls Show, or is tagged chart, shows it: an output with Flatland's mark, a PNG that decodes, an <img>, and words
//	claim    a cell that shows a claim (cell.Claim) has checks, and they held
//	size     a saved notebook takes 1 MB at most, an output 150 kB; when run, one that carries a smaller form to keep, as viz's large charts
//	         do, or is in a cell tagged large-output, may take 2 MB
//	count    a notebook shows 12 charts at most
//	library  no output carries a JavaScript library into the saved notebook
//	time     no output shows a duration or a time of day, which differ from run to run
//	path     no output names the module's folder or one of the run's
//	network  no output loads anything from the network by itself, a saved library's loader aside
//	shadow   nothing at top level has the name of a package that the notebook imports: in GoNB they share one scope
//
// A message names the notebook, the cell by its place, its number and its id, and the line that is to blame where GoNB tells.
//
// # What is kept
//
// The build folder gets the notebook with its outputs, and a page of it with the chart library inside, which draws without a network (only
// formulas need one, for MathJax). With Options.Save a notebook that passes gets its outputs too. Two runs give the same bytes, on any number
// of processors, if the cells do: outputs come in a fixed order (stdout, stderr, displays, errors), progress bars go, and the file holds
// neither times nor versions nor paths. The chart library is replaced by its loader, a large chart by the smaller one that it
// carries, and another chart of a cell tagged large-output by its picture.
package nbtest
