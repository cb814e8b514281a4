# The server on the CPU. The model folder is mounted at /model, queue and files at /data.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN eng/bootstrap.sh && dotnet publish src/LtxEngine.Cli -c Release -o /program --nologo -v quiet

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/* && mkdir /data && chown app /data
COPY --from=build /program /program
USER app
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "/program/ltx.dll", "serve", "--model", "/model", "--data", "/data", "--url", "http://0.0.0.0:8080", "--log-json"]
