// Package fetch answers: what do I practise on that is too large to carry?
//
// It downloads published data sets, checks them, and keeps them. Some it reads as
// well:
//
//	d, err := fetch.FashionMNIST(ctx, fetch.Test) // also MNIST, KMNIST, EMNISTDigits, EMNISTLetters, USPS
//	c, err := fetch.PBMC3k(ctx)                   // sparse counts
//
// Of all others it gives the files, which the packages beside it read:
//
//	s, err := fetch.Named("glove-6b")
//	paths, err := fetch.Fetcher{}.Fetch(ctx, s) // where its files are on this machine
//
// The sets that it knows are listed by Sets, with their licences. A course names
// files of its own in a Set, by address and digest.
//
// Files are kept below the user's cache directory, in the folder flatland, or
// below the folder that FLATLAND_DATA names: mnist/train-images-idx3-ubyte.gz and
// so on. FLATLAND_DATA_MIRROR names an address below which they lie in the same
// way, for a class room or a machine behind a wall; FLATLAND_OFFLINE=1 forbids
// downloads. Who has no network at all puts the files there by hand: the error
// says which, where from and where to.
//
// It is a package of its own because net/http makes every notebook cell that links
// it start half a second later: import it in the cells that load data, and keep
// what they give by package cell.
package fetch
