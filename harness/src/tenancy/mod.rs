//! What a tenant is: one file per model.
