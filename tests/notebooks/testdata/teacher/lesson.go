// Package lesson is what a teacher's own module might hold.
package lesson

// Sum adds numbers.
func Sum(numbers ...int) (sum int) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}
