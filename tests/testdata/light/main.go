// A program of nothing.
package main

func main() { println("light") }
