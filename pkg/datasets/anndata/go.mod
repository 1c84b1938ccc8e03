module github.com/flatland-go/flatland/pkg/datasets/anndata

go 1.26

require github.com/flatland-go/flatland v0.0.0

require golang.org/x/sys v0.29.0 // indirect

require (
	github.com/klauspost/compress v1.18.4
	gonum.org/v1/gonum v0.17.0
)

replace github.com/flatland-go/flatland => ../../..
