//! What a user sees of `store`.
