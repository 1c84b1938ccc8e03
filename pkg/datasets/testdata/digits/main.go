// A program that uses another embedded table; linking_test.go looks into it.
package main

import "github.com/flatland-go/flatland/pkg/datasets"

func main() { print(datasets.Digits().String()) }
