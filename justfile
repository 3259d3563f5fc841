# Everyday commands. `just` lists them.

default:
    @just --list

# The main job on the sample data.
run:
    cargo run --release -- run --inbox sample-data/inbox --store target/demo/store --out target/demo/out --as-of 2026-11-22

# All tests.
test:
    cargo test --release

# Format and lints, reusing the release build of the dependencies.
lint:
    cargo fmt --check
    bash .ci/lint

# What CI does.
ci:
    bash .ci/run
