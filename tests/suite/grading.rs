//! What a user sees of `grading`.
