# Two images.
#   verify   checks certificates: the default install, no torch, no numpy.
#                docker build --target verify -t auditor-verify .
#                docker run --rm --network none -v "$PWD/release:/release:ro" \
#                    -v "$PWD/auditor.pub:/auditor.pub:ro" auditor-verify verify /release --key /auditor.pub
#   run      trains and certifies on a GPU.
#                docker build --target run -t auditor-run .
#                docker run --rm --gpus all -v "$PWD:/data" auditor-run run recipe.toml --out release
#
# Bases are pinned by version. Whoever publishes an image pins the digest they have vetted as well:
#   --build-arg BASE=docker.io/library/python:3.13.13-slim-bookworm@sha256:...
ARG BASE=docker.io/library/python:3.13.13-slim-bookworm
ARG CUDA_BASE=docker.io/nvidia/cuda:13.2.1-cudnn-runtime-ubuntu24.04

FROM ${BASE} AS build-verify
WORKDIR /source
RUN python3 -m venv /opt/auditor
COPY . .
RUN /opt/auditor/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM ${BASE} AS verify
COPY --from=build-verify /opt/auditor /opt/auditor
ENV PATH=/opt/auditor/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["audit"]
CMD ["--help"]

FROM ${CUDA_BASE} AS run
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/auditor
COPY . /source
RUN /opt/auditor/bin/pip install --no-cache-dir --disable-pip-version-check "/source[run]"
ENV PATH=/opt/auditor/bin:$PATH PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /data
USER 65532:65532
ENTRYPOINT ["audit"]
CMD ["--help"]
