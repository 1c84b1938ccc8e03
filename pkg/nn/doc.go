// Package nn answers: what does a small network learn, and on what way?
//
// It trains networks of a few thousand parameters on the processor, in seconds, so that what
// happens during training can be looked at: parameters and activations at any step, losses
// and gradients anywhere, Jacobians, random subspaces of the parameters.
//
//	multilayer perceptrons     MLP: classes or targets, layer by layer
//	codes                      Autoencoder, SAE (sparse, overcomplete)
//	superposition              ToySuperposition, PhaseDiagram
//	parameters as one vector   MLPModel.Parameters, Objective, GradientError
//
// An *Objective is what intrinsic.ObjectiveLandscape seeks in random subspaces, and an *MLPModel
// what intrinsic.LocalRank looks at.
//
// A method is a struct value whose zero value is the published default. The same options,
// seed and rows give the same bits on any number of cores: a batch is cut into parts by its
// length alone, whose gradients are added in order. Values are float32, losses are summed in
// float64.
package nn
