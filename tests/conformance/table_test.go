package conformance

import "slices"

// table holds the row of every public method, room by room.
var table = slices.Concat(neighborsRows, []row{hnswRow, nndescentRow}, drRows, drFactorsRows, drPartsRows, drLinearRows, drStreamRows, drTreatmentRows, drLearnedRows, intrinsicRows, qualityRows, sketchRows, spectrumRows)
