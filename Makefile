# SPDX-License-Identifier: Apache-2.0
#
# The commands of this project; 'make help' lists them. Each is a script that also
# runs by itself. Products go to build/ and target/, nothing else is touched.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
CARGO ?= cargo

export PREFIX LIBDIR DESTDIR

.DEFAULT_GOAL := all
.PHONY: all lib deps demo check check-threads windows check-windows docs bench bench-layers bench-handshakes bench-pool bench-pipeline install servers servers-down clean help

all: lib

lib: ## the library, shared and static, in build/lib (the default)
	$(CARGO) build --release --lib --locked
	scripts/link-shared.sh

deps: ## Debian packages that building needs, if any is missing
	scripts/deps.sh build

demo: ## builds, starts a private MariaDB, compiles and runs examples/ (ATTACHSQL_DEMO_URL: on your server)
	scripts/demo.sh

check: ## everything that is tested on this platform
	scripts/check.sh

windows: ## attachsql.dll and its libraries, cross-built, in build/windows
	scripts/windows/build.sh

check-windows: ## the C tests under Wine
	scripts/windows/check.sh

check-threads: ## programs with threads under ThreadSanitizer, on the private servers; a part of check
	scripts/threads.sh

docs: ## the manual, in build/docs
	scripts/docs.sh

bench: ## what a row and a query cost
	bench/run.sh

bench-layers: ## what TLS and compression cost, on the private servers
	bench/layers.sh

bench-handshakes: ## what a login over TLS costs, full and resumed, on the private servers
	bench/handshakes.sh

bench-pipeline: ## commands per second in pipelines, on the private servers
	bench/pipeline.sh

bench-pool: ## what queries on a pool cost, for 1 to 10,000 connections, and what idle ones do
	bench/pool.sh

# Installs what was built, so that it can run as root without Rust: 'make && sudo make install'.
install: ## library, headers and libattachsql.pc into PREFIX (/usr/local), LIBDIR, DESTDIR
	@test -e build/lib/libattachsql.so || $(MAKE) --no-print-directory lib
	scripts/install.sh

servers: ## the private test servers, started and left running
	scripts/servers.sh up

servers-down: ## stops them
	scripts/servers.sh down

clean: ## removes everything that was made here, test servers included
	scripts/servers.sh clean
	rm -rf build
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22
