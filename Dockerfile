# One image for the API and for workers. It runs `reelbatch api` by default; workers run `reelbatch worker`.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/reelbatch
# lottie-web, which runs in the HTML engine's browser. The lock file contains its version and hash.
ARG HTML_ENGINE=false
WORKDIR /player
COPY deploy/lottie-web ./
# hadolint ignore=DL3008
RUN mkdir /opt/lottie-web \
    && if [ "$HTML_ENGINE" = true ]; then \
        apt-get update \
        && apt-get install --yes --no-install-recommends npm \
        && npm ci --ignore-scripts \
        && cp node_modules/lottie-web/LICENSE.md /opt/lottie-web \
        && cp node_modules/lottie-web/build/player/lottie_svg.min.js /opt/lottie-web; \
    fi
WORKDIR /source
# Files that rarely change come first, so that a code change does not install everything again.
COPY requirements-build.lock requirements-server.lock ./
RUN pip install --require-hashes --requirement requirements-build.lock \
    && pip --python /opt/reelbatch/bin/python install --require-hashes --requirement requirements-server.lock
COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/reelbatch/bin/python install --no-deps /wheels/*.whl

FROM python:3.11.14-slim-bookworm
# Nothing is installed in the final image, so package tools would only help an intruder.
RUN pip uninstall --yes --root-user-action=ignore pip setuptools wheel
# The browser for the HTML engine takes 300 MB, so it needs `--build-arg HTML_ENGINE=true`. Debian does not keep
# old versions, so it cannot be pinned.
ARG HTML_ENGINE=false
# hadolint ignore=DL3008
RUN if [ "$HTML_ENGINE" = true ]; then \
        apt-get update \
        && apt-get install --yes --no-install-recommends chromium-headless-shell \
        && rm -rf /var/lib/apt/lists/*; \
    fi
# Fonts for all scripts and colour emoji. Debian does not keep old versions of them either.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/reelbatch /opt/reelbatch
COPY --from=build /opt/lottie-web /opt/lottie-web
RUN useradd --create-home --uid 10001 reelbatch && install --directory --owner=10001 /scratch
# A number, because Kubernetes can check only numbers for `runAsNonRoot`.
USER 10001
WORKDIR /home/reelbatch
# Only work files are written, so the rest of the image may be read-only.
VOLUME /scratch
ENV PATH=/opt/reelbatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    REELBATCH_LOTTIE_WEB=/opt/lottie-web/lottie_svg.min.js REELBATCH_SCRATCH=/scratch \
    REELBATCH_API_HOST=0.0.0.0 REELBATCH_LOG_JSON=true
EXPOSE 8080
CMD ["reelbatch", "api"]
