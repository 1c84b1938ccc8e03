package fetch

// Sets returns the data sets that are known by name, each newly made. Their
// digests and sizes are those that other libraries keep in their registries of
// downloads, which are named beside them; where a size is not recorded there, only
// a bound is.
func Sets() []Set {
	return []Set{
		mnist("mnist", "70 000 handwritten digits, 28 × 28 grey levels",
			"Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of handwritten digits", "CC BY-SA 3.0",
			// Sums and sizes: TensorFlow Datasets, url_checksums/mnist.txt. Addresses: the same, and torchvision.
			[]string{"https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"},
			[4]summed{
				{9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
				{28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
				{1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
				{4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
			}),
		mnist("fashion-mnist", "70 000 pictures of clothes of ten kinds, 28 × 28 grey levels",
			"H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", "MIT",
			// Sums and sizes: TensorFlow Datasets, url_checksums/fashion_mnist.txt. Addresses: the publisher's repository, and Keras.
			[]string{"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/", "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"},
			[4]summed{
				{26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
				{29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
				{4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
				{5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
			}),
		mnist("kmnist", "70 000 characters of old Japanese script, of ten kinds, 28 × 28 grey levels",
			"T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto and D. Ha (2018), Deep learning for classical Japanese literature", "CC BY-SA 4.0",
			// Sums and sizes: TensorFlow Datasets, url_checksums/kmnist.txt.
			[]string{"https://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
			[4]summed{
				{18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"},
				{29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"},
				{3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"},
				{5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"},
			}),
		emnist("digits", "280 000 handwritten digits, 28 × 28 grey levels"),
		emnist("letters", "145 600 handwritten letters of 26 kinds, 28 × 28 grey levels"),
		{
			Name: "coil-20", About: "1440 pictures of 20 objects turned by steps of 5°, 128 × 128 grey levels",
			Source:  "S. A. Nene, S. K. Nayar and H. Murase (1996), Columbia Object Image Library (COIL-20), technical report CUCS-005-96",
			License: "none is stated; the page asks for the citation",
			Files: []File{{
				Name: "coil-20-proc.zip", Limit: 16 << 20,
				// Sum: several public loaders of COIL-20 agree on it. None records the size.
				SHA256: "517c5594820eb40066ba0ff6842e7f09392bf7fde849bf9cb9c28445b0f29e88",
				URLs: []string{
					"https://www.cs.columbia.edu/CAVE/databases/SLAM_coil-20_coil-100/coil-20/coil-20-proc.zip",
					"https://cave.cs.columbia.edu/old/databases/SLAM_coil-20_coil-100/coil-20/coil-20-proc.zip",
				},
			}},
		},
		{
			Name: "coil-100", About: "7200 pictures of 100 objects turned by steps of 5°, 128 × 128 in colour",
			Source:  "S. A. Nene, S. K. Nayar and H. Murase (1996), Columbia Object Image Library (COIL-100), technical report CUCS-006-96",
			License: "none is stated; the page asks for the citation",
			Files: []File{{
				// Sum and size: TensorFlow Datasets, datasets/coil100/checksums.tsv.
				Name: "coil-100.zip", Size: 130688843, SHA256: "fcb4b8b01c0778f416d8d7a09f45082c4f7075cc74743dcddd5c44307bd4afe7",
				URLs: []string{
					"https://www.cs.columbia.edu/CAVE/databases/SLAM_coil-20_coil-100/coil-100/coil-100.zip",
					"https://cave.cs.columbia.edu/old/databases/SLAM_coil-20_coil-100/coil-100/coil-100.zip",
				},
			}},
		},
		{
			Name: "usps", About: "9298 handwritten digits from envelopes, 16 × 16 grey levels, as LIBSVM text",
			Source:  "J. J. Hull (1994), A database for handwritten text recognition research; by LIBSVM Data, C.-C. Chang and C.-J. Lin",
			License: "none is stated",
			Files: []File{
				// Sums: torchvision, datasets/usps.py, which keeps MD5 only; the publisher gives none. No size is recorded.
				{Name: "usps.bz2", Limit: 16 << 20, MD5: "ec16c51db3855ca6c91edd34d0e9b197",
					URLs: []string{"https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/usps.bz2"}},
				{Name: "usps.t.bz2", Limit: 16 << 20, MD5: "8ea070ee2aca1ac39742fdd1ef5ed118",
					URLs: []string{"https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/usps.t.bz2"}},
			},
		},
		{
			Name: "olivetti-faces", About: "400 pictures of the faces of 40 people, 64 × 64 grey levels, as a MATLAB file",
			Source:  "F. Samaria and A. Harter (1994), Parameterisation of a stochastic model for human face identification; AT&T Laboratories Cambridge; by S. Roweis",
			License: "none is stated; credit to AT&T Laboratories Cambridge is asked for",
			Files: []File{{
				// Sum: scikit-learn, datasets/_olivetti_faces.py, which records no size.
				Name: "olivettifaces.mat", Limit: 16 << 20, SHA256: "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
				URLs: []string{"https://ndownloader.figshare.com/files/5976027", "https://cs.nyu.edu/~roweis/data/olivettifaces.mat"},
			}},
		},
		{
			Name: "20newsgroups", About: "18 846 posts to 20 newsgroups, split by date",
			Source:  "K. Lang (1995), NewsWeeder: learning to filter netnews; by J. Rennie",
			License: "none is stated",
			Files: []File{{
				// Sum: scikit-learn, datasets/_twenty_newsgroups.py, which records no size.
				Name: "20news-bydate.tar.gz", Limit: 32 << 20, SHA256: "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
				URLs: []string{"https://ndownloader.figshare.com/files/5975967", "https://people.csail.mit.edu/jrennie/20Newsgroups/20news-bydate.tar.gz"},
			}},
		},
		{
			Name: "pbmc3k", About: "counts of 32 738 genes in 2700 blood cells, as a folder of 10x Genomics",
			Source:  "10x Genomics (2016), 3k PBMCs from a healthy donor, Cell Ranger 1.1.0",
			License: "CC BY 4.0",
			Files: []File{{
				// Sum and size: several public pipelines agree on both.
				Name: "pbmc3k_filtered_gene_bc_matrices.tar.gz", Size: 7621991, SHA256: "847d6ebd9a1ec9a768f2be7e40ca42cbfe75ebeb6d76a4c24167041699dc28b5",
				URLs: []string{
					"https://cf.10xgenomics.com/samples/cell-exp/1.1.0/pbmc3k/pbmc3k_filtered_gene_bc_matrices.tar.gz",
					"https://cf.10xgenomics.com/samples/cell/pbmc3k/pbmc3k_filtered_gene_bc_matrices.tar.gz",
				},
				Unpacked: 256 << 20,
				Members: []string{
					"filtered_gene_bc_matrices/hg19/matrix.mtx",
					"filtered_gene_bc_matrices/hg19/genes.tsv",
					"filtered_gene_bc_matrices/hg19/barcodes.tsv",
				},
			}},
		},
		{
			Name: "glove-6b", About: "vectors of 400 000 English words in 50, 100, 200 and 300 dimensions",
			Source:  "J. Pennington, R. Socher and C. D. Manning (2014), GloVe: global vectors for word representation",
			License: "PDDL 1.0",
			Files: []File{{
				// Sum: Embeddings.jl and NumPy's tutorials, among others; public pipelines record the size beside it.
				Name: "glove.6B.zip", Size: 862182613, SHA256: "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
				URLs: []string{"https://nlp.stanford.edu/data/glove.6B.zip", "https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip"},
			}},
		},
		{
			Name: "cifar-10", About: "60 000 photographs of ten kinds of things, 32 × 32 in colour",
			Source:  "A. Krizhevsky (2009), Learning multiple layers of features from tiny images",
			License: "none is stated; the page asks for the citation",
			Files: []File{{
				// Sum and size: TensorFlow Datasets, url_checksums/cifar10.txt.
				Name: "cifar-10-binary.tar.gz", Size: 170052171, SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
				URLs: []string{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"},
			}},
		},
		{
			Name: "text8", About: "the first 100 million letters of a cleaned English Wikipedia, to learn word vectors from",
			Source:  "M. Mahoney (2006), Large text compression benchmark",
			License: "none is stated; the text is Wikipedia's",
			Files: []File{{
				// Sum and size: several public implementations of word2vec agree on both.
				Name: "text8.zip", Size: 31344016, SHA256: "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
				URLs: []string{"https://mattmahoney.net/dc/text8.zip"},
			}},
		},
	}
}

// summed is what is known of the bytes of a file.
type summed struct {
	size   int64
	sha256 string
}

// mnist returns a set of the four files that MNIST and those like it consist of:
// images and labels for training, then for testing.
func mnist(name, about, source, license string, folders []string, sums [4]summed) Set {
	s := Set{Name: name, About: about, Source: source, License: license}
	for i, file := range [4]string{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"} {
		f := File{Name: file, Size: sums[i].size, SHA256: sums[i].sha256}
		for _, folder := range folders {
			f.URLs = append(f.URLs, folder+file)
		}
		s.Files = append(s.Files, f)
	}
	return s
}

// emnist returns a part of EMNIST: its four files, out of the one archive of all
// parts.
func emnist(part, about string) Set {
	name := func(file string) string { return "gzip/emnist-" + part + file }
	return Set{
		Name: "emnist-" + part, About: about, Folder: "emnist",
		Source:  "G. Cohen, S. Afshar, J. Tapson and A. van Schaik (2017), EMNIST: an extension of MNIST to handwritten letters",
		License: "none is stated; made from NIST Special Database 19",
		Files: []File{{
			// Sum and size: TensorFlow Datasets, url_checksums/emnist.txt.
			Name: "gzip.zip", Size: 561753746, SHA256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
			URLs:     []string{"https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"},
			Unpacked: 256 << 20,
			Members: []string{
				name("-train-images-idx3-ubyte.gz"), name("-train-labels-idx1-ubyte.gz"),
				name("-test-images-idx3-ubyte.gz"), name("-test-labels-idx1-ubyte.gz"),
			},
		}},
	}
}
