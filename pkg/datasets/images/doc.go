// Package images answers: what do the pictures of this folder look like, side by side?
//
// It makes a set of samples of a folder of pictures: each becomes a row of as many pixels, each folder in it a class.
package images
