package similarity

// linearValues are those of the linear and kernel measures.
var linearValues []published
