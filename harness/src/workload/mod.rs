//! What a tenant installs.
