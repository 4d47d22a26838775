# The centre's image: ingest and server, one process a container. Build from the repository's root:
#   docker build -f docker/centre.Dockerfile -t tantou-centre .
FROM node:24-bookworm-slim AS console
WORKDIR /build
COPY console/package.json console/package-lock.json console/.npmrc console/
RUN npm --prefix console ci --ignore-scripts
COPY console console
COPY server/openapi.json server/openapi.json
RUN npm --prefix console run build

FROM python:3.11-slim-bookworm AS wheel
WORKDIR /build
COPY locks/build.txt locks/build.txt
RUN pip install --no-cache-dir --require-hashes -r locks/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY contract contract
COPY ground ground
COPY detectors detectors
COPY models models
COPY edge edge
COPY ingest ingest
COPY store store
COPY server server
COPY tantou tantou
COPY --from=console /build/server/static server/static
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.11-slim-bookworm
COPY locks/ingest.txt locks/server.txt /locks/
RUN pip install --no-cache-dir --require-hashes -r /locks/ingest.txt \
 && pip install --no-cache-dir --require-hashes -r /locks/server.txt \
 && useradd --system --uid 10001 --create-home tantou
COPY --from=wheel /build/dist/*.whl /tmp/
RUN pip install --no-cache-dir --no-deps /tmp/*.whl && rm /tmp/*.whl
USER tantou
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["tantou"]
