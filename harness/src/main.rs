//! `tenantbench`: what each way of sharing a Kubernetes cluster costs and leaks.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A second call would fail, and there is none.
    drop(rustls::crypto::ring::default_provider().install_default());
    tenantbench::cli::main()
}
