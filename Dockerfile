# Which image does the provider daemon run from? The bundle on Node, without root.
#
#   docker build -t paygress .
#   docker buildx build --platform linux/amd64,linux/arm64 -t paygress .

# The bundle is the same for every processor: it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
# Builds dist/ too.
RUN npm ci --no-audit --no-fund

FROM node:24-bookworm-slim
# The data folder is the one place that can be written to, whoever the user is.
ENV NODE_ENV=production HOME=/app/data
WORKDIR /app
COPY --from=build /src/package.json /src/LICENSE ./
COPY --from=build /src/bin bin
COPY --from=build /src/dist dist
RUN useradd --uid 10001 --user-group --home-dir /app/data --no-create-home --no-log-init --shell /usr/sbin/nologin paygress \
  && install -d -o paygress -g paygress -m 700 data
USER 10001:10001
VOLUME /app/data
EXPOSE 8080
# A daemon lives long and works little: a small nursery, a heap that is tidied early, and an allocator that gives back what is free more than
# halve its memory. After `--` Node takes no option for its own.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_MMAP_THRESHOLD_=65536
ENTRYPOINT ["node", "--max-semi-space-size=4", "--heap-growing-percent=40", "--", "/app/bin/paygress.js"]
CMD ["serve"]
