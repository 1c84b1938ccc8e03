package conformance

import "slices"

// table holds the row of every public method, room by room.
var table = slices.Concat(neighborsRows, []row{hnswRow, nndescentRow}, affinityRows, drRows, drPCARows, drFactorsRows, drPartsRows, drLinearRows, drStreamRows, drTreatmentRows, drCosineRows, drWhiteningRows, drLearnedRows, drSpectralRows, drMDSRows, drGeodesicRows, drHeatRows, drTriMapRows, drLargeVisRows, drUMAPRows, drAlignedRows, []row{globalScoreRow, drFunctorialRow}, drPaCMAPRows, drSubbundleRows, drRiemannianRows, intrinsicRows, intrinsicAngleRows, intrinsicScaleRows, intrinsicRatioRows, qualityRows, qualityRankRows, qualityDistanceRows, qualityReliabilityRows, qualityReportRows, sketchRows, spectrumRows, spectrumScoreRows, intrinsicScoreRows, intrinsicProfileRows, similarityUnitsRows, similarityLinearRows, similarityNeighborRows, similarityProfileRows, similarityShapeRows, hyperbolicRows, geometryCloudRows, geometryLinearRows, geometrySubspaceRows, geometrySpreadRows, geometryMagnitudeRows, topologyDiagramRows, geometryCurvatureRows, geometryGraphRows, geometryRichRows, topologyRichRows, nnRows, clusterRows, drSubspaceRows, dynamicsRows, searchRows)
