//! What a user sees of `cli`.
