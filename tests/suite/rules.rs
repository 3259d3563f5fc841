//! What a user sees of `rules`.
