//! What a user sees of `synth`.
