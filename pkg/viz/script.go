package viz

import (
	"fmt"
	"os"
	"path/filepath"
)

// A script is a file of the drawing library, by its npm package. Its version and hash are those that the page's script is tested with.
type script struct {
	name, version, file string
	integrity           string // as in the integrity attribute of a page
}

var echarts = script{"echarts", "6.1.0", "dist/echarts.min.js", "sha384-C2iskrW/uPW46KzOjrvJIQo4YkV8lkD+QS0CrDN18IIPIpT/g2USu8bTP3nvmIAD"}

// url is where the file is when this machine has none: a content delivery network that serves npm packages by version.
func (s script) url() string {
	return "https://cdn.jsdelivr.net/npm/" + s.name + "@" + s.version + "/" + s.file
}

// find returns the script's text from this machine, or nil.
func (s script) find() ([]byte, error) {
	if named := os.Getenv("FLATLAND_ECHARTS"); named != "" {
		code := s.in(named)
		if code == nil {
			return nil, fmt.Errorf("viz: FLATLAND_ECHARTS is %s, where there is no %s", named, filepath.Base(s.file))
		}
		return code, nil
	}
	for _, dir := range places() {
		if code := s.in(dir); code != nil {
			return code, nil
		}
	}
	return nil, nil
}

// in looks for the script at a path: the file itself, or a directory that holds it by one of its names.
func (s script) in(path string) []byte {
	base := filepath.Base(s.file)
	candidates := []string{filepath.Join(path, s.name, filepath.FromSlash(s.file)), filepath.Join(path, filepath.FromSlash(s.file)), filepath.Join(path, base)}
	if filepath.Base(path) == base {
		candidates = append(candidates, path)
	}
	for _, c := range candidates {
		if code, err := os.ReadFile(c); err == nil {
			return code
		}
	}
	return nil
}

// places lists the directories to look in when none is named.
func places() []string {
	var dirs []string
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		if home, err := os.UserHomeDir(); err == nil {
			data = filepath.Join(home, ".local", "share")
		}
	}
	if data != "" {
		dirs = append(dirs, filepath.Join(data, "flatland", "echarts"))
	}
	if dir, err := os.Getwd(); err == nil {
		for {
			dirs = append(dirs, filepath.Join(dir, ".tools", "node_modules"))
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return dirs
}
