package nn

// Momentum moves parameters against a running sum of their gradient, of which a step keeps
// Keep, looking one step ahead (Y. Nesterov, 1983, A method of solving a convex programming
// problem with convergence rate O(1/k²); in the form of I. Sutskever, J. Martens, G. Dahl and
// G. Hinton, 2013, On the importance of initialization and momentum in deep learning). With
// Keep 0 it is plain gradient descent.
type Momentum struct {
	Keep float64

	steps    int
	rate     float32
	velocity []float32
}

// Begin begins a step.
func (m *Momentum) Begin(rate float64, parameters int) {
	m.State(parameters)
	m.steps++
	m.rate = float32(rate)
}

// Move takes the step of parameters lo on.
func (m *Momentum) Move(lo int, values, slopes []float32) {
	keep, velocity := float32(m.Keep), m.velocity[lo:][:len(values)]
	for i, g := range slopes[:len(velocity)] {
		velocity[i] = keep*velocity[i] - m.rate*g
		values[i] += keep*velocity[i] - m.rate*g
	}
	clear(slopes)
}

// State returns the number of steps and the velocity.
func (m *Momentum) State(parameters int) (steps *int, vectors [][]float32) {
	if m.velocity == nil {
		m.velocity = make([]float32, parameters)
	}
	return &m.steps, [][]float32{m.velocity}
}
