//! What a user sees of `report`.
