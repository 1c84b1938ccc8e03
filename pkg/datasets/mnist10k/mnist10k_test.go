package mnist10k_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
)

func ExampleLoad() {
	d := mnist10k.Load()
	fmt.Print(d)
	fmt.Println(d.Labels[:10])
	// Output:
	// mnist10k   10000 × 784
	// images     28 × 28 pixels
	// classes    0 (980), 1 (1135), 2 (1032), 3 (1010), 4 (982), 5 (892), 6 (958), 7 (1028), 8 (974), 9 (1009)
	// note       the test part of the published set
	// source     Y. LeCun, C. Cortes and C. J. C. Burges (1998), The MNIST database of handwritten digits, CC BY-SA 3.0
	// [7 2 1 0 4 1 4 9 5 9]
}

// A picture for whoever reads without one.
func ExampleBytes() {
	pixels, labels := mnist10k.Bytes()
	fmt.Println("row 1 is a", labels[1])
	first := pixels[mnist10k.Side*mnist10k.Side:]
	for y := 3; y < 21; y += 2 {
		for x := 5; x < 22; x++ {
			fmt.Printf("%c", ".-+#"[first[y*mnist10k.Side+x]/64])
		}
		fmt.Println()
	}
	// Output:
	// row 1 is a 2
	// .....--+##+-.....
	// ...+####++##-....
	// ..-##....-##-....
	// ........-###.....
	// .......+##+......
	// ......###........
	// ....-##+.........
	// ...+##+..........
	// ...###...........
}

func TestDigitsAreThePublishedOnes(t *testing.T) {
	d := mnist10k.Load()
	if n, cols := d.X.Dims(); n != 10_000 || cols != 784 || len(d.Labels) != n || len(d.Features) != cols {
		t.Fatalf("%d × %d values, %d labels, %d features", n, cols, len(d.Labels), len(d.Features))
	}
	count := make([]int, 10)
	for _, l := range d.Labels {
		count[l]++
	}
	if want := []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}; !slices.Equal(count, want) {
		t.Errorf("classes of %v rows, want %v", count, want)
	}
	if sum := mat.Sum(d.X); sum != 264_923_200 {
		t.Errorf("the pixels add up to %v, want 264923200", sum)
	}
	if width, height := d.Image(0).Bounds().Dx(), d.Image(0).Bounds().Dy(); width != 28 || height != 28 {
		t.Errorf("pictures are %d × %d", width, height)
	}
	// What is embedded is what Load unpacks, and each call has its own.
	pixels, labels := mnist10k.Bytes()
	for k, v := range d.X.RawMatrix().Data {
		if v != float64(pixels[k]) {
			t.Fatalf("pixel %d of row %d is %v, published as %d", k%784, k/784, v, pixels[k])
		}
	}
	clear(pixels)
	clear(labels)
	if again, _ := mnist10k.Bytes(); slices.Max(again) == 0 {
		t.Error("the next caller reads what this one wrote")
	}
}

// The pixels and the labels belong together: to the nearest of 9000 digits, 1000
// others are as near as is known of the set (about 95 in 100 are the same digit;
// unrelated labels would give 10).
func TestNeighborsAreTheSameDigit(t *testing.T) {
	testenv.Unraced(t)
	pixels, labels := mnist10k.Bytes()
	const side = 784
	queries, right := 150, 0
	for q := range queries {
		a := pixels[q*side:][:side]
		best, nearest := math.MaxInt, 0
		for i := 1000; i < 10_000; i++ {
			sum := 0
			for k, v := range pixels[i*side:][:side] {
				d := int(v) - int(a[k])
				sum += d * d
				if k%112 == 111 && sum >= best {
					break
				}
			}
			if sum < best {
				best, nearest = sum, i
			}
		}
		if labels[nearest] == labels[q] {
			right++
		}
	}
	if share := float64(right) / float64(queries); share < 0.88 {
		t.Errorf("the nearest of 9000 digits is the same one in %v of the cases", share)
	} else {
		t.Logf("1-NN accuracy %.3f", share)
	}
}

// The embedded file holds the published files, byte by byte.
func TestPackedFromThePublishedFiles(t *testing.T) {
	pixels, labels := mnist10k.Bytes()
	for name, values := range map[string][]byte{
		"mnist/t10k-images-idx3-ubyte.gz": pixels,
		"mnist/t10k-labels-idx1-ubyte.gz": labels,
	} {
		published := unzip(t, testenv.Data(t, name))
		if head := len(published) - len(values); head != 16 && head != 8 || !slices.Equal(published[head:], values) {
			t.Errorf("%s holds other bytes", name)
		}
	}
}
