// Package vectors answers: which vector stands for this word?
//
// It reads the files in which word vectors are published: text, a word and its numbers a line, with a first line of counts
// (word2vec, fastText's .vec) or none (GloVe), and word2vec's binary form. They may be packed by gzip.
//
// Source: T. Mikolov, K. Chen, G. Corrado and J. Dean (2013), Efficient estimation of word representations in vector space; J.
// Pennington, R. Socher and C. D. Manning (2014), GloVe: global vectors for word representation; P. Bojanowski, E. Grave, A. Joulin
// and T. Mikolov (2017), Enriching word vectors with subword information.
package vectors
