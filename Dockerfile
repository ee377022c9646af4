# syntax=docker/dockerfile:1
# The image of the jobs: the project, its locked packages (on Linux x86-64 PyPI's torch is the
# CUDA build), and nothing to develop or look at it with. Any Debian with Python 3.11 or newer, and
# python3-venv, is a base. The tag moves with Debian's corrections; to pin it, write its digest behind
# it: docker buildx imagetools inspect python:3.12-slim-bookworm --format '{{.Manifest.Digest}}'
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python3 -m venv /opt/venv
COPY pyproject.toml requirements.lock infra/cuda.lock README.md LICENSE ./
# Dependencies first: they change seldom, and this layer is nearly all of the image.
RUN mkdir -p src/mineral_prospectivity \
    && touch src/mineral_prospectivity/__init__.py \
    && /opt/venv/bin/pip install --no-compile \
       --constraint requirements.lock --constraint cuda.lock ".[aws]" \
    && /opt/venv/bin/pip uninstall --yes mineral-prospectivity \
    && rm -r src
COPY src src
RUN /opt/venv/bin/pip install --no-compile --no-deps --editable . \
    && find /opt/venv -type d \( -name tests -o -name test \) -path "*/site-packages/*" \
       -not -path "*/numpy/*" -not -path "*/torch/*" -prune -exec rm -r {} +
# Compiled here: a job, whose file system is read-only, would do so at each start. Not checked against
# times, which a copy between stages may round; templates among the packages that are no Python stay.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib src \
    || true

FROM ${BASE}
# libgomp: LightGBM; libexpat: GDAL in rasterio's wheel.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libexpat1 libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin member
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /app/src /app/src
COPY pyproject.toml README.md /app/
COPY conf /app/conf
COPY --chown=10001 data /app/data
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1
WORKDIR /app
# The code's own word for where results come from: there is no checkout to ask. Last, since it changes.
ARG COMMIT=unknown
ENV PROSPECTIVITY_GIT_COMMIT=${COMMIT}
USER 10001
CMD ["kedro", "run"]
