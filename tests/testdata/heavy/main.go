// A program that links what no cell may.
package main

import (
	"net/http"
	"os"
	"text/template"
)

func main() {
	template.Must(template.New("").Parse(os.Args[0])).Execute(os.Stdout, http.DefaultClient)
}
