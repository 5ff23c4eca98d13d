# Tidemark in one container: `docker build -t tidemark . && docker run -p 8050:8050 -v tidemark:/data tidemark`
# Your own data: add `-v /path/to/sales.csv:/input/sales.csv:ro -e DATA_PATH=/input/sales.csv`.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OMP_NUM_THREADS=1 \
    TF_CPP_MIN_LOG_LEVEL=3 \
    HOST=0.0.0.0 \
    PORT=8050 \
    DATA_DIR=/data

RUN useradd --create-home --uid 10001 tidemark && install -d -o tidemark -g tidemark /data
WORKDIR /app

# TensorFlow's C++ headers and libclang (350 MB) are for building against it: they leave in the layer they came in.
COPY requirements.txt .
RUN pip install -r requirements.txt \
 && rm -rf "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"/tensorflow/include \
           "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"/clang

# The compressed static files are known by the times of the files that they are made from, so they are built
# where these files have got their final times. Byte code is compiled here because the user may not write later.
COPY . .
RUN python -m compileall -q app callbacks components core wsgi.py && python -m app.static_files

USER tidemark
VOLUME /data
EXPOSE 8050
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/health/live'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["python", "-m", "app"]
