# Two stages: the build needs a Rust toolchain and a C compiler, the image only the binary.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p api --features s3

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="motcua" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/target/release/motcua /usr/local/bin/motcua
# A volume mounted here is writable by who the service runs as.
RUN install -d -o 65532 -g 65532 -m 700 /var/lib/motcua /var/lib/motcua/files
USER 65532:65532
# The last: memory that was freed goes back to the system after 10 ms and not after a second.
ENV MOTCUA_BIND=0.0.0.0:8080 \
    MOTCUA_ADMIN_BIND=0.0.0.0:9090 \
    MIMALLOC_PURGE_DELAY=10
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=20s CMD ["motcua", "healthcheck"]
ENTRYPOINT ["motcua"]
CMD ["serve"]
