# A gateway's image. Build from the repository's root:
#   docker build -f docker/edge.Dockerfile -t tantou-edge .
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
COPY tantou tantou
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/*
COPY locks/edge.txt /locks/
RUN pip install --no-cache-dir --require-hashes -r /locks/edge.txt \
 && useradd --system --uid 10001 --create-home tantou
COPY --from=wheel /build/dist/*.whl /tmp/
RUN pip install --no-cache-dir --no-deps /tmp/*.whl && rm /tmp/*.whl \
 && install --directory --owner=tantou --mode=0700 /var/lib/tantou
USER tantou
# Plate readers of published packages; without them a gateway says plate_reader_unavailable and goes on.
RUN for card in plate-corners-clp plate-text-clp plate-text-ppocr4 plate-text-ppocr6; do \
      tantou models pull $card > /dev/null || exit 1; \
    done
# HJ 212 devices come to this port where edge.toml has [hj212] with host = "0.0.0.0".
EXPOSE 9212
VOLUME /var/lib/tantou
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["tantou", "edge", "run", "--config", "/etc/tantou/edge.toml"]
