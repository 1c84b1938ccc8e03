// Package course tests the notebooks of a course: copy this folder, and put yours into notebooks.
package course

import (
	"testing"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

func TestNotebooks(t *testing.T) {
	nbtest.Run(t, "notebooks/*.ipynb", nbtest.Options{})
}
