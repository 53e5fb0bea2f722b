# One environment in .venv, set up once; everything else runs in it. Works with GNU make 3.81 and newer.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Python keeps what it compiles: without, each of the suite's kernels and processes compiles torch and diffusers anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv demo studio book test scoreboard bench figures screenshots studies slides badges pocket constraints clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP)  ## set up .venv (again only when pyproject.toml or constraints.txt change)

# uv does not read pip's settings, so a stray pip folder of wheels cannot slip another torch in.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "maskedit needs Python 3.11 or newer, and $(PYTHON) is `$(PYTHON) --version 2>&1`." \
			"Name another one: make venv PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[test,notebooks,words]'
	@touch $(STAMP)

demo: $(STAMP)  ## the three cases end to end, on the pocket models
	$(BIN)/maskedit demo

# Of sphinx-revealjs only reveal.js is used, which it carries, so that the deck needs no network.
slides: $(STAMP)  ## the ten-minute talk as a deck in one file, for a browser without a network
	@$(BIN)/python -c 'import sphinx_revealjs' 2>/dev/null || \
		$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[slides]'
	@$(BIN)/python docs/slides/build.py

# For this machine only. The folder `page` holds the page and the template that Voila finds by JUPYTER_PATH.
studio: PAGE := maskedit_helpers/notebook/page
studio: $(STAMP)  ## the studio alone in the browser, without code; Ctrl-C ends it
	@$(BIN)/python -c 'import voila' 2>/dev/null || \
		$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[studio]'
	JUPYTER_PATH=$(CURDIR)/$(PAGE) $(BIN)/voila --Voila.ip=127.0.0.1 --template=studio $(ARGS) $(PAGE)/studio.ipynb

# Without a network once [book] is installed. What the notebooks gave is kept in docs/_build/executed.
book: $(STAMP)  ## the book in docs/_build/html: all notebooks run and shown, the verbs, the cards
	@$(BIN)/python -c 'import sphinx_book_theme, myst_nb, numpydoc, latex2mathml' 2>/dev/null || \
		$(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e '.[book]'
	$(BIN)/python docs/book/build.py

# Two processes with one thread each, for two cores: more threads than cores only get in each other's way. Each takes
# half of the tests in their order, so that few modules' fixtures are made twice, and then some of what the other has
# left; the notebooks come first (notebooks/conftest.py), so that neither waits for a long one at the end.
test: $(STAMP)  ## ruff and all tests; ARGS="-k blend" goes to pytest
	$(BIN)/ruff check .
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

scoreboard: $(STAMP)  ## measure again what has changed, and write the tables of docs/results.md and the model cards
	$(BIN)/python -m maskedit_helpers.studies.pages

# By itself, for seconds are this machine's; let it be idle.
bench: $(STAMP)  ## measure how fast an edit is, and write the table and figure of docs/speed.md (four minutes, nothing else running)
	$(BIN)/python -m maskedit_helpers.studies.bench.page

studies: $(STAMP)  ## draw and write the figures and tables of all studies from their kept rows; nothing is measured
	$(BIN)/python -m maskedit_helpers.studies.sweep.pages

figures: $(STAMP)  ## draw the README's picture again
	$(BIN)/maskedit demo --size pocket --out results/demo
	mkdir -p data/figures
	cp results/demo/demo.png data/figures/demo.png

screenshots: $(STAMP)  ## take the pages' and the book's pictures of the widgets again; needs Chromium
	MASKEDIT_REQUIRE_BROWSER=1 MASKEDIT_SCREENSHOTS=$(CURDIR)/data/figures $(BIN)/python -m pytest tests/notebook/test_browser.py
	$(BIN)/python docs/book/stills.py

badges:  ## write the notebooks' badges and set-up cells; REPO=owner/name changes the address first
	$(PYTHON) notebooks/badges.py $(REPO)

pocket: $(STAMP)  ## train the pocket models again (seven hours and a half on two cores)
	$(BIN)/maskedit train all

# Resolved for Python 3.11 and up on every system at once. CUDA's own packages stay out: torch brings the ones
# it needs, and none where there is no GPU. The markers go too, so that a line is always name==version.
constraints: $(STAMP)  ## resolve constraints.txt anew, to the newest versions
	printf 'uv\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
		--no-annotate --no-header --all-extras --upgrade pyproject.toml - -o .venv/resolved.txt
	{ echo '# Every package of the environment at one tested version; made by `make constraints`, not by hand.'; \
		sed -e 's/ *;.*//' .venv/resolved.txt | grep -Ev '^(nvidia|cuda|triton)' | LC_ALL=C sort; \
	} > .venv/constraints.txt
	mv .venv/constraints.txt constraints.txt

clean:  ## remove .venv and caches; models and results stay (for results: maskedit clean)
	rm -rf .venv build dist docs/_build .pytest_cache .ruff_cache .hypothesis
	find maskedit_helpers tests -name __pycache__ -prune -exec rm -rf {} +
