# Two commands: `make lab` to learn, `make test` to prove. Each first builds .venv when it is missing or out of date.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Written last, so a broken set-up starts again; named after the folder, because .venv does not survive a move.
READY := $(VENV)/.ready-$(firstword $(shell pwd | cksum))
# Two workers, one thread each: threads of two processes that share two cores would only wait for each other.
# What one process compiles, the others find.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/python -m pytest
DECK := pt
NODE := slides/node_modules/.bin
MARP := node_modules/.bin/marp
# How many pixels of a slide in PPTX stand for one of its 1280 x 720.
SCALE := 1.5
# Where the project is on the web, for the links of its pages (README.md shows one).
REPOSITORY :=
DECKS := --input-dir . --output ../build/slides
# npm writes it last.
SLIDES := slides/node_modules/.package-lock.json

.DEFAULT_GOAL := lab
.PHONY: lab test check fullsize faults lint screenshots format notebooks figures deck slides site colab present bench checkpoints clean help

lab: $(READY) ## open JupyterLab at the notebooks (LAB_ARGS="..." goes to JupyterLab)
	@set --; \
	if [ "$$(id -u)" -eq 0 ]; then set -- --allow-root; fi; \
	if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then set -- "$$@" --no-browser; fi; \
	exec $(BIN)/python -m jupyterlab notebooks "$$@" $(LAB_ARGS)

test: $(READY) ## run every test, doctest and notebook (TEST_ARGS="..." goes to pytest)
	$(PYTEST) -n 2 $(TEST_ARGS)

check: lint ## the checks to run before each commit: style, types, fast tests and doctests
	$(PYTEST) -n 2 -m "not slow" --ignore tests/browser tests mini_gpt

fullsize: $(READY) ## run the lessons on a random model of GPT-2's full size, in both languages
	FULL_SIZE=1 $(PYTEST) -n 2 --dist=load tests/test_lessons_on_gpt2.py

faults: $(READY) $(SLIDES) ## check that the tests catch known mistakes, each made in a copy (FAULT=cache for some)
	$(BIN)/python tests/faults/run.py $(FAULT)

lint: $(READY) $(SLIDES) ## check style and types of Python and JavaScript, change nothing
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(NODE)/biome check
	$(NODE)/tsc

screenshots: deck $(READY) ## take pictures of every lesson and slide, in build/screenshots
	$(PYTEST) tests/browser/screenshots.py

format: $(READY) $(SLIDES) ## put the code into the project's style
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format
	$(NODE)/biome check --write

notebooks: $(READY) ## run the lessons again and store the notebooks (LESSON=01 for one)
	$(BIN)/python -m notebooks.build $(LESSON)

figures: $(READY) ## make the slides' pictures and numbers again (FIGURE=masks for those whose name starts so)
	$(BIN)/python -m assets.build $(FIGURE)

deck: $(SLIDES) ## make the slides' web pages: build/slides/gpt2.pt.html and gpt2.en.html
	cd slides && $(MARP) $(DECKS)

slides: deck ## make the slides as PDF, PPTX and the instructor's notes, too
	cd slides && $(MARP) $(DECKS) --pdf --pdf-notes --pdf-outlines --pdf-outlines.pages=false
	cd slides && $(MARP) $(DECKS) --pptx --image-scale $(SCALE)
	cd slides && $(MARP) $(DECKS) --notes

site: deck $(READY) ## make the lessons and the slides as web pages: build/site/index.html
	$(BIN)/python -m pages.build --repository "$(REPOSITORY)"

colab: $(READY) ## make the notebooks that Colab opens, in build/colab; they install from REPOSITORY=...
	$(BIN)/python -m pages.colab --repository "$(REPOSITORY)"

present: $(SLIDES) ## open the slides, and show each change at once (DECK=en for English)
	cd slides && $(MARP) --preview gpt2.$(DECK).md --output ../build/slides/gpt2.$(DECK).html

bench: $(READY) ## time mini_gpt beside transformers, on a quiet machine (BENCH_ARGS="..." goes to benchmarks/bench.py)
	$(BIN)/python benchmarks/bench.py $(BENCH_ARGS)

checkpoints: $(READY) ## train the weights that ship, 45 minutes on two cores
	$(BIN)/python -m mini_gpt.lesson.train_town

clean: ## remove .venv and everything else that make made
	rm -rf $(VENV) build dist slides/node_modules *.egg-info .*_cache .hypothesis
	find benchmarks mini_gpt notebooks pages tests \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info >= (3, 11, 5); v or sys.exit("This needs Python 3.11.5 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@echo "Setting up $(VENV), once and again when the requirements change: about 0.6 GB to download."
	@if [ "$$(uname)" = Linux ] && [ -z "$$PIP_EXTRA_INDEX_URL$$PIP_INDEX_URL$$CI" ]; then \
		echo "On Linux, pip's PyTorch may bring CUDA: then it is about 3.5 GB. README.md tells how to do without."; fi
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[lesson,hub,dev]' --constraint constraints.txt
	@cp mini_gpt/lesson/jupyter_nbconvert_config.json $(VENV)/etc/jupyter/
	@rm -f $(VENV)/.ready-*
	@touch $@

$(SLIDES): slides/package-lock.json
	@command -v npm >/dev/null || { echo "The slides need Node.js 18 or newer with npm, and so do lint and format: install it, on Debian with apt install nodejs npm" >&2; exit 1; }
	npm --prefix slides ci
	@touch $@
