// Package table answers: what is in this table, and which of its columns are the data?
//
// [CSV] reads text; readers of other formats return the same [Table]. Its columns are numbers, categories or text, and printing it
// shows what they hold. [Table.Dense] makes rows for a method of the columns of numbers, [Table.Dataset] with classes and names beside
// them for a picture; [Table.OneHot] makes numbers of categories, [Table.Complete] and [Table.Fill] deal with missing values.
// [CSV.Rows] streams what does not fit in memory.
package table
