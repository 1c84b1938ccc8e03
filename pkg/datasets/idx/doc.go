// Package idx answers: what do files in MNIST's format hold?
//
// Digits, fashion, letters and Japanese characters are published in it: one file of images, one of labels, most often packed by
// gzip. A file is two zeros, the type of its values, the number of its axes, the length of each, and the values, greatest byte
// first, the last axis fastest.
//
// Source: Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of handwritten digits.
package idx
