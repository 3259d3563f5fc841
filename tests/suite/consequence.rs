//! What a user sees of `consequence`.
