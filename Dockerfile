# The program alone, from its wheel, in the versions that the tests have seen; docs/installing.md says how to use it.

FROM python:3.12-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /build
COPY . .
# In the folder of the project uv takes the versions that pyproject.toml pins.
RUN uv build --wheel --out-dir dist \
    && uv venv /opt/hypercluster \
    && uv pip install --python /opt/hypercluster dist/*.whl

FROM python:3.12-slim
COPY --from=build /opt/hypercluster /opt/hypercluster
# Any user may write results, and compiled code, which a volume keeps for the next container.
ENV PATH=/opt/hypercluster/bin:$PATH HOME=/data NUMBA_CACHE_DIR=/data/compiled
RUN mkdir -p /data/results /data/compiled && chmod 1777 /data /data/results /data/compiled
USER 1000:1000
WORKDIR /data
VOLUME /data/results /data/compiled
ENTRYPOINT ["hypercluster"]
CMD ["--help"]
