# A saved sampler over HTTP (docs/how-to/serving.md):
#
#   docker build -t idgen .
#   docker run -p 127.0.0.1:8000:8000 -v "$PWD/models:/models:ro" -e IDGEN_TOKEN idgen /models/fitted
#
# The folder *above* the sampler is mounted, since who saves anew puts another folder in its place.

FROM python:3.12-slim AS build
ARG EXTRAS=torch,images,estimate,serve
# Torch without CUDA; --build-arg PIP_ARGS= takes the one of the index that pip knows, with it.
ARG PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY idgen_compiler idgen_compiler
COPY backends backends
RUN python -m venv /opt/idgen \
    && /opt/idgen/bin/pip install --no-cache-dir --disable-pip-version-check $PIP_ARGS -c constraints.txt ".[$EXTRAS]"

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home idgen
COPY --from=build /opt/idgen /opt/idgen
ENV PATH=/opt/idgen/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# Everybody who reaches the container can ask; so a token is wanted, or --without-token where that is meant.
ENTRYPOINT ["idgen", "serve", "--host", "0.0.0.0"]
CMD ["/models/sampler"]
