// Package layout holds the optimisers that place points: what happens after a
// method has said which rows belong together, and how strongly.
package layout
