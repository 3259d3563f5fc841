//! What a user sees of `record`.
