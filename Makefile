# What a newcomer types. Everything built or downloaded lands outside the checkout, under ~/.cache.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tinderbox
export CARGO_TARGET_DIR ?= $(CACHE)/target
BIN := $(CARGO_TARGET_DIR)/release/tinderbox
VENV := $(CACHE)/venv
PYTEST := $(VENV)/bin/python -m pytest

.PHONY: run build test test-rust test-runtimes test-e2e lint tools sdk venv bench bench-scale bench-wire torture clean

## run: build, start in the foreground with the hello function deployed (any port: make run LISTEN=127.0.0.1:0)
run: build sdk
	$(BIN) up $(if $(LISTEN),--listen $(LISTEN)) --deploy examples/hello-python

build:
	cargo build --release --locked --package tinderbox

## test: every test, installing what it needs
test: test-rust test-runtimes test-e2e

test-rust:
	cargo test --workspace --locked --quiet

test-runtimes: venv sdk
	$(PYTEST) runtimes/tests -q -n 2

test-e2e: build venv sdk
	TINDERBOX=$(BIN) $(PYTEST) tests -q -n 2

## lint: format, clippy, layers, generated code, licences
lint: tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask layers
	cargo xtask codegen --check
	cargo xtask coverage --check
	$(CACHE)/tools/bin/cargo-deny --all-features check licenses bans sources

## bench: release build against its floors and peers, written to bench/RESULTS.md
bench: build venv sdk
	cargo build --release --locked --package tinderbox-bench
	scripts/peers
	$(VENV)/bin/python bench/run.py --binary $(BIN) --programs $(CARGO_TARGET_DIR)/release

## bench-scale: ten functions beside 50,000, written to bench/RESULTS-scale.md
bench-scale: build venv sdk
	cargo build --release --locked --package tinderbox-bench
	$(VENV)/bin/python bench/scale.py --binary $(BIN) --load $(CARGO_TARGET_DIR)/release/load

## bench-wire: from a request's bytes to its response's, in each protocol
bench-wire:
	cargo run --release --locked --package tinderbox-wire --example speed

## torture: the long runs
torture: build venv sdk
	TINDERBOX_FUZZ_RUNS=10000000 cargo test --workspace --locked --release fuzz_ -- --nocapture
	TINDERBOX_TORTURE_CYCLES=1000 cargo test --workspace --locked --release
	TINDERBOX=$(BIN) TINDERBOX_TORTURE=1 $(PYTEST) tests -q -n 2

sdk:
	@scripts/sdk

tools:
	@scripts/tools

venv: $(VENV)/.ready

$(VENV)/.ready: tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	cargo clean
