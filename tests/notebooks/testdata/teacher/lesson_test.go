package lesson

import (
	"testing"

	"github.com/flatland-go/flatland/pkg/nbtest"
)

func TestNotebooks(t *testing.T) {
	nbtest.Run(t, "notebooks/*.ipynb", nbtest.Options{})
}
