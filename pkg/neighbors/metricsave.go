package neighbors

import (
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// plainMetrics are those that their type says all about.
var plainMetrics = []Metric{Euclidean{}, SquaredEuclidean{}, Cosine{}, Correlation{}, Manhattan{}, Chebyshev{}, Canberra{},
	BrayCurtis{}, Hamming{}, Jaccard{}, Dice{}, Hellinger{}, Haversine{}, JensenShannon{}, Spearman{}, Poincare{}}

// WriteMetric writes a metric in a form that ReadMetric reads: for models that compare new
// rows. A Func, of which there is only code, fails the file with a *mat32.ParamError for
// method.
func WriteMetric(s *saved.Writer, method string, m Metric) {
	for k, plain := range plainMetrics {
		if m.String() == plain.String() {
			s.Int(k)
			return
		}
	}
	s.Int(-1)
	s.Text(m.String())
	switch m := m.(type) {
	case Minkowski:
		s.Float(m.P)
		s.Floats(m.Weights)
	case Mahalanobis:
		s.Matrix(squareOf(m.Covariance))
		s.Matrix(squareOf(m.Inverse))
	default:
		s.Fail(&mat32.ParamError{Method: method, Param: "Metric", Value: m.String(), Want: "a metric other than a Func, which cannot be saved"})
	}
}

func squareOf(c mat.Symmetric) *mat.Dense {
	if c == nil {
		return nil
	}
	return mat.DenseCopyOf(c)
}

// ReadMetric reads what WriteMetric wrote.
func ReadMetric(s *saved.Reader) Metric {
	k := s.Int()
	if k >= 0 && k < len(plainMetrics) {
		return plainMetrics[k]
	}
	name := s.Text()
	var m Metric
	if k == -1 && len(name) > 2 && name[:2] == "mi" {
		m = Minkowski{P: s.Float(), Weights: s.Floats()}
	} else if k == -1 {
		m = Mahalanobis{Covariance: symmetricOf(s), Inverse: symmetricOf(s)}
	}
	if s.OK() && (m == nil || m.String() != name) {
		s.Fail("its metric is not known")
	}
	return m
}

func symmetricOf(s *saved.Reader) mat.Symmetric {
	c := s.Matrix()
	if c == nil {
		return nil
	}
	n, d := c.Dims()
	if n != d {
		s.Fail("the matrix of its metric is not square")
		return nil
	}
	return mat.NewSymDense(n, c.RawMatrix().Data)
}
