module github.com/flatland-go/flatland

go 1.26
