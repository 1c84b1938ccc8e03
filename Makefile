# Every target sets up what it needs by itself. Logic lives in docker/ and tests/run/.
.DEFAULT_GOAL := help
.PHONY: help demo lab test lint unit promises race browser notebooks bench golden fuzz fresh-test image-test

stages := tests/run/stages.sh
nbrun  := go run ./tests/notebooks/cmd/nbrun

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: ## execute the quickstart notebook and write build/01_quickstart.html
	@docker/setup.sh notebooks
	@$(nbrun) -timeout 5m -html build notebooks/01_quickstart.ipynb
	@echo "Open build/01_quickstart.html in a browser."

lab: ## open the notebooks in JupyterLab on 127.0.0.1
	@docker/lab.sh

test: ## run every check within its time budget
	@$(stages)

lint: ## run vet, gofmt, staticcheck, the rules of style and layers, and the syntax check of shell scripts
	@$(stages) lint

unit: ## run the unit tests
	@$(stages) unit

promises: ## try what every method promises
	@$(stages) promises

race: ## run the unit tests under the race detector
	@$(stages) race

browser: ## run the browser tests
	@$(stages) browser

notebooks: ## execute every notebook again and save its outputs in place
	@docker/setup.sh notebooks
	@$(nbrun) -save $(filter-out notebooks/00%,$(wildcard notebooks/*.ipynb)) notebooks/00_contents.ipynb

bench: ## measure Flatland and its peers, and write BENCHMARKS.md (CASE=pattern for some; GROWTH=1 for cost against n; QUICK=1 for a smoke run; DIMENSIONS=1 only prints estimates of known dimensions)
ifdef DIMENSIONS
	@go run ./tests/bench/cmd/dimensions
else
ifndef GROWTH
	@docker/setup.sh peers
	@go build -o build/bench ./tests/bench/cmd/bench
	@build/bench -case '$(CASE)' $(if $(QUICK),-quick)
endif
ifndef CASE
	@go build -o build/growth ./tests/bench/cmd/growth
	@build/growth $(if $(QUICK),-quick)
endif
endif

golden: ## make the golden files again from the peers
	@docker/setup.sh peers
	@tests/peers/golden.sh

fuzz: ## run each fuzz target of PACKAGES (all) for FUZZTIME (60s)
	@tests/run/fuzz.sh '$(or $(FUZZTIME),60s)' $(PACKAGES)

fresh-test: ## try the README on a fresh Debian machine (root, debootstrap)
	@tests/fresh/run.sh

image-test: ## build docker/Dockerfile and run notebooks in its containers (root, debootstrap; docker, podman or buildah)
	@tests/fresh/image.sh
