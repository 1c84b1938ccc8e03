// Package table answers: what is in this table, and which of its columns are the data?
package table
