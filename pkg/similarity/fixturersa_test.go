package similarity

// rsaValues are those of representational similarity analysis.
var rsaValues = []published{
	{"RSA Euclidean, cosine", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}, Comparison: CosineComparison}), ".963955559177"},
	{"RSA Euclidean, Pearson", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}, Comparison: Pearson}), ".389151846891"},
	{"RSA Euclidean, Spearman", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}}), ".38182078527"},
	{"RSA Euclidean, rho-a", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}, Comparison: RhoA}), ".38182078527"},
	{"RSA Euclidean, tau-b", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}, Comparison: KendallTauB}), ".259382656284"},
	{"RSA Euclidean, tau-a", score(RSA{RDM: RDM{Dissimilarity: EuclideanDistance}, Comparison: KendallTauA}), ".259382656284"},
	{"RSA squared Euclidean/P, cosine", score(RSA{Comparison: CosineComparison}), ".8782443825"},
	{"RSA squared Euclidean/P, Pearson", score(RSA{Comparison: Pearson}), ".372078424347"},
	{"RSA squared Euclidean/P, Spearman", score(RSA{}), ".38182078527"},
	{"RSA correlation, cosine", score(RSA{RDM: RDM{Dissimilarity: CorrelationDistance}, Comparison: CosineComparison}), ".923750665816"},
	{"RSA correlation, Pearson", score(RSA{RDM: RDM{Dissimilarity: CorrelationDistance}, Comparison: Pearson}), ".437484441360"},
	{"RSA correlation, Spearman", score(RSA{RDM: RDM{Dissimilarity: CorrelationDistance}}), ".427186566958"},
	{"RSA correlation, tau-b", score(RSA{RDM: RDM{Dissimilarity: CorrelationDistance}, Comparison: KendallTauB}), ".291849579068"},
}
